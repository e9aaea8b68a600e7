//! The rules by which the agent yields, and their three presets.

use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::barge_in::model;
use crate::frame::{Dbfs, FRAME_MS};

/// How far the log-odds of what the model says move at the ends of the sensitivity.
const SENSITIVE_ODDS: f64 = 2.0;

/// When the caller interrupts. Times are rounded up to whole 20 ms frames.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct BargeInConfig {
    /// Nothing counts until a reply has been playing this long, in ms. At most 60 000.
    pub grace_ms: u32,
    /// A frame counts from this RMS amplitude on, in 16-bit units. 0 to 32 768.
    pub min_rms: f32,
    /// Voice this long makes the agent yield, in ms. 20 to 10 000.
    pub confirm_ms: u32,
    /// An utterance shorter than this is no interruption, in ms, even when `confirm_ms` is less.
    pub min_utterance_ms: u32,
    /// A run of voice survives pauses up to this long, in ms; they do not count. At most 200.
    pub gap_ms: u32,
    /// How evidence is counted. `None`: a run of whole frames, broken by a pause longer than
    /// `gap_ms`. A number: a cumulative sum (E. S. Page, 1954) in which a frame weighs between 0 and 1,
    /// for how sure, how close and how far above the echo it is, and a frame without voice takes so
    /// much away, a whole one after `gap_ms`: pauses between syllables do not break a phrase. 0.01 to 1.
    pub leak: Option<f32>,
    /// A frame counts only this far above the echo that the agent's own voice can explain, in
    /// dB; `None` trusts the line to be free of echo. 0 to 30.
    pub echo_margin_db: Option<f32>,
    /// Score from which the agent is turned down; `None` never ducks. Where evidence is counted with a
    /// [`leak`](Self::leak) it is how likely the caller has begun to speak. In (0, 1].
    pub duck_score: Option<f32>,
    /// How far the agent is turned down, in dB. 0 to 40.
    pub duck_db: f32,
    /// Where evidence is counted with a [`leak`](Self::leak): how likely it must be that
    /// the caller takes the floor, for the agent to yield at once, after 60 ms of voice at least; `None` waits for
    /// `confirm_ms`. In (0, 1].
    pub claim_score: Option<f32>,
    /// Score the agent yields at, once the voice has lasted long enough. In (0, 1].
    pub yield_score: f32,
}

impl BargeInConfig {
    /// Lets the agent finish: 4 s of grace, RMS 1 200, 1.5 s of continuous voice, no ducking.
    ///
    /// For greetings that must be heard, and for callers on loud loudspeakers.
    pub const fn polite() -> Self {
        Self {
            grace_ms: 4_000,
            min_rms: 1_200.0,
            confirm_ms: 1_500,
            min_utterance_ms: 1_200,
            gap_ms: 60,
            leak: None,
            echo_margin_db: None,
            duck_score: None,
            duck_db: 15.0,
            claim_score: None,
            yield_score: 0.5,
        }
    }

    /// Yields after 300 ms of voice, at any time. Backchannels stop the agent too.
    pub const fn responsive() -> Self {
        Self {
            grace_ms: 0,
            min_rms: 300.0,
            confirm_ms: 300,
            min_utterance_ms: 0,
            gap_ms: 60,
            leak: None,
            echo_margin_db: None,
            duck_score: Some(0.25),
            duck_db: 15.0,
            claim_score: None,
            yield_score: 0.5,
        }
    }

    /// Ducks as fast as `responsive`, by a model of how interruptions begin; yields as soon as it sounds like
    /// somebody near who takes the floor, to a second of voice above the agent's echo and the noise where that is
    /// likely, and to two of any. A listener who has words may decide sooner (telephony-bridge's session does).
    ///
    /// The model looks at what the Kav VAD remembers, and claims less without it: with webrtc-vad and the RMS rule
    /// 77 and 78 % of the scenes' interruptions end in a yield in place of all, and the duck comes after 87 and 90 ms
    /// in place of 63 (p50, README's seed 33, `barge_in --vad rms`).
    pub const fn adaptive() -> Self {
        Self {
            min_rms: 120.0,
            confirm_ms: 1_000,
            gap_ms: 160,
            leak: Some(0.2),
            echo_margin_db: Some(2.5),
            duck_score: Some(0.80),
            claim_score: Some(0.5),
            ..Self::responsive()
        }
    }

