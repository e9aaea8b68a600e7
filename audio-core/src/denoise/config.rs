//! What can be set about noise suppression.

use crate::Error;

/// How noise is suppressed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct DenoiseConfig {
    /// Suppress at all? Without it the samples are passed on untouched and without delay.
    pub enabled: bool,
    /// How far noise is turned down at most, in dB. 0 to 30: what is left keeps the line from
    /// sounding dead in pauses.
    pub depth_db: f32,
    /// From this signal-to-noise ratio on, in dB, less is suppressed. 0 to 60.
    pub fade_from_db: f32,
    /// From this signal-to-noise ratio on, in dB, nothing is. Above `fade_from_db`, at most 80.
    pub bypass_from_db: f32,
}

impl DenoiseConfig {
    /// The defaults, switched on.
    pub const fn on() -> Self {
        Self { enabled: true, depth_db: 18.0, fade_from_db: 25.0, bypass_from_db: 31.0 }
    }

    /// Checks every field; the error names the first one out of range.
    pub fn validate(&self) -> Result<(), Error> {
        Error::check(
            (0.0..=30.0).contains(&self.depth_db),
            "denoise.depth_db",
            self.depth_db.into(),
            "0 to 30 dB",
        )?;
        Error::check(
            (0.0..=60.0).contains(&self.fade_from_db),
            "denoise.fade_from_db",
            self.fade_from_db.into(),
            "0 to 60 dB",
        )?;
        Error::check(
            self.bypass_from_db > self.fade_from_db && self.bypass_from_db <= 80.0,
            "denoise.bypass_from_db",
            self.bypass_from_db.into(),
            "above fade_from_db and at most 80 dB",
        )
    }
}

impl Default for DenoiseConfig {
    /// Off: speech recognition hears the line as it is.
    fn default() -> Self {
        Self { enabled: false, ..Self::on() }
    }
}
