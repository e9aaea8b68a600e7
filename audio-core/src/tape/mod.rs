//! Tapes: recorded calls as folders, the input of replay, of the demo and of tuning.
//!
//! A tape is a folder with `tape.json` (this module's types; JSON Schema in
//! `fixtures/schema/tape.schema.json`) and `caller.wav`. A tape recorded live also holds
//! `wire.jsonl` and `agent.wav`; [`WavWriter`] writes such files while the call runs.

mod load;
mod reader;
mod recover;
mod riff;
mod spec;
mod stereo;
mod stream;
mod wav;

use serde::{Deserialize, Serialize};

pub use load::{Tape, TapeError};
pub use reader::{WavInfo, WavReader};
pub use recover::{WavRecovery, recover_wav};
pub use spec::{WavEncoding, WavSpec};
pub use stream::WavWriter;
pub use wav::{WavError, read_wav_8k, read_wav_8k_stereo, write_wav_8k, write_wav_8k_stereo};

/// The tape format this build reads and writes.
pub const TAPE_VERSION: u32 = 1;

/// `tape.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TapeFile {
    /// Format version: [`TAPE_VERSION`].
    pub version: u32,
    /// Slug of the business that was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<String>,
    /// Caller's number, E.164; absent for a hidden number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Dialled number, E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// What the agent says first.
    pub greeting: Greeting,
    /// Ground truth of the caller's line, by start time.
    pub caller: Vec<CallerSpan>,
    /// Who made `caller`. Absent for ground truth that was made with the tape, and for a recording
    /// that nobody has labelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
    /// `agent[i]` answers the i-th completed turn; the last one repeats.
    pub agent: Vec<AgentLine>,
    /// The agent's echo on the caller's line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub echo: Option<Echo>,
    /// Provider latencies in virtual time.
    #[serde(default)]
    pub latency: Latency,
    /// The caller hangs up at this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hang_up_ms: Option<u64>,
    /// Was the recording allowed, by the rules of the business that was called? Absent: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<bool>,
    /// Voices, words and numbers have been made unrecognisable: it may be kept.
    #[serde(default, skip_serializing_if = "is_false")]
    pub redacted: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl TapeFile {
    /// What the caller's line is known to hold; `None` for a recording that nobody has labelled. A
    /// script whose agent has something to say and whose caller has not is one of silence.
    pub fn ground_truth(&self) -> Option<&[CallerSpan]> {
        let recorded = matches!(self.echo, Some(Echo::Recorded(_)));
        let script = !recorded && self.agent.iter().any(|line| !line.text.is_empty());
        let labelled = script || self.labels.is_some() || !self.caller.is_empty();
        labelled.then_some(&*self.caller)
    }
}

/// Who labelled a tape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// A program and its version, or a person or tool by which it was done by hand.
    pub by: String,
}

/// What the agent says first: text and clip, or the clip's path alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Greeting {
    /// Path of the clip inside the tape.
    Clip(String),
    /// Text with an optional clip.
    Line(AgentLine),
}

impl Greeting {
    /// The greeting as an agent line; a bare clip has empty text.
    pub fn line(&self) -> AgentLine {
        match self {
            Self::Clip(path) => AgentLine { text: String::new(), clip: Some(path.clone()) },
            Self::Line(line) => line.clone(),
        }
    }
}

/// One thing the agent says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentLine {
    /// The words.
    pub text: String,
    /// Path of the recording inside the tape; without one the embedded voice says `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<String>,
}

/// One labelled span on the caller's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallerSpan {
    /// Start in ms from the caller's first sample.
    pub start_ms: u64,
    /// End in ms, after `start_ms`.
    pub end_ms: u64,
    /// What it is. The session never sees it.
    pub kind: SpanKind,
    /// What is said; empty for noise.
    #[serde(default)]
    pub text: String,
    /// Word ends; without them the words are spread evenly over the span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<Word>>,
}

/// When one word ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// End of the word in ms from the caller's first sample.
    pub t_ms: u64,
    /// The word.
    pub text: String,
}

/// What a labelled span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// A turn; may hold hesitation pauses inside.
    Turn,
    /// "Uh-huh": the agent goes on.
    Backchannel,
    /// The caller wants the floor: the agent yields.
    Interruption,
    /// No speech.
    Noise,
    /// Someone else in the room.
    SideSpeech,
}

/// The agent's echo on the caller's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Echo {
    /// Already in `caller.wav`: the string `"recorded"`. Replay is open-loop.
    Recorded(RecordedEcho),
    /// Mixed into the line before µ-law from what the agent is really playing.
    Path(EchoPath),
}

/// The string `"recorded"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordedEcho {
    /// `"recorded"`
    #[serde(rename = "recorded")]
    Recorded,
}

/// A synthetic echo path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EchoPath {
    /// Bulk delay in ms.
    pub delay_ms: f64,
    /// Gain in dB, negative for a loss.
    pub gain_db: f64,
    /// Impulse response at 8 kHz applied after the delay; `[1.0]` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ir: Option<Vec<f64>>,
    /// Seed of a decaying random impulse response, used when `ir` is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// Provider latencies in virtual time, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Latency {
    /// End of turn → final transcript.
    pub stt_ms: u64,
    /// End of a word → the word in an interim transcript.
    pub stt_interim_ms: u64,
    /// Final transcript → first words of the reply.
    pub llm_ms: u64,
    /// First words → first audio.
    pub tts_ms: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { stt_ms: 250, stt_interim_ms: 300, llm_ms: 300, tts_ms: 120 }
    }
}
