//! Why a tape cannot be cut down.

use std::io;
use std::path::{Path, PathBuf};

use audio_core::tape::WavError;

use super::Wanted;
use crate::tape::error::ReplayError;
use crate::tape::store::StoreError;

/// A tape that cannot be cut down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MinimiseError {
    /// The tape does not replay.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The decision is not on the tape.
    #[error("the tape shows no {} at {} ms{}", .wanted.event.name(), .wanted.t_ms, elsewhere(*.other))]
    NotDecided {
        /// What was looked for.
        wanted: Wanted,
        /// When the nearest one of its kind is.
        other: Option<u64>,
    },
    /// It goes away as soon as anything is cut.
    #[error("the {} at {} ms is gone as soon as what comes after it is cut", .0.event.name(), .0.t_ms)]
    Unstable(Wanted),
    /// Where the new tape is to be.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A recording.
    #[error(transparent)]
    Wav(#[from] WavError),
    /// Another file.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn elsewhere(other: Option<u64>) -> String {
    other.map_or_else(String::new, |t_ms| format!(": the nearest is at {t_ms}"))
}

impl MinimiseError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_path_buf(), source }
    }
}
