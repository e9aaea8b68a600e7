//! Levels: measured ([`Meter`]), evened out ([`Agc`]) and held below a ceiling ([`Limiter`]).
//!
//! Each works on frames of 20 ms at 8 kHz in place, and none adds delay. [`PlayoutGain`] is the two
//! that change the signal in a row, for the agent's line. Nothing of this touches what a recording
//! keeps: use it on what is played.
//!
//! ```
//! use audio_core::frame::{Dbfs, FRAME_SAMPLES};
//! use audio_core::gain::{Agc, AgcConfig, Limiter, LimiterConfig, Meter};
//!
//! let mut agc = Agc::new(AgcConfig::default())?;
//! let mut limiter = Limiter::new(LimiterConfig::default())?;
//! let mut meter = Meter::new();
//! // Ten seconds of a quiet voice, or what passes for one.
//! for n in 0..500 {
//!     let mut frame: [i16; FRAME_SAMPLES] = core::array::from_fn(|k| {
//!         let t = (n * FRAME_SAMPLES + k) as f32 / 8_000.0;
//!         (400.0 * (2_000.0 * t).sin() + 300.0 * (5_000.0 * t).sin()) as i16
//!     });
//!     agc.process(&mut frame, true);
//!     limiter.process(&mut frame);
//!     meter.process(&frame);
//! }
//! assert!((meter.level().short_term.0 + 23.0).abs() < 1.0, "{:?}", meter.level());
//! # Ok::<(), audio_core::Error>(())
//! ```

mod agc;
mod config;
mod limiter;
mod meter;
mod playout;

pub use agc::Agc;
pub use config::{AgcConfig, LimiterConfig, PlayoutGainConfig};
pub use limiter::Limiter;
pub use meter::{Level, Meter};
pub use playout::PlayoutGain;

/// An amplitude's factor for so many decibels.
fn factor(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}
