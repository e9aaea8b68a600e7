//! A file that is there as a whole or not at all.

use std::path::Path;

use anyhow::Context as _;

/// Writes a file beside its place and moves it there.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let name = path.file_name().with_context(|| format!("{}: not a file's name", path.display()))?;
    let temporary = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
    let written = std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written.with_context(|| path.display().to_string())
}
