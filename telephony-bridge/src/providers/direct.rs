//! Speech to speech with the chain of recogniser, writer and voices behind it.
//!
//! While the model is there it hears the caller and is played; the chain says the bridge's own lines. When it
//! is lost, the chain hears the turn at hand from its beginning and goes on with the history so far.

use std::collections::VecDeque;
use std::time::Duration;

use audio_core::codec::ulaw;
use audio_core::frame::{CleanFrame, FRAME_SAMPLES, SampleTime, ULAW_SILENCE};
use crm_api::{CallEventKind, Speaker};

use super::net::History;
use super::{Realtime, RealtimeOutput, SpeechFrame, Stt, Tts, TtsOutput};
use crate::session::{CallTime, Output, State, TtsEvent, TurnId, UtteranceId};

/// Line kept while nobody speaks.
const IDLE: Duration = Duration::from_secs(2);
/// Longest turn that is heard again whole.
const LONGEST: Duration = Duration::from_secs(60);
/// The first sound of a word is soft: the model hears the line from this long before the voice was noticed, in
/// samples: 200 ms.
const LOOK_BACK: u64 = 1_600;
/// The same where the chain takes over: recognisers look back themselves. 500 ms.
const CHAIN_LOOK_BACK: u64 = 4_000;

/// A call's speech-to-speech model and what is needed to go on without it.
pub struct Direct {
    model: Box<dyn Realtime>,
    is_on: bool,
    history: History,
    /// The turn being heard.
    open: Option<TurnId>,
    /// The chain's recogniser has not heard the line so far.
    chain_is_deaf: bool,
    /// A turn's end was taken back: it begins anew in a moment.
    taken_back: bool,
    state: State,
    /// Whose audio comes next, and whether the model's own.
    order: VecDeque<(UtteranceId, bool)>,
}

impl std::fmt::Debug for Direct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Direct").field("is_on", &self.is_on).field("open", &self.open).finish_non_exhaustive()
    }
}

fn coded(frame: &CleanFrame) -> SpeechFrame {
    let mut codes = [ULAW_SILENCE; FRAME_SAMPLES];
    ulaw::encode_slice(&frame.pcm, &mut codes);
    codes
}

impl Direct {
    /// A call that begins with the model.
    pub fn new(model: Box<dyn Realtime>) -> Self {
        Self {
            model,
            is_on: true,
            history: History::new(IDLE, LONGEST),
            open: None,
            chain_is_deaf: true,
            taken_back: false,
            state: State::Listening,
            order: VecDeque::new(),
        }
    }

    /// Does the model answer?
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// How long the model may take to decide that a turn is over; none where the session decides.
    pub fn turn_patience(&self) -> Option<Duration> {
        self.model.turn_patience()
    }

    /// The next 20 ms of the caller's line.
    pub(super) fn audio(&mut self, frame: &CleanFrame, chain: &mut dyn Stt) {
        self.history.push(frame);
        if self.is_on {
            self.model.audio(&coded(frame), self.open.is_some());
        } else if std::mem::take(&mut self.chain_is_deaf) {
            self.history.since(SampleTime(0)).for_each(|frame| chain.audio(frame));
        } else {
            chain.audio(frame);
        }
    }

    fn start(&mut self, turn: TurnId, from: SampleTime, chain: &mut dyn Stt) {
        let hear_from = SampleTime(from.0.saturating_sub(CHAIN_LOOK_BACK));
        self.history.hold(hear_from);
        self.taken_back = false;
        self.open = Some(turn);
        if self.is_on {
            let from = SampleTime(from.0.saturating_sub(LOOK_BACK));
            let audio: Vec<u8> = self.history.since(from).flat_map(coded).collect();
            self.model.start(turn, &audio);
        } else if std::mem::take(&mut self.chain_is_deaf) {
            let (before, rest): (Vec<&CleanFrame>, Vec<&CleanFrame>) =
                self.history.since(hear_from).partition(|frame| frame.at < from);
            before.into_iter().for_each(|frame| chain.audio(frame));
            chain.start(turn, from);
            rest.into_iter().for_each(|frame| chain.audio(frame));
        } else {
            chain.start(turn, from);
        }
    }

