//! What a session asks for.

use std::time::Duration;

use audio_core::barge_in::{Reasons, ResumeReason};
use audio_core::frame::SampleTime;
use crm_api::{CallEventKind, EndReason};
use serde::{Deserialize, Serialize};

use super::id::{TurnId, UtteranceId};
use super::input::Provider;
use super::line::Line;
use super::state::State;
use crate::words::Ending;

/// Something to do, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Start recognising the caller's line from `from` on.
    SttStart {
        /// The turn the words belong to.
        turn: TurnId,
        /// First sample to recognise.
        from: SampleTime,
    },
    /// The turn is over: answer with the final words.
    SttFinish {
        /// Which turn.
        turn: TurnId,
    },
    /// Forget the turn's words.
    SttCancel {
        /// Which turn.
        turn: TurnId,
    },
    /// The end of the caller's turn was decided.
    TurnEnd {
        /// Which turn.
        turn: TurnId,
        /// Silence since the caller's voice; `None` where the caller is still heard.
        silence: Option<Duration>,
        /// How the words end.
        ending: Ending,
        /// The words so far.
        words: String,
    },
    /// The turn's end is taken back: the caller goes on before the reply was heard.
    TakenBack {
        /// Which turn.
        turn: TurnId,
    },
    /// Begin a reply to words that may change yet. Nothing of it shows, and no tool is used, before
    /// [`Reply`](Self::Reply) for the same turn takes it over.
    Draft {
        /// Which turn it answers.
        turn: TurnId,
        /// Caller turns completed before this one.
        index: u32,
        /// What the caller has said so far.
        text: String,
    },
    /// The draft is of no use: the words are others, or there is no turn.
    DropDraft {
        /// Of which turn.
        turn: TurnId,
    },
    /// Write a reply. A draft of this turn that was not dropped is its beginning.
    Reply {
        /// Which turn it answers.
        turn: TurnId,
        /// Caller turns completed before this one.
        index: u32,
        /// What the caller said.
        text: String,
    },
    /// Answer the turn from the caller's voice, before its words are known.
    Answer {
        /// Which turn.
        turn: TurnId,
        /// Caller turns completed before this one.
        index: u32,
    },
    /// Stop writing.
    CancelReply {
        /// Which turn.
        turn: TurnId,
    },
    /// Turn the line into audio and play it, followed by a mark.
    Speak {
        /// Its id.
        utterance: UtteranceId,
        /// The words.
        line: Line,
        /// Skip this much of the audio, in ms: it was heard before.
        from_ms: u64,
        /// The audio is ready beforehand (greetings).
        cached: bool,
        /// Hold the audio so long once it is there.
        pause: Duration,
    },
    /// Play what the model itself says as the next part of its reply, followed by a mark.
    Play {
        /// Its id.
        utterance: UtteranceId,
        /// The turn it answers.
        turn: TurnId,
        /// It goes on where this one was cut off.
        resumes: Option<UtteranceId>,
        /// Skip this much of the audio, in ms: it was heard before.
        from_ms: u64,
        /// Hold the audio so long once it is there.
        pause: Duration,
    },
    /// What the model said was cut off: it shall know how much of it was heard.
    CutOff {
        /// Which.
        utterance: UtteranceId,
        /// So much, in ms from the beginning of what it said.
        heard_ms: u64,
    },
    /// Words of the bridge's own were heard: the model that answers from the caller's voice shall know them.
    Told {
        /// Which.
        text: String,
    },
    /// Drop all audio that has not left yet, and stop synthesis of every utterance.
    FlushPlayout,
    /// Silence what the far end has buffered.
    Clear(ClearReason),
    /// Report to the CRM.
    Crm(CallEventKind),
    /// The caller may be interrupting.
    Duck {
        /// Evidence in [0, 1].
        score: f32,
        /// What it is made of.
        reasons: Reasons,
    },
    /// The words are a backchannel: take the duck back ([`Input::Speech`](super::Input::Speech) says when).
    Acquit,
    /// No words followed the interruption to which the agent yielded, or none that want the floor: the next must be surer.
    FalseAlarm,
    /// It was nothing.
    Resume {
        /// Why.
        reason: ResumeReason,
        /// What the caller said meanwhile.
        words: String,
    },
    /// The agent yields to the caller.
    Yield {
        /// Score in [0, 1].
        score: f32,
        /// What it is made of.
        reasons: Reasons,
        /// The words that tipped it, if words did.
        words: Option<String>,
    },
    /// A provider failed and its fallback was used.
    Degraded(Provider),
    /// The state changed.
    State(State),
    /// End the call.
    HangUp,
    /// Hand the call over to a person: what was to be said before has been heard.
    Transfer,
    /// The session is over; nothing follows.
    Ended(EndReason),
}

/// Why the far end's buffer is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClearReason {
    /// Before the greeting.
    Greeting,
    /// The caller interrupted.
    Yield,
    /// Playback made no progress.
    Watchdog,
}
