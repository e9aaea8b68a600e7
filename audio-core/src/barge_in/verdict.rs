//! What is decided about a frame.

use crate::barge_in::evidence::Reasons;
use crate::frame::SampleTime;

/// What the detector decided about one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Perhaps an interruption: the agent may be turned down.
    Duck {
        /// Score in [0, 1].
        score: f32,
        /// What it is made of.
        reasons: Reasons,
    },
    /// What turned the agent down is a voice as near as the caller's: words may make it yield.
    Near {
        /// How likely it is that the voice is the caller's, or the run's score where no model is asked, in [0, 1].
        score: f32,
        /// What it is made of.
        reasons: Reasons,
    },
    /// It was none.
    Resume {
        /// Why.
        reason: ResumeReason,
    },
    /// The agent yields.
    Yield {
        /// Score in [0, 1].
        score: f32,
        /// What it is made of.
        reasons: Reasons,
        /// First sample of the run of voice.
        onset: SampleTime,
    },
}

/// Why a duck was taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ResumeReason {
    /// The evidence leaked away, or the voice stopped.
    #[default]
    Faded,
    /// The agent has finished, or another reply has begun, whose grace counts.
    ReplyEnded,
    /// It was the agent's own voice coming back.
    Echo,
    /// The caller's words were none that interrupt.
    Words,
}
