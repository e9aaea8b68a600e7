//! One path syntax for every place that tapes are in.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::StoreError;

/// A tape, or a folder that holds tapes at any depth.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// A folder of this machine.
    Folder(PathBuf),
}

impl FromStr for Place {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let wrong = |problem| StoreError::Place { given: text.to_owned(), problem };
        if text.is_empty() {
            return Err(wrong("names no folder"));
        }
        if text.contains("://") {
            return Err(wrong("is no place of tapes: expected a folder"));
        }
        Ok(Self::Folder(PathBuf::from(text)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
        }
    }
}
