//! What a bridge that was killed left of its tapes.
//!
//! A tape that is being recorded lies in a hidden folder named `.<call sid>`, and its recorder holds
//! a lock on `wire.jsonl`, which ends with the process. A folder without a lock is nobody's: if it
//! holds a second of the caller it becomes a tape, cut at its last whole line; else it goes.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use audio_core::tape::{TapeFile, WavReader, recover_wav};

use super::modified;

/// A shorter tape is not worth keeping: a second.
const MIN_FRAMES: u64 = 8_000;

/// What became of a hidden folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// It is a tape now.
    Recovered(PathBuf),
    /// It is gone.
    Removed(PathBuf),
}

/// Makes tapes of what is left in `dir`, or removes it, if nothing in it changed for `idle`.
///
/// # Errors
/// If `dir` cannot be read; what cannot be recovered or removed is logged.
pub fn recover_leftovers(dir: &Path, idle: Duration) -> io::Result<Vec<Leftover>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix('.')) else { continue };
        if name.is_empty() || !entry.file_type()?.is_dir() || !is_idle(&entry.path(), idle) {
            continue;
        }
        let open = entry.path();
        // `.new-…`, `.old-…` and `.gone-…` are of other commands: what is idle in them is rubbish.
        let whole = if name.bytes().all(|b| b.is_ascii_alphanumeric()) { whole(&open) } else { Ok(false) };
        let done = match whole {
            Ok(true) => settle(&open, &dir.join(name)).map(Leftover::Recovered),
            Ok(false) => fs::remove_dir_all(&open).map(|()| Leftover::Removed(open.clone())),
            Err(error) => Err(error),
        };
        match done {
            Ok(leftover) => found.push(leftover),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => tracing::warn!(tape = %open.display(), %error, "neither recovered nor removed"),
        }
    }
    found.sort_by(|a, b| a.path().cmp(b.path()));
    Ok(found)
}

impl Leftover {
    /// The tape, or the folder that is gone.
    pub fn path(&self) -> &Path {
        match self {
            Self::Recovered(path) | Self::Removed(path) => path,
        }
    }
}

fn is_idle(dir: &Path, idle: Duration) -> bool {
    let newest = ["wire.jsonl", "caller.wav", "agent.wav", "tape.json"];
    let newest = newest.iter().filter_map(|name| modified(&dir.join(name))).max().or_else(|| modified(dir));
    newest.and_then(|at| at.elapsed().ok()).is_some_and(|age| age >= idle)
}

/// Sets right what can be. False: there is nothing to keep. An error of kind `WouldBlock`: it is
/// being recorded.
fn whole(dir: &Path) -> io::Result<bool> {
    let wire = dir.join("wire.jsonl");
    let Ok(file) = OpenOptions::new().read(true).write(true).open(&wire) else { return Ok(false) };
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
        Err(fs::TryLockError::Error(error)) => return Err(error),
    }
    if TapeFile::load(dir).is_err() {
        return Ok(false);
    }
    for track in ["caller.wav", "agent.wav"] {
        if recover_wav(dir.join(track)).is_err() {
            return Ok(false);
        }
    }
    let caller = WavReader::open(dir.join("caller.wav")).map_err(io::Error::other)?;
    if caller.info().frames < MIN_FRAMES {
        return Ok(false);
    }
    cut_torn_line(&file)?;
    Ok(true)
}

/// The file ends behind its last line feed.
fn cut_torn_line(mut file: &File) -> io::Result<()> {
    use io::{Read as _, Seek as _, SeekFrom};
    const PIECE: u64 = 4_096;
    let mut end = file.metadata()?.len();
    let mut piece = Vec::new();
    while end > 0 {
        let from = end.saturating_sub(PIECE);
        file.seek(SeekFrom::Start(from))?;
        piece.clear();
        file.take(end - from).read_to_end(&mut piece)?;
        if let Some(at) = piece.iter().rposition(|byte| *byte == b'\n') {
            return file.set_len(from + at as u64 + 1);
        }
        end = from;
    }
    file.set_len(0)
}

/// The folder gets its own name, unless the call has a whole tape already.
fn settle(open: &Path, done: &Path) -> io::Result<PathBuf> {
    if done.exists() {
        fs::remove_dir_all(open)?;
    } else {
        fs::rename(open, done)?;
    }
    Ok(done.to_path_buf())
}
