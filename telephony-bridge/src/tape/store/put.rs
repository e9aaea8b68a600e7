//! A new tape appears whole or not at all.
//!
//! It is put together in a hidden folder beside its place, synced, and renamed. What a process that
//! was killed leaves is hidden, and [`tapes_in`](super::tapes_in) passes it over.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Place, StoreError, s3};

/// What to do where a tape is already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    #[default]
    Refuse,
    /// Put the new tape in its place. What is no tape is never replaced.
    Replace,
}

/// A tape being put together. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct NewTape {
    folder: TempDir,
    place: Place,
    /// Removed after `folder`.
    made: MadeFolders,
}

/// Folders that did not exist, deepest first. Dropped, those that are empty go again.
#[derive(Debug)]
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    /// Makes `dir` with everything above it.
    fn make(dir: &Path) -> Result<Self, StoreError> {
        let missing = dir.ancestors().take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists());
        let made = Self(missing.map(Path::to_path_buf).collect());
        fs::create_dir_all(dir).map_err(StoreError::io(dir))?;
        Ok(made)
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for dir in &self.0 {
            // Refused where something is in it by now.
            let _ = fs::remove_dir(dir);
        }
    }
}

impl Place {
    /// Is something there?
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_taken(&self) -> Result<bool, StoreError> {
        match self {
            Self::Folder(path) => path.symlink_metadata().map(|_| true).or_else(|error| {
                if error.kind() == std::io::ErrorKind::NotFound {
                    Ok(false)
                } else {
                    Err(StoreError::io(path)(error))
                }
            }),
            Self::S3(path) => s3::is_taken(path),
        }
    }

    /// Was it given with a `/` at its end: a folder, whatever is there?
    pub fn is_marked_folder(&self) -> bool {
        match self {
            Self::S3(path) => path.is_marked_folder(),
            Self::Folder(path) => path.as_os_str().as_encoded_bytes().ends_with(b"/"),
        }
    }

    /// The place of a tape below this one; `name` may hold `/`.
    pub fn below(&self, name: &str) -> Self {
        match self {
            Self::Folder(path) => Self::Folder(path.join(name)),
            Self::S3(path) => Self::S3(path.below(name)),
        }
    }
}

impl NewTape {
    /// Begins a tape that is to be at `place`. Folders above it are made.
    ///
    /// # Errors
    /// [`StoreError::Taken`], [`StoreError::NotATape`], or what the system says.
    pub fn begin(place: &Place, existing: Existing) -> Result<Self, StoreError> {
        if place.is_taken()? {
            match existing {
                Existing::Refuse => return Err(StoreError::Taken(place.to_string())),
                Existing::Replace => replaceable(place)?,
            }
        }
        let parent = match place {
            Place::Folder(path) => parent_of(path),
            Place::S3(_) => std::env::temp_dir(),
        };
        let made = MadeFolders::make(&parent)?;
        let folder =
            tempfile::Builder::new().prefix(".new-").tempdir_in(&parent).map_err(StoreError::io(&parent))?;
        Ok(Self { folder, place: place.clone(), made })
    }

    /// Where its files go until it is [`put`](Self::put).
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// Puts the tape in its place.
    ///
    /// # Errors
    /// What the system says; then the place is as it was, but in a store, where the tape that was
    /// there may be gone.
    pub fn put(mut self) -> Result<(), StoreError> {
        let path = match &self.place {
            Place::Folder(path) => path,
            Place::S3(path) => return s3::put(self.folder.path(), path),
        };
        sync(self.folder.path())?;
        let parent = parent_of(path);
        let aside = aside(path, "old");
        let replaces = path.symlink_metadata().is_ok();
        if replaces {
            fs::rename(path, &aside).map_err(StoreError::io(path))?;
        }
        if let Err(error) = fs::rename(self.folder.path(), path) {
            if replaces {
                // The error that is told is the first.
                let _ = fs::rename(&aside, path);
            }
            return Err(StoreError::io(path)(error));
        }
        // The folder has its name now; nothing is left to remove.
        let _ = self.folder.keep();
        self.made.0.clear();
        if replaces {
            fs::remove_dir_all(&aside).map_err(StoreError::io(&aside))?;
        }
        sync_one(&parent)
    }
}

/// The folder that a path is in; `.` for a name alone.
fn parent_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// A hidden name beside `path`.
fn aside(path: &Path, why: &str) -> PathBuf {
    let mut name = OsString::from(format!(".{why}-"));
    name.push(path.file_name().unwrap_or_default());
    name.push(format!("-{}", std::process::id()));
    parent_of(path).join(name)
}

/// Removes a folder: out of sight first.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    let aside = aside(path, "gone");
    fs::rename(path, &aside).map_err(StoreError::io(path))?;
    fs::remove_dir_all(&aside).map_err(StoreError::io(&aside))
}

/// A folder with something else in it must not go.
fn replaceable(place: &Place) -> Result<(), StoreError> {
    let path = match place {
        Place::Folder(path) => path,
        Place::S3(path) if s3::replaceable(path)? => return Ok(()),
        Place::S3(_) => return Err(StoreError::NotATape(place.to_string())),
    };
    let is_dir = path.symlink_metadata().map_err(StoreError::io(path))?.is_dir();
    let is_tape = || path.join("tape.json").exists() || path.join("caller.wav").exists();
    let is_empty = || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    if is_dir && (is_tape() || is_empty()) {
        return Ok(());
    }
    Err(StoreError::NotATape(place.to_string()))
}

/// Everything in a folder goes to the disk.
fn sync(dir: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(dir).map_err(StoreError::io(dir))? {
        let entry = entry.map_err(StoreError::io(dir))?;
        match entry.file_type().map_err(StoreError::io(dir))?.is_dir() {
            true => sync(&entry.path())?,
            false => sync_one(&entry.path())?,
        }
    }
    sync_one(dir)
}

fn sync_one(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(StoreError::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_tape_appears_whole_or_not_at_all() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("deep/tape");
        let place = Place::Folder(path.clone());
        let new = NewTape::begin(&place, Existing::Refuse).expect("free");
        fs::write(new.dir().join("tape.json"), "1").expect("written");
        assert!(!path.exists());
        drop(new);
        assert_eq!(names(root.path()), [""; 0]);

        let new = NewTape::begin(&place, Existing::Refuse).expect("free");
        fs::write(new.dir().join("tape.json"), "1").expect("written");
        new.put().expect("put");
        let taken = NewTape::begin(&place, Existing::Refuse).expect_err("taken").to_string();
        assert!(taken.contains("exists already"), "{taken}");

        let new = NewTape::begin(&place, Existing::Replace).expect("a tape");
        fs::write(new.dir().join("tape.json"), "2").expect("written");
        new.put().expect("put");
        assert_eq!(fs::read_to_string(path.join("tape.json")).expect("there"), "2");
        assert_eq!(names(&root.path().join("deep")), ["tape"]);
    }

    #[test]
    fn what_is_no_tape_is_not_replaced() {
        let root = tempfile::tempdir().expect("a folder");
        let home = root.path().join("home");
        fs::create_dir(&home).expect("a folder");
        fs::write(home.join("thesis.txt"), "years").expect("written");
        let error = NewTape::begin(&Place::Folder(home.clone()), Existing::Replace).expect_err("no tape");
        assert!(error.to_string().contains("home: is no tape: not replaced"), "{error}");
        assert_eq!(names(&home), ["thesis.txt"]);
    }
}
