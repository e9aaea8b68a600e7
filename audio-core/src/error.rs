//! What can be wrong with what an embedder hands to this crate.
//!
//! Errors come from constructors and parsers only; nothing that runs per frame can fail.
//! Files have their own error types beside their readers (`tape::TapeError`, `tape::WavError`).

/// A setting this crate cannot work with. Each variant names the field and the datum.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number outside its range.
    #[error("{field} is {value}: it must be {expected}")]
    OutOfRange {
        /// Path of the setting, such as `vad.start_threshold`.
        field: &'static str,
        /// What was given.
        value: f64,
        /// What would be accepted.
        expected: &'static str,
    },
    /// A name that is not one of the choices.
    #[error("{field} is {given:?}: choose one of {choices}")]
    UnknownName {
        /// What was being chosen.
        field: &'static str,
        /// What was given.
        given: String,
        /// What would be accepted, separated by `|`.
        choices: &'static str,
    },
    /// Two sample rates between which no resampler is built.
    #[error("cannot resample from {input} Hz to {output} Hz: {reason}")]
    Resample {
        /// Input rate in Hz.
        input: u32,
        /// Output rate in Hz.
        output: u32,
        /// Why not.
        reason: String,
    },
}

impl Error {
    /// `value` if `ok`, else the error that names the field.
    pub(crate) fn check(
        ok: bool,
        field: &'static str,
        value: f64,
        expected: &'static str,
    ) -> Result<(), Self> {
        if ok { Ok(()) } else { Err(Self::OutOfRange { field, value, expected }) }
    }
}
