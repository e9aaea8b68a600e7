//! What has been replayed: one line a result, appended and synced, so that a kill loses at most the
//! line being written.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::tape::measures::Measures;

/// A result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Of tape, setting and program.
    pub key: String,
    /// The tape's name, for people.
    pub tape: String,
    /// The setting, for people.
    pub setting: String,
    /// What came out.
    pub measures: Measures,
}

/// The state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Not read or not written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line of something else.
    #[error("{path}, line {line}: no result of `tape tune`: {source}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// Two runs on one file.
    #[error("{path}: another `tape tune` is writing to it")]
    Locked {
        /// The file.
        path: PathBuf,
    },
}

/// An open state file.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    file: File,
    results: HashMap<String, Measures>,
}

impl State {
    /// Opens or creates the file, for this process alone. A torn last line is cut off.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let io = |source| StateError::Io { path: path.to_owned(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let mut results = HashMap::new();
        for (i, line) in bytes[..whole].split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let record: Record = serde_json::from_slice(line).map_err(|source| StateError::Line {
                path: path.to_owned(),
                line: i + 1,
                source,
            })?;
            results.insert(record.key, record.measures);
        }
        // Only what was being written may be torn: a file of something else is not touched.
        if whole < bytes.len() && !bytes[whole..].starts_with(b"{\"key\":") && bytes.len() - whole > 7 {
            let source = serde_json::from_slice::<Record>(&bytes[whole..]).err();
            if let Some(source) = source {
                let line = bytes[..whole].split(|byte| *byte == b'\n').count();
                return Err(StateError::Line { path: path.to_owned(), line, source });
            }
        }
        file.set_len(whole as u64).map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        Ok(Self { path: path.to_owned(), file, results })
    }

    /// A result, if it is there.
    pub fn get(&self, key: &str) -> Option<&Measures> {
        self.results.get(key)
    }

    /// Writes results down. They are on the disk when this returns.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn save(&mut self, records: Vec<Record>) -> Result<(), StateError> {
        if records.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        let io = |source| StateError::Io { path: self.path.clone(), source };
        for record in &records {
            serde_json::to_writer(&mut lines, record).map_err(|error| io(error.into()))?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines).and_then(|()| self.file.sync_data()).map_err(io)?;
        self.results.extend(records.into_iter().map(|record| (record.key, record.measures)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str) -> Record {
        let measures = Measures { tapes: 1, yield_latency_ms: vec![300], ..Measures::default() };
        Record { key: key.to_owned(), tape: "t".to_owned(), setting: "own".to_owned(), measures }
    }

    #[test]
    fn a_torn_line_is_cut_off_and_the_rest_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/state.jsonl");
        let mut state = State::open(&path).expect("created");
        state.save(vec![record("a"), record("b")]).expect("saved");
        assert!(matches!(State::open(&path), Err(StateError::Locked { .. })));
        drop(state);
        let whole = std::fs::read(&path).expect("lines");
        let torn = [&whole[..], &whole[..30]].concat();
        std::fs::write(&path, torn).expect("torn");
        let mut state = State::open(&path).expect("opened");
        assert_eq!(state.get("b"), Some(&record("b").measures));
        assert_eq!(std::fs::read(&path).expect("lines"), whole);
        state.save(vec![record("c")]).expect("saved");
        drop(state);
        assert!(State::open(&path).expect("opened").get("c").is_some());
    }

    #[test]
    fn another_file_is_not_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("letter.txt");
        for text in ["Dear friend,\nhow are you\n", "no line's end in here"] {
            std::fs::write(&path, text).expect("written");
            let error = State::open(&path).expect_err("no state").to_string();
            assert!(error.contains("letter.txt, line 1: no result"), "{error}");
            assert_eq!(std::fs::read_to_string(&path).expect("text"), text);
        }
    }
}
