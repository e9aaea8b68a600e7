//! What speaks for an interruption, each in [0, 1].

use crate::frame::Dbfs;

/// dB from "at the threshold" to certainty.
const LEVEL_SPAN_DB: f32 = 12.0;
/// dB above the predicted echo at which the echo is ruled out.
const ECHO_SPAN_DB: f32 = 12.0;

/// The evidence a barge-in score is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reasons {
    /// How much the run sounds like voice: the detector's mean score over it.
    pub voice: f32,
    /// How loud it is: 0.5 at the required level, 1 at 6 dB above.
    pub level: f32,
    /// How long it has lasted, of what the policy asks for.
    pub duration: f32,
    /// How far it is above the echo the agent's own voice can explain: 0.5 at 0 dB… 1 at 6 dB.
    pub echo: f32,
}

impl Reasons {
    /// Name and value of each reason, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f32)> + use<> {
        [("voice", self.voice), ("level", self.level), ("duration", self.duration), ("echo", self.echo)]
            .into_iter()
    }

    /// The score: what has been heard so far, scaled by how long it has lasted.
    ///
    /// Voice weighs most; level and echo only shade, for a frame below the policy's level or
    /// margin does not count in the first place.
    pub fn score(&self) -> f32 {
        let quality = 0.5 * self.voice + 0.25 * self.level + 0.25 * self.echo;
        (self.duration * (0.5 + 0.5 * quality)).clamp(0.0, 1.0)
    }
}

/// One frame of the caller's line, as the detector saw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Detector's score in [0, 1].
    pub score: f32,
    /// Does the frame count as voice?
    pub voiced: bool,
    /// Its level.
    pub level: Dbfs,
}

/// 0.5 where `level` meets `threshold`, 1 from half the span above it.
pub(super) fn level_reason(level: Dbfs, threshold: Dbfs) -> f32 {
    (0.5 + (level.0 - threshold.0) / LEVEL_SPAN_DB).clamp(0.0, 1.0)
}

/// 0.5 where `level` meets the predicted echo, 1 from half the span above it.
pub(super) fn echo_reason(level: Dbfs, predicted: Dbfs) -> f32 {
    (0.5 + (level.0 - predicted.0) / ECHO_SPAN_DB).clamp(0.0, 1.0)
}
