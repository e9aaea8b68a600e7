//! Why a tape cannot be replayed.

use std::path::PathBuf;

use audio_core::tape::TapeError;

use crate::providers::embedded::VoiceError;
use crate::session::SessionConfigError;

/// A tape could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The tape itself.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// One of its clips.
    #[error("tape {tape}: {source}")]
    Voice {
        /// Which tape.
        tape: String,
        /// Why.
        source: VoiceError,
    },
    /// Its recording of the agent.
    #[error(transparent)]
    Agent(audio_core::tape::WavError),
    /// Its record of a live call.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The signal chain could not be built.
    #[error("signal chain: {0}")]
    Pipeline(#[from] audio_core::Error),
    /// The conversation's timings and phrases.
    #[error("session configuration: {0}")]
    Session(#[from] SessionConfigError),
}

/// `wire.jsonl` could not be read.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The file.
    #[error("{path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// One of its lines.
    #[error("{path}, line {line}: {source}")]
    Line {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// The first line does not say how the call was run.
    #[error("{path}: the first line is not `setup`")]
    Setup {
        /// Which file.
        path: PathBuf,
    },
}
