//! What can be set about the canceller.

use crate::Error;

/// How echo is cancelled.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct EchoConfig {
    /// Cancel at all? Without it the caller's line is passed on as it came.
    pub enabled: bool,
    /// How far a block that is nothing but leftover echo is turned down at most, in dB. 0 to 9: a
    /// caller who is taken for leftover echo must not be lost.
    pub suppression_db: f32,
}

impl EchoConfig {
    /// Checks every field; the error names the first one out of range.
    pub fn validate(&self) -> Result<(), Error> {
        Error::check(
            (0.0..=9.0).contains(&self.suppression_db),
            "echo.suppression_db",
            self.suppression_db.into(),
            "0 to 9 dB",
        )
    }
}

impl Default for EchoConfig {
    fn default() -> Self {
        Self { enabled: true, suppression_db: 9.0 }
    }
}
