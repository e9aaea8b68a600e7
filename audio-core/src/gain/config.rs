//! What can be set about gain.

use crate::Error;

/// How levels are evened out.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct AgcConfig {
    /// Active speech level to reach, in dBFS. -40 to -10.
    pub target_dbfs: f32,
    /// Most that a quiet voice is turned up, in dB. 0 to 30.
    pub max_gain_db: f32,
    /// Most that a loud voice is turned down, in dB. 0 to 30.
    pub max_cut_db: f32,
    /// Fastest change, in dB a second of speech. Above 0, at most 20.
    pub rate_db_per_s: f32,
}

impl AgcConfig {
    /// Checks every field; the error names the first one out of range.
    pub fn validate(&self) -> Result<(), Error> {
        Error::check(
            (-40.0..=-10.0).contains(&self.target_dbfs),
            "agc.target_dbfs",
            self.target_dbfs.into(),
            "-40 to -10 dBFS",
        )?;
        Error::check(
            (0.0..=30.0).contains(&self.max_gain_db),
            "agc.max_gain_db",
            self.max_gain_db.into(),
            "0 to 30 dB",
        )?;
        Error::check(
            (0.0..=30.0).contains(&self.max_cut_db),
            "agc.max_cut_db",
            self.max_cut_db.into(),
            "0 to 30 dB",
        )?;
        Error::check(
            self.rate_db_per_s > 0.0 && self.rate_db_per_s <= 20.0,
            "agc.rate_db_per_s",
            self.rate_db_per_s.into(),
            "above 0 and at most 20 dB a second",
        )
    }
}

impl Default for AgcConfig {
    /// -23 dBFS: near the -26 dBov at which ITU-T tests speech coders, with the 3 dB that a prompt
    /// in a noisy room needs.
    fn default() -> Self {
        Self { target_dbfs: -23.0, max_gain_db: 18.0, max_cut_db: 12.0, rate_db_per_s: 6.0 }
    }
}

/// Where the ceiling is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct LimiterConfig {
    /// No sample's magnitude is above this, in dBFS (0 is 32,768). -40 to 0.
    pub ceiling_dbfs: f32,
    /// How fast the level comes back, in dB a second. 1 to 200.
    pub release_db_per_s: f32,
}

impl LimiterConfig {
    /// Checks every field; the error names the first one out of range.
    pub fn validate(&self) -> Result<(), Error> {
        Error::check(
            (-40.0..=0.0).contains(&self.ceiling_dbfs),
            "limiter.ceiling_dbfs",
            self.ceiling_dbfs.into(),
            "-40 to 0 dBFS",
        )?;
        Error::check(
            (1.0..=200.0).contains(&self.release_db_per_s),
            "limiter.release_db_per_s",
            self.release_db_per_s.into(),
            "1 to 200 dB a second",
        )
    }
}

impl Default for LimiterConfig {
    /// -3 dBFS, back by 40 dB a second.
    fn default() -> Self {
        Self { ceiling_dbfs: -3.0, release_db_per_s: 40.0 }
    }
}

/// Gain on the agent's line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct PlayoutGainConfig {
    /// How its level is evened out.
    pub agc: AgcConfig,
    /// What it never exceeds.
    pub limiter: LimiterConfig,
}

impl PlayoutGainConfig {
    /// Checks both parts; the error names the first field out of range.
    pub fn validate(&self) -> Result<(), Error> {
        self.agc.validate()?;
        self.limiter.validate()
    }
}
