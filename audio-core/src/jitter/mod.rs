//! Order: frames of a stream put back in sequence, delivered at once when they are in order.
//!
//! The caller's line feeds detectors and recognition, not a loudspeaker, so there is no playout
//! delay: a frame in order leaves immediately, and only a gap is waited for, a bounded time.

mod reorder;

pub use reorder::{JitterConfig, JitterStats, ReorderBuffer};
