//! A tape that is at hand as a folder of this machine.

use std::path::{Path, PathBuf};

use super::{Place, StoreError, TapeRef, put};

/// A tape as a local folder, as long as this lives.
#[derive(Debug)]
pub struct OpenTape {
    dir: PathBuf,
}

impl OpenTape {
    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl TapeRef {
    /// Removes the tape. It is out of sight at once, whatever happens on the way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove(&self) -> Result<(), StoreError> {
        match self.place() {
            Place::Folder(dir) => put::remove(dir),
        }
    }

    /// Makes the tape a local folder, if it is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(&self) -> Result<OpenTape, StoreError> {
        match self.place() {
            Place::Folder(dir) => Ok(OpenTape { dir: dir.clone() }),
        }
    }
}
