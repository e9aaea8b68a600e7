//! The raw timeline of a replay: what was decided and what the caller heard, in order.

use std::time::Duration;

use audio_core::barge_in::{Reasons, ResumeReason};
use serde::{Deserialize, Serialize};

use crate::session::{ClearReason, State};
use crate::words::Ending;

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineEvent {
    /// Milliseconds since the caller's first sample.
    pub t_ms: u64,
    /// What happened.
    pub event: EventName,
    /// `clear`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ClearReason>,
    /// `barge_in`: what the score is made of, each in [0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<serde_json::Map<String, serde_json::Value>>,
    /// `barge_in` and `duck`: score in [0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// `barge_in`: the words that tipped it, if words did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// `state`: the new state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// For people: what tipped it.
    #[serde(skip)]
    pub why: Option<String>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventName {
    /// The caller began to speak.
    SpeechStart,
    /// The caller stopped, hangover included.
    SpeechEnd,
    /// The caller's turn is over.
    TurnEnd,
    /// The caller hears the agent.
    AgentAudioStart,
    /// The caller no longer hears the agent.
    AgentAudioEnd,
    /// Perhaps an interruption.
    Duck,
    /// It was none.
    Resume,
    /// The agent yields.
    BargeIn,
    /// The far end's buffer is emptied.
    Clear,
    /// The session's state changed.
    State,
}

impl TimelineEvent {
    /// An entry without details.
    pub const fn new(t_ms: u64, event: EventName) -> Self {
        Self { t_ms, event, reason: None, reasons: None, score: None, words: None, state: None, why: None }
    }

    /// For people, in one line: when, what, and what tipped it.
    pub fn explained(&self) -> String {
        let why = self.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("{:>8.3} s  {}{}{why}", self.t_ms as f64 / 1_000.0, self.event.name(), self.detail())
    }

    /// Score, reason or state, for people; empty where there is none.
    pub fn detail(&self) -> String {
        match (self.score, self.reason, self.state) {
            (Some(score), ..) => format!(" score {score:.2}"),
            (_, Some(reason), _) => format!(" {reason:?}").to_lowercase(),
            (.., Some(state)) => format!(" {}", state.name()),
            _ => String::new(),
        }
    }
}

impl EventName {
    /// The name it has in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SpeechStart => "speech_start",
            Self::SpeechEnd => "speech_end",
            Self::TurnEnd => "turn_end",
            Self::AgentAudioStart => "agent_audio_start",
            Self::AgentAudioEnd => "agent_audio_end",
            Self::Duck => "duck",
            Self::Resume => "resume",
            Self::BargeIn => "barge_in",
            Self::Clear => "clear",
            Self::State => "state",
        }
    }
}

/// Names and values, for people.
pub(super) fn listed(reasons: &Reasons) -> String {
    let each: Vec<String> = reasons.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
    each.join(", ")
}

/// Words of the caller in a line of other text: isolated, for they run from right to left.
pub(super) fn quoted(words: &str) -> String {
    format!("\u{2068}{}\u{2069}", words.trim())
}

/// Why a duck was taken back.
pub(super) fn why_resume(reason: ResumeReason, words: &str) -> String {
    let reason = match reason {
        ResumeReason::Faded => "the voice stopped or its evidence leaked away",
        ResumeReason::ReplyEnded => "the reply ended",
        ResumeReason::Echo => "it was the agent's own echo",
        ResumeReason::Words => "the words let the agent go on",
    };
    match words.is_empty() {
        true => format!("{reason}; no words"),
        false => format!("{reason}; {} is no interruption", quoted(words)),
    }
}

/// Why a turn was over.
pub(super) fn why_turn_end(silence: Option<Duration>, ending: Ending, words: &str) -> String {
    let silence = match silence {
        Some(silence) => format!("{} ms after the voice", silence.as_millis()),
        None => "the caller has spoken for too long".to_owned(),
    };
    let ending = match ending {
        Ending::None => return format!("{silence}; no words yet"),
        Ending::Unfinished => "unfinished",
        Ending::Perhaps => "like an answer that may go on",
        Ending::Question => "a question",
        Ending::Complete => "complete",
    };
    format!("{silence}; {} sounds {ending}", quoted(words))
}

/// Four decimals: enough to compare, and free of noise in the last place.
pub(super) fn rounded(x: f32) -> f64 {
    (f64::from(x) * 10_000.0).round() / 10_000.0
}
