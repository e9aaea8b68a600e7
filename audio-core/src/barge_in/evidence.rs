//! What speaks for an interruption, each in [0, 1].

use crate::barge_in::memory::Memory;
use crate::barge_in::timbre::Timbre;
use crate::frame::Dbfs;
use crate::vad::Pitch;

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
    /// Level of the agent's echo that may be left in it, as the canceller estimates; `None` where
    /// nothing was cancelled: then the echo's level is learned from the line.
    pub residual: Option<Dbfs>,
    /// How it sounds.
    pub timbre: Timbre,
    /// How periodic it is.
    pub pitch: Pitch,
    /// What the voice detector remembers.
    pub memory: Memory,
}

/// 0.5 where `level` meets `threshold`, 1 from half the span above it.
pub(super) fn level_reason(level: Dbfs, threshold: Dbfs) -> f32 {
    (0.5 + (level.0 - threshold.0) / LEVEL_SPAN_DB).clamp(0.0, 1.0)
}

/// 0.5 where `level` meets the predicted echo, 1 from half the span above it.
pub(super) fn echo_reason(level: Dbfs, predicted: Dbfs) -> f32 {
    (0.5 + (level.0 - predicted.0) / ECHO_SPAN_DB).clamp(0.0, 1.0)
}

/// dB below the caller's own level at which a voice weighs nothing, and in full.
const FAR_DB: f32 = 5.5;
const CLOSE_DB: f32 = 3.5;
/// The same as levels, in dBFS, while the caller has not spoken yet.
const FAR: f32 = -31.0;
const CLOSE: f32 = -28.0;
/// dB above the echo that may be left at which a voice weighs in full.
const CLEAR_DB: f32 = 7.0;
/// Detector's scores at which a frame weighs nothing, and in full.
const DOUBT: f32 = 0.73;
const SURE: f32 = 0.82;
/// dB below the run's level at which a frame is the end of a word and weighs nothing, and in full.
const FADED_DB: f32 = 25.0;
const LIVELY_DB: f32 = 10.0;

/// dB above the noise at which a frame weighs nothing, and in full.
const BURIED_DB: f32 = 5.0;
const AUDIBLE_DB: f32 = 11.0;
/// dB above what the line was like a moment ago at which a frame weighs nothing, and in full.
const SAME_DB: f32 = 2.5;
const NEW_DB: f32 = 9.5;
/// dB against the caller's own level at which a frame begins to weigh more, and by how much more it weighs
/// at most. A caller who has not spoken yet is taken for one at the typical level, in dBFS.
const LOUD_DB: f32 = -3.5;
const LOUDEST_DB: f32 = 1.5;
const BONUS: f32 = 0.5;
const TYPICAL: f32 = -22.0;
/// The most that one frame adds.
pub(super) const MOST_WEIGHT: f32 = 1.0 + BONUS;
/// The noise is so many dB louder than its minimum: taken out of a voice before it is compared with the
/// caller's own level.
const OVER_FLOOR_DB: f32 = 5.5;

/// What a frame is weighed against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Against {
    /// Level of the run of voice: a soft syllable in a loud phrase counts.
    pub(super) run: Dbfs,
    /// The caller's own level, if known.
    pub(super) talker: Option<Dbfs>,
    /// The loudest echo there may be, and how far above it a frame must be, in dB.
    pub(super) echo: Dbfs,
    pub(super) margin_db: f32,
    /// The least of the noise under everything.
    pub(super) floor: Dbfs,
    /// What the line was like before.
    pub(super) before: Dbfs,
}

/// How much one frame adds to the evidence for an interruption, from 0 to 1 and half as much again if it
/// is as loud as the caller: voice, as near as the
/// caller, above the echo and the noise, louder than the line just was, and not the fading end of a
/// word.
pub(super) fn weight(near: Near, against: Against) -> f32 {
    let between = |x: f32, low: f32, high: f32| ((x - low) / (high - low)).clamp(0.0, 1.0);
    let Against { run, talker, echo, margin_db, floor, before } = against;
    let level = near.level.0;
    let voice = between(near.score, DOUBT, SURE);
    let close = match closeness(run, talker, floor) {
        Some(db) => between(db, -FAR_DB, -CLOSE_DB),
        None => between(without(run, Dbfs(floor.0 + OVER_FLOOR_DB)).0, FAR, CLOSE),
    };
    let clear = between(level, echo.0 + margin_db, echo.0 + margin_db + CLEAR_DB);
    let lively = between(level, run.0 - FADED_DB, run.0 - LIVELY_DB);
    let audible = between(level, floor.0 + BURIED_DB, floor.0 + AUDIBLE_DB);
    let fresh = between(level, before.0 + SAME_DB, before.0 + NEW_DB);
    let own = talker.map_or(TYPICAL, |talker| talker.0);
    let loud = between(level, own + LOUD_DB, own + LOUDEST_DB);
    voice * close * clear * lively * audible * fresh * (1.0 + BONUS * loud)
}

/// How the level of a run of voice lies to the caller's own, the noise taken out of both, in dB; `None` while the caller
/// has not spoken.
fn closeness(run: Dbfs, talker: Option<Dbfs>, floor: Dbfs) -> Option<f32> {
    let noise = Dbfs(floor.0 + OVER_FLOOR_DB);
    talker.map(|talker| without(run, noise).0 - without(talker, noise).0)
}

/// A voice this far above the caller's own level is as close, in dB: as loud, to what levels are worth.
const OWN_DB: f32 = -0.5;

/// Is a voice as loud as the caller's own? Then it is theirs: who is beside the telephone is not.
pub(super) fn is_as_close(run: Dbfs, talker: Option<Dbfs>, floor: Dbfs) -> bool {
    closeness(run, talker, floor).is_some_and(|db| db >= OWN_DB)
}

/// The level of what is left of `sum` when `noise` is taken out: powers add. At most 10 dB are.
fn without(sum: Dbfs, noise: Dbfs) -> Dbfs {
    let power = |level: Dbfs| level.to_rms() * level.to_rms();
    Dbfs::from_rms((power(sum) - power(noise)).max(0.1 * power(sum)).sqrt())
}
