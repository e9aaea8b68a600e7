//! Why a recording does not become a tape.

use std::io;
use std::path::{Path, PathBuf};

use audio_core::tape::WavError;

use crate::tape::store::StoreError;

/// A recording that does not become a tape.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The recording, or a file of the tape.
    #[error(transparent)]
    Wav(#[from] WavError),
    /// Where the tape is to be.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the tape cannot be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The signal path refuses, such as a rate that is out of its range.
    #[error("{}: {source}", path.display())]
    Signal {
        /// The recording.
        path: PathBuf,
        /// Why.
        source: audio_core::Error,
    },
}

impl ImportError {
    pub(super) fn recording(path: &Path, problem: impl Into<String>) -> Self {
        WavError { path: path.to_path_buf(), problem: problem.into() }.into()
    }

    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_path_buf(), source }
    }
}
