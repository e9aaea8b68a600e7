//! One path syntax for every place that tapes are in.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::{S3Path, StoreError};

/// A tape, or a folder that holds tapes at any depth.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A prefix in an S3-compatible store: `s3://bucket/prefix`.
    S3(S3Path),
}

impl FromStr for Place {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let wrong = |problem| StoreError::Place { given: text.to_owned(), problem };
        if text.is_empty() {
            return Err(wrong("names no folder"));
        }
        if let Some(rest) = text.strip_prefix("s3://") {
            return S3Path::parse(rest).map(Self::S3).map_err(wrong);
        }
        if text.contains("://") {
            return Err(wrong("is no place of tapes: expected a folder, or s3://bucket/prefix"));
        }
        Ok(Self::Folder(PathBuf::from(text)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::S3(path) => path.fmt(f),
        }
    }
}