    /// Does what an output asks for; `false` where the chain is asked.
    pub(super) fn carry_out(&mut self, now: CallTime, output: &Output, chain: &mut dyn Stt) -> bool {
        let before = (self.state, self.open.is_some());
        let done = self.do_it(now, output, chain);
        if before != (self.state, self.open.is_some()) {
            self.model.state(self.state, self.open.is_some());
        }
        done
    }

    fn do_it(&mut self, now: CallTime, output: &Output, chain: &mut dyn Stt) -> bool {
        match output {
            Output::SttStart { turn, from } => {
                self.start(*turn, *from, chain);
                return true;
            }
            Output::SttFinish { turn } => {
                self.open.take_if(|open| open == turn);
                if self.is_on {
                    self.model.finish(now, *turn);
                }
            }
            Output::SttCancel { turn } => {
                self.open.take_if(|open| open == turn);
                self.model.cancel(*turn);
            }
            Output::Answer { turn, .. } => self.model.answer(now, *turn),
            Output::Reply { turn, .. } if self.is_on => self.model.answer(now, *turn),
            Output::CancelReply { turn } => {
                self.model.cancel_answer(*turn);
                return false;
            }
            Output::Play { utterance, turn, resumes, from_ms, .. } => {
                self.order.push_back((*utterance, true));
                self.model.play(*utterance, *turn, *resumes, *from_ms);
                return true;
            }
            Output::CutOff { utterance, heard_ms } => self.model.cut_off(*utterance, *heard_ms),
            Output::Told { text } => self.model.told(text),
            Output::Speak { utterance, .. } => {
                self.order.push_back((*utterance, false));
                return false;
            }
            Output::FlushPlayout => {
                self.order.clear();
                return false;
            }
            Output::State(state) => {
                self.state = *state;
                // Until then the turn may be heard again from its beginning.
                if *state == State::Listening && self.open.is_none() && !self.taken_back {
                    self.history.release();
                }
                return false;
            }
            Output::TakenBack { .. } => {
                self.taken_back = true;
                return false;
            }
            Output::Crm(CallEventKind::Turn { speaker, text, interrupted, .. }) => {
                self.model.said(*speaker, text, *interrupted);
                return false;
            }
            _ => return false,
        }
        self.is_on
    }

    /// What was said before this stream.
    pub(super) fn said(&mut self, speaker: Speaker, text: &str) {
        self.model.said(speaker, text, false);
    }

    /// The next thing that is due; poll until `None`.
    pub(super) fn poll(&mut self, now: CallTime) -> Option<RealtimeOutput> {
        let output = self.model.poll(now)?;
        if let RealtimeOutput::Direct(is_on) = output {
            self.is_on = is_on;
            self.chain_is_deaf = true;
        }
        Some(output)
    }

    /// The next piece of speech, in the order in which it was asked for.
    pub(super) fn poll_speech(&mut self, now: CallTime, chain: &mut dyn Tts) -> Option<TtsOutput> {
        let (utterance, voiced) = *self.order.front()?;
        let output = if voiced { self.model.poll_speech(utterance) } else { chain.poll(now) }?;
        if matches!(output, TtsOutput::Event { event: TtsEvent::End { .. } | TtsEvent::Failed, .. }) {
            self.order.pop_front();
        }
        Some(output)
    }

    /// Is it the chain's turn to speak?
    pub(super) fn chain_speaks(&self) -> bool {
        self.order.front().is_some_and(|(_, voiced)| !voiced)
    }

    /// When the model will have something due.
    pub(super) fn poll_timeout(&self) -> Option<CallTime> {
        self.model.poll_timeout()
    }
}

/// The voices of a call as one, for whoever polls a voice.
pub(super) struct Spoken<'a>(pub(super) &'a mut Direct, pub(super) &'a mut dyn Tts);

impl Tts for Spoken<'_> {
    fn speak(
        &mut self,
        now: CallTime,
        utterance: UtteranceId,
        line: &crate::session::Line,
        from_ms: u64,
        cached: bool,
    ) {
        self.1.speak(now, utterance, line, from_ms, cached);
    }

    fn cancel_all(&mut self) {
        self.1.cancel_all();
    }

    fn poll(&mut self, now: CallTime) -> Option<TtsOutput> {
        self.0.poll_speech(now, self.1)
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        self.1.poll_timeout()
    }
}
