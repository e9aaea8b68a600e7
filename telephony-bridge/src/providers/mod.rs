//! Speech recognition, replies and speech synthesis: one trait each.
//!
//! The traits are polled, with time as an argument, so that the same embedded providers serve a
//! live call and a replay in virtual time. A provider behind a network keeps its sockets in tasks
//! of its own and is polled for what they delivered.

pub mod chain;
pub mod cloud;
pub mod deepgram;
pub mod embedded;
pub mod google;
pub mod net;
pub mod openai;
mod probe;
pub mod recognition;
mod reply_pause;
pub mod setup;
pub mod soniox;
pub mod text;
pub mod voice;

use std::collections::BTreeMap;

use audio_core::frame::{CleanFrame, FRAME_MS, FRAME_SAMPLES, SampleTime};
use crm_api::{CallEventKind, Speaker};

pub use probe::Probe;
pub use reply_pause::ReplyPause;

use crate::session::{CallTime, Line, LlmEvent, Output, SttEvent, TtsEvent, TurnId, UtteranceId};

/// One wire frame of agent speech: 160 µ-law bytes.
pub type SpeechFrame = [u8; FRAME_SAMPLES];

/// Length of audio in ms.
pub fn length_ms(frames: &[SpeechFrame]) -> u64 {
    frames.len() as u64 * u64::from(FRAME_MS)
}

/// Speech recognition for one call.
pub trait Stt: Send {
    /// Starts a turn whose first sample is `from`.
    fn start(&mut self, turn: TurnId, from: SampleTime);
    /// The next 20 ms of the caller's line. Comes all the time, turn or not: what lies before
    /// the decision that a turn has begun is needed too.
    fn audio(&mut self, _frame: &CleanFrame) {}
    /// The turn is over.
    fn finish(&mut self, now: CallTime, turn: TurnId);
    /// The turn's words are not wanted.
    fn cancel(&mut self, turn: TurnId);
    /// The next result that is due. Poll until `None`, at every frame and at
    /// [`poll_timeout`](Self::poll_timeout).
    fn poll(&mut self, now: CallTime) -> Option<(TurnId, SttResult)>;
    /// When something will be due, if that is known.
    fn poll_timeout(&self) -> Option<CallTime>;
}

/// An owned [`SttEvent`].
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SttResult {
    /// All words so far.
    Partial(String),
    /// The words, for good.
    Final(String),
    /// It broke.
    Failed,
}

impl SttResult {
    /// As the session wants it.
    pub fn as_event(&self) -> SttEvent<'_> {
        match self {
            Self::Partial(text) => SttEvent::Partial(text),
            Self::Final(text) => SttEvent::Final(text),
            Self::Failed => SttEvent::Failed,
        }
    }
}

/// Writes the replies of one call.
pub trait Llm: Send {
    /// Writes a reply to the caller's `text`, the turn after `index` completed ones. A sentence without
    /// words is a sign of life: the first one is being written.
    fn reply(&mut self, now: CallTime, turn: TurnId, index: u32, text: &str);
    /// Begins a reply to words that may change yet. Nothing of it shows in [`poll`](Self::poll), and no tool is
    /// used, before [`reply`](Self::reply) for the same turn takes it over; [`cancel`](Self::cancel) and a
    /// draft of another turn end it. `false`: it begins nothing early.
    fn draft(&mut self, _now: CallTime, _turn: TurnId, _index: u32, _text: &str) -> bool {
        false
    }
    /// Stops writing.
    fn cancel(&mut self, turn: TurnId);
    /// Something became part of the conversation: what the caller said, or what was heard of the agent.
    fn said(&mut self, _speaker: Speaker, _text: &str, _interrupted: bool) {}
    /// The next piece that is due; poll until `None`.
    fn poll(&mut self, now: CallTime) -> Option<(TurnId, LlmEvent)>;
    /// When something will be due, if that is known.
    fn poll_timeout(&self) -> Option<CallTime>;
}

/// Speech synthesis for one call.
pub trait Tts: Send {
    /// Says `line`, leaving out the first `from_ms`. `cached`: the audio was made beforehand.
    fn speak(&mut self, now: CallTime, utterance: UtteranceId, line: &Line, from_ms: u64, cached: bool);
    /// Stops everything.
    fn cancel_all(&mut self);
    /// The next piece that is due; poll until `None`.
    fn poll(&mut self, now: CallTime) -> Option<TtsOutput>;
    /// When something will be due, if that is known.
    fn poll_timeout(&self) -> Option<CallTime>;
}

/// From speech synthesis.
#[derive(Clone, Debug, PartialEq)]
pub enum TtsOutput {
    /// More of the utterance.
    Audio {
        /// Which.
        utterance: UtteranceId,
        /// 20 ms frames, in order.
        frames: Vec<SpeechFrame>,
    },
    /// For the session.
    Event {
        /// Which utterance.
        utterance: UtteranceId,
        /// What.
        event: TtsEvent,
    },
}

/// What one call works with.
pub struct Providers {
    /// Speech recognition.
    pub stt: Box<dyn Stt>,
    /// Replies.
    pub llm: Box<dyn Llm>,
    /// Speech synthesis; polled by [`poll_speech`](Self::poll_speech).
    pub tts: Box<dyn Tts>,
    /// Holds a reply for a moment.
    pub pause: ReplyPause,
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Providers")
    }
}

impl Providers {
    /// Does what an output asks of a provider; other outputs are none of theirs.
    pub fn carry_out(&mut self, now: CallTime, output: &Output) {
        match output {
            Output::SttStart { turn, from } => self.stt.start(*turn, *from),
            Output::SttFinish { turn } => self.stt.finish(now, *turn),
            Output::SttCancel { turn } => self.stt.cancel(*turn),
            Output::Reply { turn, index, text } => self.llm.reply(now, *turn, *index, text),
            Output::Draft { turn, index, text } => {
                // Who begins nothing early is asked again with the last words.
                let _begun = self.llm.draft(now, *turn, *index, text);
            }
            Output::CancelReply { turn } | Output::DropDraft { turn } => self.llm.cancel(*turn),
            Output::Crm(CallEventKind::Turn { speaker, text, interrupted, .. }) => {
                self.llm.said(*speaker, text, *interrupted);
            }
            Output::Speak { utterance, line, from_ms, cached, pause } => {
                self.pause.before(*utterance, *pause);
                self.tts.speak(now, *utterance, line, *from_ms, *cached);
            }
            Output::FlushPlayout => {
                self.pause.clear();
                self.tts.cancel_all();
            }
            _ => {}
        }
    }

    /// The next piece of speech that is due; poll until `None`.
    pub fn poll_speech(&mut self, now: CallTime) -> Option<TtsOutput> {
        self.pause.poll(now, &mut *self.tts)
    }

    /// When any of them will have something due.
    pub fn poll_timeout(&self) -> Option<CallTime> {
        [self.stt.poll_timeout(), self.llm.poll_timeout(), self.tts.poll_timeout(), self.pause.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }
}

/// Lead fields: name → value.
pub type LeadFields = BTreeMap<String, String>;
