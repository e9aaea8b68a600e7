//! What a pipeline reports: a few events a second, each stamped with the caller's sample clock.

use crate::barge_in::{Reasons, ResumeReason};
use crate::frame::SampleTime;

/// Something the pipeline decided.
///
/// `at` is the end of the frame in which the decision was made: the earliest moment at which a
/// listener could have known.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PipelineEvent {
    /// The caller began to speak.
    SpeechStart {
        /// When it was decided.
        at: SampleTime,
        /// First sample of the speech, pre-roll included: recognition starts here.
        onset: SampleTime,
    },
    /// The caller stopped: the hangover has run out.
    SpeechEnd {
        /// When it was decided.
        at: SampleTime,
        /// End of the last frame that was speech.
        last_voice: SampleTime,
    },
    /// The caller may be interrupting: the agent is turned down. Reversible.
    Duck {
        /// When it was decided.
        at: SampleTime,
        /// Evidence so far, in [0, 1].
        score: f32,
        /// What it is made of.
        #[cfg_attr(feature = "serde", serde(default))]
        reasons: Reasons,
    },
    /// What turned the agent down is a voice as near as the caller's: words may make the agent yield. At most once
    /// after each [`Duck`](Self::Duck).
    Near {
        /// When it was decided.
        at: SampleTime,
        /// How likely it is that the voice is the caller's, or the run's score where no model is asked, in [0, 1].
        score: f32,
        /// What it is made of.
        reasons: Reasons,
    },
    /// It was nothing: the agent is at full level again within 100 ms.
    Resume {
        /// When it was decided.
        at: SampleTime,
        /// Why.
        #[cfg_attr(feature = "serde", serde(default))]
        reason: ResumeReason,
    },
    /// The caller means it: the agent yields.
    BargeIn {
        /// When it was decided.
        at: SampleTime,
        /// First sample of the interruption.
        onset: SampleTime,
        /// Score in [0, 1].
        score: f32,
        /// What the score is made of.
        reasons: Reasons,
    },
    /// The agent's frames of earlier generations are discarded from here on.
    Flushed {
        /// When it took effect.
        at: SampleTime,
        /// The generation that frames must have from now on.
        generation: u32,
    },
}

impl PipelineEvent {
    /// When the decision was made.
    pub const fn at(&self) -> SampleTime {
        match *self {
            Self::SpeechStart { at, .. }
            | Self::SpeechEnd { at, .. }
            | Self::Duck { at, .. }
            | Self::Near { at, .. }
            | Self::Resume { at, .. }
            | Self::Flushed { at, .. }
            | Self::BargeIn { at, .. } => at,
        }
    }
}
