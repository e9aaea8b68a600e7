//! One line of `wire.jsonl`: everything that reached or left a live call, with its time.
//!
//! The schema is `fixtures/schema/wire.schema.json`. A recorded call replays from these lines
//! alone: the pipeline from `media_in`, `media_out` and `flush`, which carry the caller's sample
//! clock, and the session from every `input` with the time at which it was given.

use audio_core::pipeline::PipelineEvent;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::providers::{SpeechFrame, SttResult};
use crate::session::{
    CallStart, CallTime, ClearReason, Input, LlmEvent, Output, State, TtsEvent, TurnId, UtteranceId,
};

/// A line and when it was written, in µs since the caller's first sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireLine {
    /// µs since the caller's first sample.
    pub t_us: CallTime,
    /// What.
    #[serde(flatten)]
    pub what: Wire,
}

/// What a line holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Wire {
    /// The first line: what the call was run with.
    Setup {
        /// Barge-in preset.
        preset: String,
        /// More (1) or less (-1) sensitive than the preset; not written where it is 0.
        #[serde(default, skip_serializing_if = "is_zero")]
        sensitivity: f32,
    },
    /// 20 ms of the caller, as it went into the signal chain.
    MediaIn {
        /// Frame number.
        seq: u32,
        /// Media time of the first sample, in 8 kHz samples.
        timestamp: u32,
        /// 160 µ-law bytes, base64.
        payload: Payload,
    },
    /// 20 ms of the agent, as it went to the far end.
    MediaOut {
        /// The caller's sample clock when the signal chain released it.
        at: u32,
        /// Playout generation.
        generation: u32,
        /// Whose audio it is.
        utterance: UtteranceId,
        /// Is it the utterance's last?
        last: bool,
        /// 160 µ-law bytes, base64.
        payload: Payload,
    },
    /// The far end was told to clear its buffer because the agent was turned down; the `media_out`
    /// lines that follow are the frames in it once more, quieter.
    TakeBack {
        /// The caller's sample clock when the signal chain decided it.
        at: u32,
        /// Playout generation.
        generation: u32,
        /// How many of the newest frames.
        frames: u32,
    },
    /// The signal chain discarded what was queued before this generation.
    Flush {
        /// The caller's sample clock when it did.
        at: u64,
        /// The new generation.
        generation: u32,
    },
    /// A mark went to the far end.
    MarkOut {
        /// Of which utterance.
        utterance: UtteranceId,
    },
    /// The caller pressed a key.
    Dtmf {
        /// Which.
        digit: char,
    },
    /// The session was told something.
    Input {
        /// What.
        input: WireInput,
    },
    /// The session decided something.
    Decision {
        /// What.
        decision: Decision,
    },
    /// The last line: how far the session had followed the signal chain. What the chain decided
    /// about later audio came too late to matter.
    Followed {
        /// The caller's sample clock.
        at: u64,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(sensitivity: &f32) -> bool {
    *sensitivity == 0.0
}

/// An [`Input`] that owns its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireInput {
    /// The stream is up.
    Start(CallStart),
    /// From the signal chain.
    Speech(PipelineEvent),
    /// From speech recognition.
    Stt(TurnId, SttResult),
    /// From whatever writes the replies.
    Llm(TurnId, LlmEvent),
    /// From speech synthesis.
    Tts(UtteranceId, TtsEvent),
    /// The utterance's first frame is on the wire.
    Playing(UtteranceId),
    /// The utterance's mark came back.
    Mark(UtteranceId),
    /// A speech-to-speech model answers from the caller's voice from now on, or does so no longer.
    Direct(bool),
    /// The stream is over.
    Stop(crm_api::EndReason),
    /// A timer was due.
    Timeout,
}

impl WireInput {
    /// As the session wants it.
    pub fn as_input(&self) -> Input<'_> {
        match self {
            Self::Start(start) => Input::Start(start.clone()),
            Self::Speech(event) => Input::Speech(*event),
            Self::Stt(turn, result) => Input::Stt { turn: *turn, event: result.as_event() },
            Self::Llm(turn, event) => Input::Llm { turn: *turn, event: event.clone() },
            Self::Tts(utterance, event) => Input::Tts { utterance: *utterance, event: *event },
            Self::Playing(utterance) => Input::Playing { utterance: *utterance },
            Self::Mark(utterance) => Input::Mark { utterance: *utterance },
            Self::Direct(direct) => Input::Direct(*direct),
            Self::Stop(reason) => Input::Stop(*reason),
            Self::Timeout => Input::Timeout,
        }
    }
}

