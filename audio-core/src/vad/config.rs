//! The decision layer's settings.

use crate::Error;
use crate::frame::{Dbfs, FRAME_MS};

/// Thresholds and times around a detector. Times are rounded up to whole 20 ms frames.
///
/// What each setting trades was measured with the Kav model on the 19 files of `../shared/vad` that
/// are no meetings, noise 10 dB below the speech, and on its non-speech set: `examples/vad
/// --config`, then `vad-training/judge/decisions.py`. Latencies are those of the decision, median
/// and 95th percentile; one setting was changed at a time, the others stood at [`Self::hebrew`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct VadConfig {
    /// Score from which a frame counts as voice while the caller is silent, in (0, 1].
    ///
    /// 0.5: speech is noticed after 84 / 209 ms, 3.7 false starts a minute in the pauses; 0.6: 84 /
    /// 227 ms, 3.0; 0.75: 96 / 267 ms, 1.4. Missed: 0.2, 0.5 and 0.5 % of the onsets.
    pub start_threshold: f32,
    /// Score from which a frame counts as voice while the caller is speaking, in (0, 1].
    ///
    /// 0.3: 12 % of the pauses of half a second and more end no turn, and an end is known after 416 ms
    /// (median); 0.4: 6 %, 374 ms; 0.5: 5 %, 336 ms.
    pub continue_threshold: f32,
    /// Speech starts when this many of the last [`onset_window`](Self::onset_window) frames are
    /// voice, the newest included. At least 1.
    ///
    /// 2 of 3: 64 / 193 ms and 3.9 false starts a minute, but a tone starts speech before the veto
    /// knows it; 3 of 5: 84 / 227 ms, 3.0; 4 of 6: 104 / 253 ms, 2.3. No word of the Hebrew probes
    /// (`vad-training/hebrew`), כן and לא among them, is too short for 3 of 5.
    pub onset_frames: u32,
    /// See [`onset_frames`](Self::onset_frames). At most 16.
    pub onset_window: u32,
    /// Speech ends this long after the last voice, in ms. At most 5 000.
    ///
    /// 200: 2 % of the pauses of half a second and more end no turn; 300: 6 %; 500: 19 %. Each ms is
    /// waited for before every answer.
    pub hangover_ms: u32,
    /// Reported onsets lie this far before the first voice, in ms, so that recognition never
    /// loses the first phoneme. At most 2 000.
    ///
    /// Of 576 Hebrew words with street noise at 10 dB, 95 % have at most 136 ms before their first
    /// voiced frame; צ, the slowest, 172 ms (`vad-training/hebrew`).
    pub pre_roll_ms: u32,
    /// With the WebRTC detector and the RMS rule, a voice frame must lie this many dB above the
    /// tracked noise floor, half of it while the caller is speaking; 0 turns the gate off.
    ///
    /// The Kav model follows the floor itself and knows no gate: with one of 6 dB it would lose a
    /// quarter of the clean speech of `../shared/vad` (frames called speech: 0.68 instead of 0.92).
    pub noise_margin_db: f32,
    /// Does a steady tone count as no voice? Tones of the network, DTMF, fax and beeps, and the buzz of a GSM
    /// telephone; see [`ToneVeto`](crate::tone::ToneVeto).
    ///
    /// On a clean line no such tone starts speech (`tests/tone_veto.rs`), and on every recording
    /// of `fixtures/` every decision is that without the veto. Of 2.6 hours of telephone prompts
    /// in five languages it held for 0.14 % of the frames above −48 dBFS, beeps included. The
    /// price is speech *under* a tone: a voice more than about 15 dB weaker than a tone that
    /// sounds with it is not heard. A note held for a tenth of a second at 216.7 Hz, to a few tenths of a hertz, is
    /// taken for the buzz.
    pub tone_veto: bool,
    /// Where the RMS detector's score is 0.5, in dBFS.
    #[cfg_attr(feature = "serde", serde(with = "dbfs"))]
    pub rms_threshold: Dbfs,
}

impl VadConfig {
    /// For Hebrew callers, and the default: words are short and many carry meaning alone (כן,
    /// לא, אה), they begin with weak gutturals (ה, ח, א) and pauses between phrases are brief.
    pub const fn hebrew() -> Self {
        Self {
            start_threshold: 0.6,
            continue_threshold: 0.4,
            onset_frames: 3,
            onset_window: 5,
            hangover_ms: 300,
            pre_roll_ms: 200,
            noise_margin_db: 6.0,
            tone_veto: true,
            rms_threshold: Dbfs(-40.0),
        }
    }

    /// What hosted server-side detectors use by default: 500 ms of silence, 300 ms of padding.
    pub const fn general() -> Self {
        Self { hangover_ms: 500, pre_roll_ms: 300, ..Self::hebrew() }
    }

    /// Hangover in frames, at least 1.
    pub const fn hangover_frames(&self) -> u32 {
        let frames = self.hangover_ms.div_ceil(FRAME_MS);
        if frames == 0 { 1 } else { frames }
    }

    /// Pre-roll in frames.
    pub const fn pre_roll_frames(&self) -> u32 {
        self.pre_roll_ms.div_ceil(FRAME_MS)
    }

    /// Checks every field; the error names the first one out of range.
    pub fn validate(&self) -> Result<(), Error> {
        let unit = |v: f32| v > 0.0 && v <= 1.0;
        Error::check(
            unit(self.start_threshold),
            "vad.start_threshold",
            self.start_threshold.into(),
            "above 0 and at most 1",
        )?;
        Error::check(
            unit(self.continue_threshold),
            "vad.continue_threshold",
            self.continue_threshold.into(),
            "above 0 and at most 1",
        )?;
        Error::check(
            (1..=16).contains(&self.onset_window),
            "vad.onset_window",
            self.onset_window.into(),
            "1 to 16 frames",
        )?;
        Error::check(
            (1..=self.onset_window).contains(&self.onset_frames),
            "vad.onset_frames",
            self.onset_frames.into(),
            "1 to vad.onset_window",
        )?;
        Error::check(self.hangover_ms <= 5_000, "vad.hangover_ms", self.hangover_ms.into(), "at most 5000")?;
        Error::check(self.pre_roll_ms <= 2_000, "vad.pre_roll_ms", self.pre_roll_ms.into(), "at most 2000")?;
        Error::check(
            (0.0..=40.0).contains(&self.noise_margin_db),
            "vad.noise_margin_db",
            self.noise_margin_db.into(),
            "0 to 40 dB",
        )?;
        Error::check(
            (-100.0..=0.0).contains(&self.rms_threshold.0),
            "vad.rms_threshold",
            self.rms_threshold.0.into(),
            "-100 to 0 dBFS",
        )
    }
}

impl Default for VadConfig {
    fn default() -> Self {
        Self::hebrew()
    }
}

/// A level in a configuration file is its number.
#[cfg(feature = "serde")]
mod dbfs {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::frame::Dbfs;

    // Serde's `with` fixes the signature.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(super) fn serialize<S: Serializer>(level: &Dbfs, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f32(level.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Dbfs, D::Error> {
        f32::deserialize(from).map(Dbfs)
    }
}
