//! A one-way flag between two threads.

use super::atomic::{AtomicBool, Ordering};

/// Open until somebody closes it, then closed for ever.
///
/// Used for hang-up (handle → worker), failure (worker → handle), and stop and stopped (engine ↔
/// worker). Closing is a release and looking an acquire: what was written before the latch was
/// closed is seen by whoever finds it closed. Neither side can wait on it.
#[derive(Debug)]
pub struct Latch(AtomicBool);

impl Latch {
    /// An open latch.
    #[allow(clippy::new_without_default, reason = "loom's atomics have no const default")]
    pub fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Closes it; closing twice is closing once.
    pub fn close(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Has it been closed?
    pub fn is_closed(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
