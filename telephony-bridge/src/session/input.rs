//! What a session is told.

use std::collections::BTreeMap;

use audio_core::pipeline::PipelineEvent;
use crm_api::EndReason;
use serde::{Deserialize, Serialize};

use super::id::{TurnId, UtteranceId};
use super::line::Line;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The media stream is up. The first input; later ones are dropped.
    Start(CallStart),
    /// The signal chain decided something.
    Speech(PipelineEvent),
    /// From speech recognition.
    Stt {
        /// The turn it belongs to.
        turn: TurnId,
        /// What.
        event: SttEvent<'a>,
    },
    /// From the language model, or whatever writes the replies.
    Llm {
        /// The turn it belongs to.
        turn: TurnId,
        /// What.
        event: LlmEvent,
    },
    /// From speech synthesis.
    Tts {
        /// The utterance it belongs to.
        utterance: UtteranceId,
        /// What.
        event: TtsEvent,
    },
    /// The first frame of the utterance is on the wire.
    Playing {
        /// Which.
        utterance: UtteranceId,
    },
    /// The far end has played everything up to the utterance's end, or threw it away after a
    /// `clear`.
    Mark {
        /// Which.
        utterance: UtteranceId,
    },
    /// A speech-to-speech model answers from the caller's voice from now on, or does so no longer.
    Direct(bool),
    /// The stream is over.
    Stop(EndReason),
    /// [`poll_timeout`](super::Session::poll_timeout) is due.
    Timeout,
}

/// What is known when the stream comes up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallStart {
    /// Caller as received.
    pub from: String,
    /// Dialled number as received.
    pub to: String,
    /// The provider's id of the stream.
    pub stream_sid: String,
    /// Said first; empty for none.
    pub greeting: Line,
    /// Does a speech-to-speech model answer from the caller's voice? Not written where it is false.
    #[serde(default, skip_serializing_if = "is_false")]
    pub direct: bool,
    /// That model decides when a turn is over; so long after the caller's voice, in ms, the session does. Not
    /// written where it is 0: the session decides.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub turn_patience_ms: u64,
}

/// From speech recognition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SttEvent<'a> {
    /// All words of the turn so far; may still change.
    Partial(&'a str),
    /// The words, for good; empty if there were none.
    Final(&'a str),
    /// The provider has decided that the caller's turn is over.
    TurnOver,
    /// It broke.
    Failed,
}

/// From whatever writes the replies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LlmEvent {
    /// The next sentence of the reply.
    Sentence(Line),
    /// The model itself begins to say the next part of the reply; its words so far.
    Spoken(String),
    /// More words of the part that is being said.
    Words(String),
    /// The reply is complete.
    Done {
        /// Lead fields learned from the caller's words.
        fields: BTreeMap<String, String>,
        /// Hang up once the reply has been heard.
        hang_up: bool,
        /// Hand the call over to a person once the reply has been heard; not written where it is false.
        #[serde(default, skip_serializing_if = "is_false")]
        transfer: bool,
    },
    /// It broke.
    Failed,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !value
}

/// From speech synthesis. Audio itself goes to the engine, not through the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TtsEvent {
    /// So much more of the utterance has been handed over, in ms.
    Audio {
        /// Length in ms.
        ms: u64,
    },
    /// All of the utterance's audio has been handed over.
    End {
        /// Length in ms.
        total_ms: u64,
    },
    /// It broke.
    Failed,
}

/// Which provider a failure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Speech recognition.
    Stt,
    /// Replies.
    Llm,
    /// Speech synthesis.
    Tts,
    /// Speech to speech.
    Realtime,
}
