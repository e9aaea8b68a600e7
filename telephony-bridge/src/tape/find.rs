//! The tapes in folders: a folder that is one, or those below it.

use std::io;
use std::path::{Path, PathBuf};

use super::error::FindError;

/// Every tape at or below `paths`, each folder's sorted by name; hidden folders are recordings that
/// are not complete and are left out.
///
/// # Errors
/// [`FindError`], naming the path that cannot be read or holds no tape.
pub fn tapes_in(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FindError> {
    let mut found = Vec::new();
    for path in paths {
        let before = found.len();
        walk(path, &mut found).map_err(|source| FindError::Read { path: path.clone(), source })?;
        if found.len() == before {
            return Err(FindError::None { path: path.clone() });
        }
    }
    Ok(found)
}

fn walk(path: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.join("tape.json").exists() {
        found.push(path.to_path_buf());
        return Ok(());
    }
    let mut below = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A link may lead back up.
        if !hidden && (entry.file_type()?.is_dir() || entry.path().join("tape.json").exists()) {
            below.push(entry.path());
        }
    }
    below.sort();
    below.iter().try_for_each(|path| walk(path, found))
}
