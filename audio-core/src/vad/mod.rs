//! Voice activity: a detector scores each 20 ms frame, a decision layer turns scores into speech.
//!
//! The two are separate on purpose. A [`Vad`] is causal and knows one thing, how much a frame
//! sounds like voice; [`Hysteresis`] knows what a telephone conversation needs: an onset that
//! takes a few frames, a hangover over the gaps inside words, and a pre-roll so that recognition
//! gets the first phoneme. [`SpeechDetector`] is both.

mod config;
mod detector;
mod hysteresis;
pub mod kav;
mod noise_floor;
mod pitch;
mod rms;
#[cfg(feature = "webrtc-vad")]
mod webrtc;

use core::fmt;
use core::str::FromStr;

pub use config::VadConfig;
pub use detector::{Detection, SpeechDetector};
pub use hysteresis::{Change, Decision, Hysteresis};
pub use kav::KavVad;
pub use noise_floor::NoiseFloor;
pub use pitch::Pitch;
pub use rms::RmsVad;
#[cfg(feature = "webrtc-vad")]
pub use webrtc::WebrtcVad;

use crate::Error;
use crate::frame::PcmFrame;

/// Numbers in a detector's [`state`](Vad::state).
pub const STATE: usize = kav::UNITS;

/// A voice detector over consecutive 20 ms frames at 8 kHz.
pub trait Vad: Send {
    /// How much the frame sounds like voice, in [0, 1]. Causal: it may use this frame and
    /// earlier ones. Does not allocate.
    fn score(&mut self, frame: &PcmFrame) -> f32;

    /// How periodic the frame was that was scored last; all zeros of a detector that does not measure it.
    fn pitch(&self) -> Pitch {
        Pitch::default()
    }

    /// What the detector remembers after the frame that was scored last, each number in [-1, 1]: of a recurrent
    /// network its units; all zeros of a detector that is none.
    fn state(&self) -> &[f32; STATE] {
        &[0.0; STATE]
    }

    /// Back to the state after construction. Does not allocate.
    fn reset(&mut self);
}

/// Which detector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum VadKind {
    /// The Kav model: a small recurrent network.
    #[default]
    Kav,
    /// Frame level against a threshold: the classic rule.
    Rms,
    /// The WebRTC detector's four modes.
    #[cfg(feature = "webrtc-vad")]
    Webrtc,
}

impl VadKind {
    /// Every detector of this build.
    pub const ALL: &'static [Self] = &[
        Self::Kav,
        Self::Rms,
        #[cfg(feature = "webrtc-vad")]
        Self::Webrtc,
    ];

    /// The name [`FromStr`] reads.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kav => "kav",
            Self::Rms => "rms",
            #[cfg(feature = "webrtc-vad")]
            Self::Webrtc => "webrtc",
        }
    }
}

impl fmt::Display for VadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for VadKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name).ok_or_else(|| Error::UnknownName {
            field: "vad",
            given: name.to_owned(),
            choices: if cfg!(feature = "webrtc-vad") { "kav|rms|webrtc" } else { "kav|rms" },
        })
    }
}

/// One detector of any kind, without a pointer to follow.
// The variants' sizes differ, but there is one detector a call and none of them is large.
#[allow(clippy::large_enum_variant)]
#[non_exhaustive]
pub enum AnyVad {
    /// See [`KavVad`].
    Kav(KavVad),
    /// See [`RmsVad`].
    Rms(RmsVad),
    /// See [`WebrtcVad`].
    #[cfg(feature = "webrtc-vad")]
    Webrtc(WebrtcVad),
}

impl AnyVad {
    /// Builds the detector `kind`; `config` supplies the RMS rule's threshold. Allocates.
    pub fn new(kind: VadKind, config: &VadConfig) -> Self {
        match kind {
            VadKind::Kav => Self::Kav(KavVad::new()),
            VadKind::Rms => Self::Rms(RmsVad::new(config.rms_threshold)),
            #[cfg(feature = "webrtc-vad")]
            VadKind::Webrtc => Self::Webrtc(WebrtcVad::new()),
        }
    }
}

impl Vad for AnyVad {
    fn score(&mut self, frame: &PcmFrame) -> f32 {
        match self {
            Self::Kav(vad) => vad.score(frame),
            Self::Rms(vad) => vad.score(frame),
            #[cfg(feature = "webrtc-vad")]
            Self::Webrtc(vad) => vad.score(frame),
        }
    }

    fn pitch(&self) -> Pitch {
        match self {
            Self::Kav(vad) => vad.pitch(),
            Self::Rms(vad) => vad.pitch(),
            #[cfg(feature = "webrtc-vad")]
            Self::Webrtc(vad) => vad.pitch(),
        }
    }

    fn state(&self) -> &[f32; STATE] {
        match self {
            Self::Kav(vad) => vad.state(),
            Self::Rms(vad) => vad.state(),
            #[cfg(feature = "webrtc-vad")]
            Self::Webrtc(vad) => vad.state(),
        }
    }

    fn reset(&mut self) {
        match self {
            Self::Kav(vad) => vad.reset(),
            Self::Rms(vad) => vad.reset(),
            #[cfg(feature = "webrtc-vad")]
            Self::Webrtc(vad) => vad.reset(),
        }
    }
}

impl fmt::Debug for AnyVad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kav(_) => "AnyVad::Kav",
            Self::Rms(_) => "AnyVad::Rms",
            #[cfg(feature = "webrtc-vad")]
            Self::Webrtc(_) => "AnyVad::Webrtc",
        })
    }
}
