//! Why tapes cannot be found, opened or put in place.

use std::io;
use std::path::{Path, PathBuf};

/// A place of tapes that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// What it refused.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file where a tape should be.
    #[error("{}: is a file: a tape is a folder with tape.json and caller.wav", .0.display())]
    NotAFolder(PathBuf),
    /// A folder without a tape in it or below.
    #[error("{0}: holds no tape: a tape is a folder with tape.json and caller.wav")]
    NoTape(String),
    /// Folders in folders without an end.
    #[error("{}: lies more than {limit} folders deep", path.display())]
    TooDeep {
        /// The folder that was not looked into.
        path: PathBuf,
        /// Levels that are.
        limit: usize,
    },
    /// A tape is to be put where something is.
    #[error("{0}: exists already")]
    Taken(String),
    /// Something other than a tape would have been replaced.
    #[error("{0}: is no tape: not replaced")]
    NotATape(String),
    /// A store behind a network refused or did not answer.
    #[error("{place}: {problem}")]
    Remote {
        /// What was asked for.
        place: String,
        /// Why it was not given.
        problem: String,
    },
    /// Text that names no place.
    #[error("`{given}`: {problem}")]
    Place {
        /// What was given.
        given: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl StoreError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_path_buf(), source }
    }
}
