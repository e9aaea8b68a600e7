//! Reads a tape from its folder and says what is wrong with it.
//!
//! Every error names the file, and within `tape.json` the field and the datum.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::tape::{AgentLine, Echo, TAPE_VERSION, TapeFile, WavError, read_wav_8k};

/// A tape that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TapeError {
    /// The folder or `tape.json` cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// What could not be read.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// `tape.json` is not what it should be; the message holds line and column.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What serde says.
        source: serde_json::Error,
    },
    /// A field holds something impossible.
    #[error("{}: {field} {problem}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// Path of the field, such as `caller[2].end_ms`.
        field: String,
        /// What is wrong with it, the datum included.
        problem: String,
    },
    /// A recording the tape names cannot be used.
    #[error("{}: {field}: {source}", path.display())]
    Clip {
        /// `tape.json`.
        path: PathBuf,
        /// The field that names the recording.
        field: String,
        /// What is wrong with it.
        source: WavError,
    },
}

/// A tape, loaded: ground truth and audio.
#[derive(Clone, Debug, PartialEq)]
pub struct Tape {
    /// Name of the folder.
    pub name: String,
    /// The folder.
    pub dir: PathBuf,
    /// `tape.json`, checked.
    pub file: TapeFile,
    /// `caller.wav`: the caller's line at 8 kHz.
    pub caller: Vec<i16>,
    /// The greeting's recording, if it has one.
    pub greeting_clip: Option<Vec<i16>>,
    /// Recording of `file.agent[i]`, where it has one; as long as `file.agent`.
    pub agent_clips: Vec<Option<Vec<i16>>>,
}

impl Tape {
    /// Loads and checks the tape in the folder `dir`, with all its recordings.
    pub fn load(dir: impl AsRef<Path>) -> Result<Self, TapeError> {
        let dir = dir.as_ref();
        let file = TapeFile::load(dir)?;
        let reader = Reader { dir, json: dir.join("tape.json") };
        let caller = reader.read("caller.wav", "caller.wav")?;
        if caller.is_empty() {
            return Err(reader.field("caller.wav", "holds no samples"));
        }
        let greeting_clip = reader.clip(&file.greeting.line(), "greeting")?;
        let agent_clips = file.agent.iter().enumerate();
        let agent_clips = agent_clips
            .map(|(i, line)| reader.clip(line, &format!("agent[{i}]")))
            .collect::<Result<_, _>>()?;
        // `.` and `..` have no name of their own; their absolute path has.
        let named = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_path_buf());
        let name = named.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, dir: dir.to_path_buf(), file, caller, greeting_clip, agent_clips })
    }
}

impl TapeFile {
    /// Loads and checks `tape.json` in the folder `dir`, without the recordings.
    pub fn load(dir: impl AsRef<Path>) -> Result<Self, TapeError> {
        let path = dir.as_ref().join("tape.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(TapeError::Io { path, source }),
        };
        // The version is looked at first: a later format may not even parse as this one.
        #[derive(serde::Deserialize)]
        struct Version {
            version: u32,
        }
        let json = |source| TapeError::Json { path: path.clone(), source };
        let Version { version } = serde_json::from_str(&text).map_err(json)?;
        if version != TAPE_VERSION {
            let problem = format!("is {version}: this build reads version {TAPE_VERSION}");
            return Err(TapeError::Field { path, field: "version".into(), problem });
        }
        let file: Self = serde_json::from_str(&text).map_err(json)?;
        match file.problem() {
            Some((field, problem)) => Err(TapeError::Field { path, field, problem }),
            None => Ok(file),
        }
    }

    /// The first field that holds something impossible, and what.
    pub fn problem(&self) -> Option<(String, String)> {
        let mut last_start = 0;
        for (i, span) in self.caller.iter().enumerate() {
            if span.end_ms <= span.start_ms {
                let problem = format!("is {}: not after start_ms {}", span.end_ms, span.start_ms);
                return Some((format!("caller[{i}].end_ms"), problem));
            }
            if span.start_ms < last_start {
                let problem = format!("is {}: before that of caller[{}]", span.start_ms, i - 1);
                return Some((format!("caller[{i}].start_ms"), problem));
            }
            last_start = span.start_ms;
            let words = span.words.iter().flatten().enumerate();
            for (w, word) in words {
                if word.t_ms < span.start_ms || word.t_ms > span.end_ms {
                    let problem =
                        format!("is {}: outside the span {}..{}", word.t_ms, span.start_ms, span.end_ms);
                    return Some((format!("caller[{i}].words[{w}].t_ms"), problem));
                }
            }
        }
        // A recording holds what the agent said; only a script must say what it answers.
        let recorded = matches!(self.echo, Some(Echo::Recorded(_)));
        if self.agent.is_empty() && !self.caller.is_empty() && !recorded {
            return Some(("agent".into(), "is empty: the agent needs one line at least".into()));
        }
        if let Some(Echo::Path(echo)) = &self.echo {
            if !(0.0..=2_000.0).contains(&echo.delay_ms) {
                let problem = format!("is {}: must be 0 to 2000", echo.delay_ms);
                return Some(("echo.delay_ms".into(), problem));
            }
            if !(-120.0..=20.0).contains(&echo.gain_db) {
                let problem = format!("is {}: must be -120 to 20", echo.gain_db);
                return Some(("echo.gain_db".into(), problem));
            }
        }
        None
    }
}

/// Reads recordings inside one tape.
struct Reader<'a> {
    dir: &'a Path,
    json: PathBuf,
}

impl Reader<'_> {
    fn field(&self, field: &str, problem: impl Into<String>) -> TapeError {
        let (path, field) = (self.json.clone(), field.to_owned());
        TapeError::Field { path, field, problem: problem.into() }
    }

    fn clip(&self, line: &AgentLine, field: &str) -> Result<Option<Vec<i16>>, TapeError> {
        let field = format!("{field}.clip");
        line.clip.as_ref().map(|path| self.read(path, &field)).transpose()
    }

    /// Reads `path`, which must stay inside the folder.
    fn read(&self, path: &str, field: &str) -> Result<Vec<i16>, TapeError> {
        let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        // A backslash separates folders on some systems and hides a `..` from the others.
        if path.is_empty() || path.contains('\\') || !Path::new(path).components().all(inside) {
            return Err(self.field(field, format!("is {path:?}: must be a path inside the tape")));
        }
        read_wav_8k(self.dir.join(path)).map_err(|source| TapeError::Clip {
            path: self.json.clone(),
            field: field.to_owned(),
            source,
        })
    }
}
