//! Adaptive playout: packets in at the network's pace, samples out at a steady one.
//!
//! Four things are done with time, each counted in [`PlayoutStats`]:
//!
//! - **Delay.** A forgetting histogram of how late frames come, against the fastest of the last 20 s,
//!   gives for every delay the time that would have to be concealed; the target is the delay where
//!   delay and concealment together cost least. (speexdsp's buffer minimises a cost over a window,
//!   WebRTC's NetEQ takes a quantile.)
//! - **Stretch.** [`stretch`](super::stretch) takes single pitch periods out or puts them in, where
//!   they look alike or in pauses, until the delay is near its target.
//! - **Concealment.** What is missing is invented by [`conceal`](super::conceal). What then comes late
//!   is played late; only a little of its beginning makes way ([`PlayoutConfig::late_trim_ms`]).
//! - **Repair of the delay at a loss.** Where frames never came, less is invented than was lost if
//!   the delay is above its target.
//!
//! Nothing is concealed before the first frame: until its delay has passed the output is silence
//! and counts as [`before_start`](PlayoutStats::before_start).
//!
//! Time is an argument, in µs of the receiver's clock. A frame's place is its timestamp alone; a
//! frame more than 2 s early or 4 s late is a stray, and two in a row are another stream, which
//! begins anew. The buffer holds 4 s; when it is full the oldest frame makes way.
//!
//! ```
//! use audio_core::frame::WireFrame;
//! use audio_core::jitter::playout::{PlayoutBuffer, PlayoutConfig};
//!
//! let mut buffer = PlayoutBuffer::new(PlayoutConfig::low_delay())?;
//! let mut out = [0i16; 80];
//! for tick in 0..100u32 {
//!     let now_us = u64::from(tick) * 10_000;
//!     if tick % 2 == 0 {
//!         let frame = WireFrame { seq: tick / 2, timestamp: tick * 80, ..WireFrame::SILENCE };
//!         buffer.push(&frame, now_us);
//!     }
//!     buffer.pull(now_us, &mut out);
//! }
//! assert_eq!(buffer.stats().concealed, 0);
//! # Ok::<(), audio_core::Error>(())
//! ```
//!
//! `cargo run --release -p kav-audio-core --example playout` measures both presets on twelve models
//! of networks beside two other buffers.

mod arrivals;
mod buffer;
mod config;
mod outlet;
mod pace;
mod stats;
mod store;

pub use buffer::{FrameStart, PlayoutBuffer};
pub use config::{DelayWorth, PlayoutConfig};
pub use stats::PlayoutStats;