    /// These rules, but more (up to 1) or less (down to -1) sensitive: what one business turns beside
    /// its preset.
    ///
    /// The voice that confirms lasts `2^-sensitivity` times as long: half or twice at the ends. The
    /// scores move by half as many octaves, as far as 1: the least sensitive preset still
    /// yields to a voice that is clear and near, by its length. Where evidence is counted with a
    /// [`leak`](Self::leak), the scores to duck and to claim are how likely something is, and move by 2 in log-odds
    /// at the ends: they stay within reach. All stay in the ranges of [`validate`](Self::validate), which accepts the
    /// result if it accepts `self`. `min_utterance_ms` stays, and with it the floor of `polite`.
    ///
    /// 0 changes no bit; NaN counts as 0, what is beyond the ends as the end.
    #[must_use]
    pub fn with_sensitivity(self, sensitivity: f32) -> Self {
        if sensitivity.is_nan() || sensitivity == 0.0 {
            return self;
        }
        let octaves = f64::from(-sensitivity.clamp(-1.0, 1.0));
        let confirm_ms = f64::from(self.confirm_ms) * octaves.exp2();
        let score = |score: f32| {
            let moved = f64::from(score) * (octaves / 2.0).exp2();
            (moved as f32).clamp(f32::MIN_POSITIVE, 1.0)
        };
        let likely = |likelihood: f32| match self.leak {
            Some(_) => model::moved(likelihood, SENSITIVE_ODDS * octaves),
            None => score(likelihood),
        };
        Self {
            confirm_ms: confirm_ms.round().clamp(20.0, 10_000.0) as u32,
            duck_score: self.duck_score.map(likely),
            claim_score: self.claim_score.map(likely),
            yield_score: score(self.yield_score),
            ..self
        }
    }

    /// The level a frame must have, in dBFS.
    pub fn min_level(&self) -> Dbfs {
        Dbfs::from_rms(self.min_rms)
    }

    /// Frames of voice that confirm an interruption.
    pub const fn confirm_frames(&self) -> u32 {
        let ms =
            if self.confirm_ms > self.min_utterance_ms { self.confirm_ms } else { self.min_utterance_ms };
        ms.div_ceil(FRAME_MS)
    }

    /// Frames without voice that a run survives.
    pub const fn gap_frames(&self) -> u32 {
        self.gap_ms.div_ceil(FRAME_MS)
    }

    /// Checks every field; the error names the first one out of range.
    pub fn validate(&self) -> Result<(), Error> {
        Error::check(self.grace_ms <= 60_000, "barge_in.grace_ms", self.grace_ms.into(), "at most 60000")?;
        Error::check(
            (0.0..=32_768.0).contains(&self.min_rms),
            "barge_in.min_rms",
            self.min_rms.into(),
            "0 to 32768",
        )?;
        Error::check(
            (20..=10_000).contains(&self.confirm_ms),
            "barge_in.confirm_ms",
            self.confirm_ms.into(),
            "20 to 10000",
        )?;
        Error::check(
            self.min_utterance_ms <= 10_000,
            "barge_in.min_utterance_ms",
            self.min_utterance_ms.into(),
            "at most 10000",
        )?;
        Error::check(self.gap_ms <= 200, "barge_in.gap_ms", self.gap_ms.into(), "at most 200")?;
        let leak = self.leak.unwrap_or(1.0);
        Error::check((0.01..=1.0).contains(&leak), "barge_in.leak", leak.into(), "0.01 to 1")?;
        let margin = self.echo_margin_db.unwrap_or(0.0);
        Error::check((0.0..=30.0).contains(&margin), "barge_in.echo_margin_db", margin.into(), "0 to 30 dB")?;
        let unit = |v: f32| v > 0.0 && v <= 1.0;
        let duck = self.duck_score.unwrap_or(1.0);
        Error::check(unit(duck), "barge_in.duck_score", duck.into(), "above 0 and at most 1")?;
        let claim = self.claim_score.unwrap_or(1.0);
        Error::check(unit(claim), "barge_in.claim_score", claim.into(), "above 0 and at most 1")?;
        Error::check(
            (0.0..=40.0).contains(&self.duck_db),
            "barge_in.duck_db",
            self.duck_db.into(),
            "0 to 40 dB",
        )?;
        Error::check(
            unit(self.yield_score),
            "barge_in.yield_score",
            self.yield_score.into(),
            "above 0 and at most 1",
        )
    }
}

impl Default for BargeInConfig {
    fn default() -> Self {
        Preset::default().into()
    }
}

impl From<Preset> for BargeInConfig {
    fn from(preset: Preset) -> Self {
        match preset {
            Preset::Polite => Self::polite(),
            Preset::Responsive => Self::responsive(),
            Preset::Adaptive => Self::adaptive(),
        }
    }
}

/// A named [`BargeInConfig`]: what a business chooses from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Preset {
    /// [`BargeInConfig::polite`].
    Polite,
    /// [`BargeInConfig::responsive`].
    Responsive,
    /// [`BargeInConfig::adaptive`].
    #[default]
    Adaptive,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Polite, Self::Responsive, Self::Adaptive];

    /// The name [`FromStr`] reads.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Polite => "polite",
            Self::Responsive => "responsive",
            Self::Adaptive => "adaptive",
        }
    }

    /// The rules.
    pub fn config(self) -> BargeInConfig {
        self.into()
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|preset| preset.name() == name).ok_or_else(|| Error::UnknownName {
            field: "preset",
            given: name.to_owned(),
            choices: "polite|responsive|adaptive",
        })
    }
}
