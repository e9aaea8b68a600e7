//! What both ends of a call share, besides its rings.

use super::atomic::{AtomicU32, Ordering};
use super::stats::Tally;
use super::{Generation, Latch};

/// What handle and worker share of one call, besides the rings.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) generation: Generation,
    /// Handle → worker: the call is over.
    pub(crate) hung_up: Latch,
    /// Worker → handle: the chain panicked.
    pub(crate) failed: Latch,
    /// Written by the worker.
    pub(crate) tally: Tally,
    pub(crate) news: Ticks,
}

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

    pub(super) fn get(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
}
