//! The two outlets of a packet stream.
//!
//! - [`ReorderBuffer`]: audio for detectors and recognition leaves in order and at once; only a gap
//!   is waited for, no longer than this stream's frames have lately come late, and nothing is ever
//!   invented. Over TCP that is not at all: a stall is waited out and its burst passed on, each
//!   frame with its media time.
//! - [`playout`]: audio for a loudspeaker or a recording leaves at a steady pace, through an
//!   adaptive delay with time-stretch, concealment ([`conceal`]) and comfort noise.

pub mod conceal;
mod deadline;
pub mod playout;
mod reorder;
pub mod stretch;

pub use reorder::{JitterConfig, JitterStats, ReorderBuffer};
