//! How whoever looks after many calls learns which of them to look at.

use std::fmt;
use std::sync::Arc;

use super::link::Link;
use super::stats::WorkerShared;

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
