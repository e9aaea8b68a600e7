//! Speech recognition, replies and speech synthesis: one trait each.
//!
//! The traits are polled, with time as an argument, so that the same embedded providers serve a
//! live call and a replay in virtual time. A provider behind a network keeps its sockets in tasks
//! of its own and is polled for what they delivered.

pub mod chain;
pub mod cloud;
pub mod deepgram;
mod direct;
pub mod embedded;
pub mod google;
mod instructions;
mod learned;
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
use std::time::Duration;

use audio_core::frame::{CleanFrame, FRAME_MS, FRAME_SAMPLES, SampleTime};
use crm_api::{CallEventKind, Speaker};

pub use direct::Direct;
pub use learned::{Known, Learned};
pub use probe::Probe;
pub use reply_pause::ReplyPause;

use crate::session::{CallTime, Line, LlmEvent, Output, State, SttEvent, TtsEvent, TurnId, UtteranceId};

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
    /// The provider has decided that the caller's turn is over.
    TurnOver,
    /// It broke.
    Failed,
}

impl SttResult {
    /// As the session wants it.
    pub fn as_event(&self) -> SttEvent<'_> {
        match self {
            Self::Partial(text) => SttEvent::Partial(text),
            Self::Final(text) => SttEvent::Final(text),
            Self::TurnOver => SttEvent::TurnOver,
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

/// A model that hears the caller and speaks itself, for one call.
pub trait Realtime: Send {
    /// A turn begins; `ulaw` is what the line has held of it so far.
    fn start(&mut self, turn: TurnId, ulaw: &[u8]);
    /// The next 20 ms of the caller's line, all the time; `turn`: of a turn.
    fn audio(&mut self, frame: &SpeechFrame, turn: bool);
    /// The turn is over.
    fn finish(&mut self, now: CallTime, turn: TurnId);
    /// The turn, finished or not, is to be forgotten.
    fn cancel(&mut self, turn: TurnId);
    /// Answers the turn.
    fn answer(&mut self, now: CallTime, turn: TurnId);
    /// Stops answering.
    fn cancel_answer(&mut self, turn: TurnId);
    /// The next part of the turn's answer, announced by [`LlmEvent::Spoken`], is played as `utterance`; or
    /// what `resumes` played is, from `from_ms` on.
    fn play(&mut self, utterance: UtteranceId, turn: TurnId, resumes: Option<UtteranceId>, from_ms: u64);
    /// No more of the utterance is played than the first `heard_ms` of what the model said.
    fn cut_off(&mut self, utterance: UtteranceId, heard_ms: u64);
    /// The bridge itself said this.
    fn told(&mut self, text: &str);
    /// Something became part of the conversation; another session of the model must be told.
    fn said(&mut self, speaker: Speaker, text: &str, interrupted: bool);
    /// The session's state, and whether a turn is being heard, by whomever.
    fn state(&mut self, state: State, turn: bool);
    /// Does it decide when a turn is over? Then so long after the caller's voice the session does all the same.
    fn turn_patience(&self) -> Option<Duration> {
        None
    }
    /// The next thing that is due; poll until `None`.
    fn poll(&mut self, now: CallTime) -> Option<RealtimeOutput>;
    /// The next piece of this utterance, if there is one.
    fn poll_speech(&mut self, utterance: UtteranceId) -> Option<TtsOutput>;
    /// When something will be due, if that is known.
    fn poll_timeout(&self) -> Option<CallTime>;
}

/// From a speech-to-speech model.
#[derive(Clone, Debug, PartialEq)]
pub enum RealtimeOutput {
    /// The caller's words, or that the turn is over.
    Heard(TurnId, SttResult),
    /// Of an answer.
    Answer(TurnId, LlmEvent),
    /// It answers from now on, or does so no longer.
    Direct(bool),
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
    /// Speech to speech, before the three above.
    pub direct: Option<Direct>,
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Providers")
    }
}

impl Providers {
    /// Does what an output asks of a provider; other outputs are none of theirs.
    pub fn carry_out(&mut self, now: CallTime, output: &Output) {
        if let Some(direct) = &mut self.direct
            && direct.carry_out(now, output, &mut *self.stt)
        {
            if let Output::Play { utterance, pause, .. } = output {
                self.pause.before(*utterance, *pause);
            }
            return;
        }
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

    /// The next 20 ms of the caller's line.
    pub fn hear(&mut self, frame: &CleanFrame) {
        match &mut self.direct {
            Some(direct) => direct.audio(frame, &mut *self.stt),
            None => self.stt.audio(frame),
        }
    }

    /// Something was said before this stream.
    pub fn said(&mut self, speaker: Speaker, text: &str) {
        self.llm.said(speaker, text, false);
        if let Some(direct) = &mut self.direct {
            direct.said(speaker, text);
        }
    }

    /// The next thing of a speech-to-speech model that is due, if there is one; poll until `None`.
    pub fn poll_direct(&mut self, now: CallTime) -> Option<RealtimeOutput> {
        self.direct.as_mut()?.poll(now)
    }

    /// The next piece of speech that is due; poll until `None`.
    pub fn poll_speech(&mut self, now: CallTime) -> Option<TtsOutput> {
        match &mut self.direct {
            Some(direct) => self.pause.poll(now, &mut direct::Spoken(direct, &mut *self.tts)),
            None => self.pause.poll(now, &mut *self.tts),
        }
    }

    /// When any of them will have something due.
    pub fn poll_timeout(&self) -> Option<CallTime> {
        // What waits behind the model's own voice is not due.
        let tts = self.tts.poll_timeout().filter(|_| self.direct.as_ref().is_none_or(Direct::chain_speaks));
        let direct = self.direct.as_ref().and_then(Direct::poll_timeout);
        let providers = [self.stt.poll_timeout(), self.llm.poll_timeout(), tts];
        providers.into_iter().chain([self.pause.poll_timeout(), direct]).flatten().min()
    }
}

/// Lead fields: name → value.
pub type LeadFields = BTreeMap<String, String>;
