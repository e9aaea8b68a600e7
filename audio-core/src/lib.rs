//! Telephone audio for voice agents: G.711, resampling, voice activity, barge-in scoring and
//! reordering, as one allocation-free signal chain per call.
//!
//! # The frame law
//!
//! **One wire frame is 160 bytes of G.711 µ-law: 20 ms at 8 kHz.** Everything inside a call is
//! counted in such frames and in 8 kHz samples ([`frame`]). The wire frame is the engine's law,
//! not yours: [`framer::Framer`] takes any chunk length at 8, 16 or 48 kHz (and other common
//! rates) and hands out whole frames, and [`resample::Resampler`] streams in any chunk length.
//!
//! # The real-time law
//!
//! **After `new`, nothing that runs per frame allocates, frees, locks, logs, makes a system call,
//! reads a clock or loops without a bound.** That holds for every `process…`, `push…`, `poll…`,
//! `score`, `flush` and `reset` in this crate. It is proved, not promised: `tests/alloc_free.rs`
//! runs a whole call under [`sys::alloc::CountingAllocator`], which a program can install too.
//!
//! # Time is an argument
//!
//! A [`pipeline::CallPipeline`] has no clock: media timestamps move it. The same frames give the
//! same events, live or replayed, as fast as the machine allows.
//!
//! # Units
//!
//! | quantity | unit |
//! |---|---|
//! | PCM | `i16` linear, or `f32` in [-1, 1) |
//! | time inside a call | 8 kHz samples ([`frame::SampleTime`]) |
//! | level | dB re full scale, RMS 32 768 = 0 ([`frame::Dbfs`]); RMS in 16-bit units |
//! | scores, reasons, thresholds | [0, 1] |
//! | settings | milliseconds, rounded up to whole frames |
//!
//! # Ten lines
//!
//! ```
//! use audio_core::barge_in::Preset;
//! use audio_core::frame::FRAME_SAMPLES;
//! use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineEvent};
//! use audio_core::replay::Replay;
//! use audio_core::vad::VadKind;
//!
//! // Half a second of silence, a second of a 200 Hz buzz with overtones, a second of silence.
//! let buzz = |n: usize| if n % 40 < 4 { 9_000 } else { -1_000 };
//! let line: Vec<i16> = (0..20_000).map(|n| if (4_000..12_000).contains(&n) { buzz(n) } else { 0 }).collect();
//!
//! // A buzz is no voice, and the model knows; the level rule does not.
//! let config = PipelineConfig::new(VadKind::Rms, Preset::Adaptive);
//! let mut replay = Replay::new(CallPipeline::new(config)?);
//! let events = replay.run(&line);
//! assert!(matches!(events[0], PipelineEvent::SpeechStart { .. }));
//! assert!(matches!(events[1], PipelineEvent::SpeechEnd { .. }));
//! assert_eq!(replay.pipeline().now().0 as usize, line.len() / FRAME_SAMPLES * FRAME_SAMPLES);
//! # Ok::<(), audio_core::Error>(())
//! ```
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `engine` (default) | dedicated threads around the pipeline |
//! | `webrtc-vad` | the WebRTC detector as a baseline; needs a C compiler, so it is off by default |
//! | `tape` | recorded calls as folders, WAV files |
//! | `serde` | `Serialize`/`Deserialize` on configurations and reasons |
#![deny(unsafe_code)]
#![cfg_attr(kav_rtsan, feature(sanitize))]

pub mod barge_in;
pub mod codec;
pub mod denoise;
pub mod dtmf;
pub mod echo;
#[cfg(feature = "engine")]
pub mod engine;
mod error;
mod faint;
mod far_end;
pub mod frame;
pub mod framer;
pub mod gain;
pub mod guide;
pub mod jitter;
mod math;
pub mod pipeline;
mod queue;
mod recurrent;
pub mod replay;
pub mod resample;
mod spectrum;
mod sum;
// The one module that may use `unsafe`; every block is argued there.
#[allow(unsafe_code)]
pub mod sys;
#[cfg(feature = "tape")]
pub mod tape;
pub mod tone;
pub mod vad;

pub use error::Error;
