//! How whoever looks after many calls learns which of them to look at.

use std::fmt;
use std::sync::Arc;

use super::atomic::{AtomicU32, Ordering};
use super::slot::Link;
use super::stats::WorkerShared;

/// Counts the ticks that changed something in a call's rings. One writer: the worker.
///
/// Counting is a release and reading an acquire: whoever reads a number finds in the rings what was put
/// there before it was counted.
#[derive(Debug)]
pub(crate) struct Ticks(AtomicU32);

impl Ticks {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Only the worker may call this: no read-modify-write on the audio thread.
    pub(crate) fn count(&self) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
}

/// Tells whether it is worth looking into a call's rings, without the call's handle: by
/// [`CallHandle::news`](super::CallHandle::news). It keeps nothing alive that serves the call.
#[derive(Clone)]
pub struct CallNews {
    pub(super) link: Arc<Link>,
    pub(super) shared: Arc<WorkerShared>,
}

impl CallNews {
    /// Another number than before: the worker has put something into the call's rings or taken something
    /// out of them, or does not serve the call any more. Equal numbers: nothing has changed.
    pub fn number(&self) -> u64 {
        let over = self.link.failed.is_closed() || !self.shared.is_running();
        u64::from(self.link.news.get()) | u64::from(over) << 32
    }
}

impl fmt::Debug for CallNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallNews({})", self.number())
    }
}
