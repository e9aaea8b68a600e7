//! The playout generation: how a barge-in silences the agent in O(1).

use super::atomic::{AtomicU32, Ordering};

/// The fence between what the agent was saying and what it will say.
///
/// One side bumps, the other reads. Frames carry the generation they were made for, and a frame
/// older than the current generation is dropped wherever it is met. Nothing is searched and
/// nothing waits: frames of a cancelled reply may still be on their way, and are harmless.
///
/// Ordering: the bump is a release and the read an acquire. A frame of generation `g` is pushed
/// after the bump to `g` and through a ring that synchronises, so whoever holds the frame reads
/// at least `g` (modelled in `tests/loom_engine.rs`).
#[derive(Debug)]
pub struct Generation(AtomicU32);

impl Generation {
    /// Starts at generation 0.
    #[allow(clippy::new_without_default, reason = "loom's atomics have no const default")]
    pub fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Everything older is now void. Returns the new generation, to be put in the next frames.
    pub fn bump(&self) -> u32 {
        self.0.fetch_add(1, Ordering::AcqRel).wrapping_add(1)
    }

    /// Frames of a lower generation are void.
    pub fn current(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
}
