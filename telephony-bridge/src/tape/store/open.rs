//! A tape that is at hand as a folder of this machine.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Place, StoreError, TapeRef, put, s3};

/// A tape as a local folder, as long as this lives.
#[derive(Debug)]
pub struct OpenTape {
    dir: PathBuf,
    /// Holds what was fetched.
    _fetched: Option<TempDir>,
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
            Place::S3(path) => s3::remove(path),
        }
    }

    /// Makes the tape a local folder, if it is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(&self) -> Result<OpenTape, StoreError> {
        self.opened(s3::Part::All)
    }

    /// The same, but of a tape behind a network only its `tape.json`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_description(&self) -> Result<OpenTape, StoreError> {
        self.opened(s3::Part::Description)
    }

    fn opened(&self, part: s3::Part) -> Result<OpenTape, StoreError> {
        match self.place() {
            Place::Folder(dir) => Ok(OpenTape { dir: dir.clone(), _fetched: None }),
            Place::S3(path) => {
                let fetched = s3::fetch(path, part)?;
                let dir = fetched.path().join(self.name().rsplit('/').next().unwrap_or_default());
                Ok(OpenTape { dir, _fetched: Some(fetched) })
            }
        }
    }
}
