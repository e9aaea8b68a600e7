//! Which recordings, and what they are called in the trace.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// WAV files at or under the paths with their names relative to the path given; each folder's
/// sorted.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for path in paths {
        let kind = fs::metadata(path).with_context(|| path.display().to_string())?;
        if kind.is_dir() {
            let mut found = Vec::new();
            walk(path, "", &mut found)?;
            found.sort();
            files.append(&mut found);
        } else {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.push((name.into_owned(), path.clone()));
        }
    }
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            walk(&path, &format!("{name}/"), files)?;
        } else if path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("wav")) {
            files.push((name, path));
        }
    }
    Ok(())
}

/// A CSV field, quoted where it has to be (RFC 4180).
pub(crate) fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn only_names_that_need_it_are_quoted() {
        assert_eq!(quoted("a/b.wav"), "a/b.wav");
        assert_eq!(quoted("a, \"b\".wav"), "\"a, \"\"b\"\".wav\"");
    }
}