/// What the session decided, as far as a replay must decide the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A turn began.
    TurnStart(TurnId),
    /// A turn ended.
    TurnEnd(TurnId),
    /// A turn was forgotten.
    TurnCancel(TurnId),
    /// A reply was asked for.
    Reply(TurnId, String),
    /// A reply was asked for of a model that has heard the caller's voice.
    Answer(TurnId),
    /// A reply was given up.
    CancelReply(TurnId),
    /// Something is said.
    Speak(UtteranceId),
    /// The model itself says something.
    Play(UtteranceId),
    /// It was cut off, and so much of it was heard, in ms.
    CutOff(UtteranceId, u64),
    /// The agent was interrupted; score in thousandths.
    Yield(u32),
    /// The agent may be interrupted.
    Duck,
    /// It was none.
    Resume,
    /// No words followed the interruption.
    FalseAlarm,
    /// The far end was silenced.
    Clear(ClearReason),
    /// The state changed.
    State(State),
    /// The agent hangs up.
    HangUp,
    /// The agent hands the call over to a person.
    Transfer,
}

impl Decision {
    /// The decision in an output, if it is one.
    pub fn of(output: &Output) -> Option<Self> {
        Some(match output {
            Output::SttStart { turn, .. } => Self::TurnStart(*turn),
            Output::TurnEnd { turn, .. } => Self::TurnEnd(*turn),
            Output::SttCancel { turn } => Self::TurnCancel(*turn),
            Output::Reply { turn, text, .. } => Self::Reply(*turn, text.clone()),
            Output::Answer { turn, .. } => Self::Answer(*turn),
            Output::CancelReply { turn } => Self::CancelReply(*turn),
            Output::Speak { utterance, .. } => Self::Speak(*utterance),
            Output::Play { utterance, .. } => Self::Play(*utterance),
            Output::CutOff { utterance, heard_ms } => Self::CutOff(*utterance, *heard_ms),
            Output::Yield { score, .. } => Self::Yield((score * 1_000.0).round() as u32),
            Output::Duck { .. } => Self::Duck,
            Output::Resume { .. } => Self::Resume,
            Output::FalseAlarm => Self::FalseAlarm,
            Output::Clear(reason) => Self::Clear(*reason),
            Output::State(state) => Self::State(*state),
            Output::HangUp => Self::HangUp,
            Output::Transfer => Self::Transfer,
            Output::SttFinish { .. }
            | Output::FlushPlayout
            | Output::Acquit
            | Output::TakenBack { .. }
            | Output::Draft { .. }
            | Output::DropDraft { .. }
            | Output::Told { .. }
            | Output::Crm(_)
            | Output::Degraded(_)
            | Output::Ended(_) => return None,
        })
    }
}

/// 160 µ-law bytes, base64 in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload(pub SpeechFrame);

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(&text).map_err(serde::de::Error::custom)?;
        let length = bytes.len();
        let frame = bytes
            .try_into()
            .map_err(|_| serde::de::Error::custom(format!("a payload of {length} bytes instead of 160")))?;
        Ok(Self(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-TEL-012, A-AUD-003: tapes of before there was a sensitivity are read, and 0 is written as they were.
    #[test]
    fn an_old_setup_line_is_read() {
        let old = r#"{"t_us":0,"kind":"setup","preset":"polite"}"#;
        let mut line: WireLine = serde_json::from_str(old).expect("readable");
        assert_eq!(line.what, Wire::Setup { preset: "polite".to_owned(), sensitivity: 0.0 });
        assert_eq!(serde_json::to_string(&line).expect("JSON"), old);
        line.what = Wire::Setup { preset: "polite".to_owned(), sensitivity: -0.3 };
        let new = serde_json::to_string(&line).expect("JSON");
        assert_eq!(new, r#"{"t_us":0,"kind":"setup","preset":"polite","sensitivity":-0.3}"#);
        assert_eq!(serde_json::from_str::<WireLine>(&new).expect("readable"), line);
    }
}
