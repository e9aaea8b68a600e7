//! One tape in a store: fetched, put, removed.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Client, S3Path, is_name};
use crate::tape::store::StoreError;

const MARK: &str = "tape.json";

fn remote(place: &S3Path) -> impl Fn(String) -> StoreError + '_ {
    |problem| StoreError::Remote { place: place.to_string(), problem }
}

/// How much of a tape is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tape::store) enum Part {
    /// Every file.
    All,
    /// `tape.json`.
    Description,
}

/// The tape, in a folder that lives as long as what is returned.
pub(in crate::tape::store) fn fetch(path: &S3Path, part: Part) -> Result<TempDir, StoreError> {
    let client = Client::from_env(path)?;
    let fail = remote(path);
    let folder =
        tempfile::Builder::new().prefix("tape-").tempdir().map_err(StoreError::io(&std::env::temp_dir()))?;
    // The folder bears the tape's name, which replays report.
    let name = path.prefix.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(&path.bucket);
    let dir = folder.path().join(name);
    fs::create_dir(&dir).map_err(StoreError::io(&dir))?;
    let prefix = match part {
        Part::All => path.folder(),
        Part::Description => path.key(MARK),
    };
    for object in client.objects(&prefix).map_err(&fail)? {
        let key = &object.key;
        let Some(below) = key.strip_prefix(&path.folder()) else { continue };
        if part == Part::Description && below != MARK {
            continue;
        }
        // Marks of folders, which some tools leave.
        if below.is_empty() || below.ends_with('/') {
            continue;
        }
        if !below.split('/').all(is_name) {
            return Err(fail(format!("holds the key {key:?}, which cannot be a file")));
        }
        let to = dir.join(below);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(StoreError::io(parent))?;
        }
        client.get(&object, &to).map_err(|problem| fail(format!("{below}: {problem}")))?;
    }
    Ok(folder)
}

pub(in crate::tape::store) fn is_taken(path: &S3Path) -> Result<bool, StoreError> {
    let page = Client::from_env(path)?.list(&path.folder(), None, Some(1)).map_err(remote(path))?;
    Ok(!page.contents.is_empty())
}

/// A prefix with something other than a tape must not be written over.
pub(in crate::tape::store) fn replaceable(path: &S3Path) -> Result<bool, StoreError> {
    let keys = Client::from_env(path)?.keys(&path.folder()).map_err(remote(path))?;
    Ok(keys.is_empty() || keys.contains(&path.key(MARK)))
}

/// Puts the tape in `dir` at `path`: what was there goes.
pub(in crate::tape::store) fn put(dir: &Path, path: &S3Path) -> Result<(), StoreError> {
    let client = Client::from_env(path)?;
    let fail = remote(path);
    let mut names = Vec::new();
    files(dir, &PathBuf::new(), &mut names)?;
    let old = client.keys(&path.folder()).map_err(&fail)?;
    let mark = path.key(MARK);
    if old.contains(&mark) {
        client.delete(&mark).map_err(&fail)?;
    }
    names.sort_unstable_by_key(|name| name == MARK);
    for name in &names {
        let sent = client.put(&path.key(name), &dir.join(name));
        sent.map_err(|problem| fail(format!("{name}: {problem}")))?;
    }
    for key in old.iter().filter(|key| !names.iter().any(|name| path.key(name) == **key)) {
        client.delete(key).map_err(&fail)?;
    }
    Ok(())
}

pub(in crate::tape::store) fn remove(path: &S3Path) -> Result<(), StoreError> {
    let client = Client::from_env(path)?;
    let fail = remote(path);
    client.delete(&path.key(MARK)).map_err(&fail)?;
    for key in client.keys(&path.folder()).map_err(&fail)? {
        client.delete(&key).map_err(&fail)?;
    }
    Ok(())
}

/// The files below `dir`, `/`-separated.
fn files(dir: &Path, below: &Path, names: &mut Vec<String>) -> Result<(), StoreError> {
    let here = dir.join(below);
    for entry in fs::read_dir(&here).map_err(StoreError::io(&here))? {
        let entry = entry.map_err(StoreError::io(&here))?;
        let name = below.join(entry.file_name());
        if entry.file_type().map_err(StoreError::io(&here))?.is_dir() {
            files(dir, &name, names)?;
        } else {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
