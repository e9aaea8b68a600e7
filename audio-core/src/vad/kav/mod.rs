//! The Kav detector: features of the telephone band, a small recurrent network, a probability.
//!
//! The model and everything that trains it is described in `audio-core/vad-training/`. Here it
//! only runs: plain Rust, fixed arrays, no allocation, the same bits on every machine.

mod detector;
mod features;
mod network;

pub use detector::KavVad;
pub use features::{Features, INPUT_SCALE, INPUTS};
pub use network::UNITS;
