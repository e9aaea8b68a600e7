//! The two outlets of a packet stream.
//!
//! - [`ReorderBuffer`]: audio for detectors and recognition leaves in order and at once; only a gap
//!   is waited for, a bounded time, and nothing is ever invented.
//! - [`playout`]: audio for a loudspeaker or a recording leaves at a steady pace, through an
//!   adaptive delay with time-stretch, concealment ([`conceal`]) and comfort noise.

pub mod conceal;
pub mod playout;
mod reorder;

pub use reorder::{JitterConfig, JitterStats, ReorderBuffer};
