//! Why a tape cannot be redacted.

use std::io;
use std::path::{Path, PathBuf};

use audio_core::tape::{TapeError, WavError};

use crate::tape::store::StoreError;

/// A tape that cannot be redacted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// The tape.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// One of its recordings.
    #[error(transparent)]
    Wav(#[from] WavError),
    /// A recording that is not as a tape's are.
    #[error("{}: is not mono at 8000 Hz: import it again", .0.display())]
    Format(PathBuf),
    /// A line of its record of a live call.
    #[error("{}, line {line}: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// Where it is to be.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another file.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The detector of speech.
    #[error("signal path: {0}")]
    Signal(#[from] audio_core::Error),
}

impl RedactError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_path_buf(), source }
    }
}
