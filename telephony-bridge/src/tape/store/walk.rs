//! Finds the tapes in places, in sorted order, one at a time.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::vec;

use super::s3::S3Walk;
use super::{Place, StoreError};

/// Folders in folders that are looked into.
const MAX_DEPTH: usize = 32;

/// A tape that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeRef {
    name: String,
    place: Place,
}

impl TapeRef {
    pub(super) const fn new(name: String, place: Place) -> Self {
        Self { name, place }
    }

    /// Its path below the place it was found in, `/`-separated; of a place that is a tape itself,
    /// the folder's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

/// The tapes in `places`: those of the first, sorted by path, then those of the next. What cannot
/// be read, and a place without a tape, is an error among them that ends nothing.
pub fn tapes_in(places: impl IntoIterator<Item = Place>) -> TapesIn {
    let places: Vec<Place> = places.into_iter().collect();
    TapesIn { places: places.into_iter(), now: None }
}

/// Iterates over tapes. See [`tapes_in`].
#[derive(Debug)]
pub struct TapesIn {
    places: vec::IntoIter<Place>,
    now: Option<Walk>,
}

impl Iterator for TapesIn {
    type Item = Result<TapeRef, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(walk) = &mut self.now {
                match walk.next() {
                    Some(item) => return Some(item),
                    None => self.now = None,
                }
            }
            let place = self.places.next()?;
            self.now = Some(match &place {
                Place::Folder(root) => Walk::Folder(FolderWalk::new(root)),
                Place::S3(root) => Walk::S3(Box::new(S3Walk::new(root))),
            });
        }
    }
}

#[derive(Debug)]
enum Walk {
    Folder(FolderWalk),
    S3(Box<S3Walk>),
}

impl Walk {
    fn next(&mut self) -> Option<Result<TapeRef, StoreError>> {
        match self {
            Self::Folder(walk) => walk.next(),
            Self::S3(walk) => walk.next(),
        }
    }
}

/// The tapes of one local folder, depth first.
#[derive(Debug)]
struct FolderWalk {
    root: PathBuf,
    /// The folder itself has not been looked at yet.
    fresh: bool,
    /// Subfolders that are left, a level each.
    levels: Vec<(PathBuf, vec::IntoIter<OsString>)>,
    found: bool,
}

impl FolderWalk {
    fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), fresh: true, levels: Vec::new(), found: false }
    }

    fn next(&mut self) -> Option<Result<TapeRef, StoreError>> {
        if std::mem::replace(&mut self.fresh, false) {
            let root = self.root.clone();
            match self.look_at(root) {
                Ok(None) => {}
                Ok(Some(tape)) => return Some(Ok(tape)),
                Err(error) => return Some(Err(self.failed(error))),
            }
        }
        while let Some((dir, names)) = self.levels.last_mut() {
            let Some(name) = names.next() else {
                self.levels.pop();
                continue;
            };
            let path = dir.join(name);
            match self.look_at(path) {
                Ok(None) => {}
                Ok(Some(tape)) => return Some(Ok(tape)),
                Err(error) => return Some(Err(self.failed(error))),
            }
        }
        let empty = !std::mem::replace(&mut self.found, true);
        empty.then(|| Err(StoreError::NoTape(self.root.display().to_string())))
    }

    /// An error is something too.
    fn failed(&mut self, error: StoreError) -> StoreError {
        self.found = true;
        error
    }

    /// The folder is a tape, or its subfolders are to be looked at.
    fn look_at(&mut self, dir: PathBuf) -> Result<Option<TapeRef>, StoreError> {
        let kind = fs::metadata(&dir).map_err(StoreError::io(&dir))?;
        if !kind.is_dir() {
            return Err(StoreError::NotAFolder(dir));
        }
        if exists(&dir.join("tape.json"))? || exists(&dir.join("caller.wav"))? {
            self.found = true;
            let name = self.name_of(&dir);
            return Ok(Some(TapeRef { name, place: Place::Folder(dir) }));
        }
        if self.levels.len() == MAX_DEPTH {
            return Err(StoreError::TooDeep { path: dir, limit: MAX_DEPTH });
        }
        let names = subfolders(&dir)?;
        self.levels.push((dir, names.into_iter()));
        Ok(None)
    }

    fn name_of(&self, dir: &Path) -> String {
        let below = dir.strip_prefix(&self.root).unwrap_or(dir);
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        if !parts.is_empty() {
            return parts.join("/");
        }
        // `.` and `..` have no name of their own; their absolute path has.
        let named = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_path_buf());
        named.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

fn exists(path: &Path) -> Result<bool, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io(path)(error)),
    }
}

/// Names of the folders in a folder, sorted. Links are not followed: they may lead in a circle.
fn subfolders(dir: &Path) -> Result<Vec<OsString>, StoreError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(StoreError::io(dir))? {
        let entry = entry.map_err(StoreError::io(dir))?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && entry.file_type().map_err(StoreError::io(dir))?.is_dir() {
            names.push(entry.file_name());
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape_at(root: &Path, path: &str, file: &str) {
        let dir = root.join(path);
        fs::create_dir_all(&dir).expect("a folder");
        fs::write(dir.join(file), "{}").expect("a file");
    }

    fn walked(places: &[&Path]) -> Vec<Result<String, String>> {
        let places = places.iter().map(|path| Place::Folder(path.to_path_buf()));
        tapes_in(places).map(|tape| Ok(tape.map_err(|e| e.to_string())?.name().to_owned())).collect()
    }

    #[test]
    fn tapes_come_sorted_from_any_depth_and_hidden_ones_do_not() {
        let root = tempfile::tempdir().expect("a folder");
        tape_at(root.path(), "b", "tape.json");
        tape_at(root.path(), "a/2", "caller.wav");
        tape_at(root.path(), "a/10", "tape.json");
        tape_at(root.path(), "b/clips", "tape.json");
        tape_at(root.path(), ".open", "tape.json");
        tape_at(root.path(), "notes", "readme.txt");
        let names = ["a/10", "a/2", "b"].map(|name| Ok(name.to_owned()));
        assert_eq!(walked(&[root.path()]), names);
        assert_eq!(walked(&[&root.path().join("a/2")]), [Ok("2".to_owned())]);
    }

    #[test]
    fn what_is_no_tape_is_named_and_ends_nothing() {
        let root = tempfile::tempdir().expect("a folder");
        tape_at(root.path(), "good", "tape.json");
        let [file, missing, empty] = ["file", "missing", "empty"].map(|name| root.path().join(name));
        fs::write(&file, "").expect("a file");
        fs::create_dir(&empty).expect("a folder");
        let found = walked(&[&file, &missing, &empty, &root.path().join("good")]);
        let [Err(file), Err(missing), Err(empty), Ok(good)] = found.as_slice() else { panic!("{found:?}") };
        assert!(file.contains("file: is a file"), "{file}");
        assert!(missing.contains("missing: No such file"), "{missing}");
        assert!(empty.contains("empty: holds no tape"), "{empty}");
        assert_eq!(good, "good");
    }

    #[test]
    fn a_link_in_a_circle_ends() {
        let root = tempfile::tempdir().expect("a folder");
        tape_at(root.path(), "a/b", "tape.json");
        std::os::unix::fs::symlink(root.path(), root.path().join("a/round")).expect("a link");
        assert_eq!(walked(&[root.path()]), [Ok("a/b".to_owned())]);
    }
}
