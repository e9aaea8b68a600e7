//! A call's end of it: what the session's driver gives and polls.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crm_api::Speaker;

use super::answer::{Answer, Using};
use super::brief::Brief;
use super::items::Items;
use super::link::{Link, Retry};
use super::log::Log;
use super::turns::Turns;
use super::wire;
use super::{RealtimeModel, TurnDetection};
use crate::providers::net::{CallNet, Phase, ProviderError, Reason, numbers};
use crate::providers::openai::{NAME, Tools};
use crate::providers::{Realtime, RealtimeOutput, SpeechFrame, SttResult, TtsOutput};
use crate::session::{CallTime, State, TurnId, UtteranceId};

/// The caller's audio of a turn: another session must hear it again.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) turn: TurnId,
    pub(super) ulaw: Vec<u8>,
}

/// A speech-to-speech model on one call.
#[derive(Debug)]
pub struct RealtimeCall {
    pub(super) model: Arc<RealtimeModel>,
    pub(super) net: CallNet,
    pub(super) tools: Tools,
    pub(super) brief: Brief,
    /// How long it may keep the caller waiting.
    pub(super) limit: Duration,
    /// It answers; else the chain does.
    pub(super) is_on: bool,
    pub(super) link: Option<Link>,
    /// The session that will follow.
    pub(super) spare: Option<Link>,
    pub(super) retry: Retry,
    pub(super) log: Log,
    /// The turn being heard.
    pub(super) open: Option<Voice>,
    /// The last one, until it is answered.
    pub(super) finished: Option<Voice>,
    /// The next turn begins with what was heard before and forgotten.
    again: bool,
    pub(super) turns: Turns,
    pub(super) items: Items,
    pub(super) answer: Option<Answer>,
    /// The response the server is at.
    pub(super) active: Option<String>,
    /// Responses asked for that have not begun.
    pub(super) asked: VecDeque<TurnId>,
    /// To be asked for once the server is free.
    pub(super) wanted: Option<TurnId>,
    pub(super) using: Vec<Using>,
    pub(super) state: State,
    /// The caller is being heard, by us or by the chain.
    pub(super) is_heard: bool,
    /// The last thing that the model was told we had said.
    told: String,
    /// What is being said was not said by this session.
    pub(super) says_anothers: bool,
    pub(super) out: VecDeque<RealtimeOutput>,
}

impl RealtimeCall {
    /// The model on the call of `net`: its session is set up at once. `limit`: how long it may keep the caller
    /// waiting. Must be called on a tokio runtime.
    pub fn new(model: Arc<RealtimeModel>, tools: Tools, net: CallNet, brief: Brief, limit: Duration) -> Self {
        let mut call = Self {
            model,
            net,
            tools,
            brief,
            limit,
            is_on: true,
            link: None,
            spare: None,
            retry: Retry::default(),
            log: Log::default(),
            open: None,
            finished: None,
            again: false,
            turns: Turns::default(),
            items: Items::default(),
            answer: None,
            active: None,
            asked: VecDeque::new(),
            wanted: None,
            using: Vec::new(),
            state: State::Listening,
            is_heard: false,
            told: String::new(),
            says_anothers: false,
            out: VecDeque::new(),
        };
        call.connect(CallTime(0), "start");
        call
    }

    fn is_local(&self) -> bool {
        self.model.settings.turn_detection == TurnDetection::Local
    }

    pub(super) fn send(&self, message: String) {
        // A session that takes nothing more is found to be lost when it is polled, or by the answer's limit.
        if let Some(link) = &self.link
            && let Err(refused) = link.send(message)
        {
            tracing::debug!(provider = NAME, %refused, "a message is lost");
        }
    }

    pub(super) fn commit(&mut self, turn: TurnId) {
        self.turns.commit_was_sent(turn);
        self.send(wire::commit());
        self.finish_turn(turn);
    }

    fn finish_turn(&mut self, turn: TurnId) {
        if let Some((turn, text)) = self.turns.finish(turn) {
            self.out.push_back(RealtimeOutput::Heard(turn, SttResult::Final(text)));
        }
    }

    /// Asks for a response, now or once the server is free.
    pub(super) fn ask(&mut self, turn: TurnId) {
        if self.active.is_some() || !self.asked.is_empty() {
            self.wanted = Some(turn);
            return;
        }
        self.asked.push_back(turn);
        self.send(wire::respond(turn));
    }

    fn check_limits(&mut self, now: CallTime) {
        let is_late = |answer: &Answer| answer.due.is_some_and(|due| now >= due);
        if self.answer.as_ref().is_some_and(is_late) {
            let (reason, what) = match self.answer.as_ref().is_some_and(|answer| answer.said) {
                true => (Reason::Stalled, "nothing more"),
                false => (Reason::Slow, "nothing"),
            };
            let detail = format!("{what} within {} ms", self.limit.as_millis());
            self.give_up(now, &ProviderError::new(NAME, Phase::Answer, reason, detail));
        }
    }
}

impl Realtime for RealtimeCall {
    fn start(&mut self, turn: TurnId, ulaw: &[u8]) {
        self.turns.begin(turn);
        self.open = Some(Voice { turn, ulaw: ulaw.to_vec() });
        self.finished = None;
        // A server that listens all the time has heard it, unless it is heard again.
        let again = std::mem::take(&mut self.again);
        if !ulaw.is_empty() && (self.is_local() || again) {
            self.send(wire::append(ulaw));
        }
    }

    fn audio(&mut self, frame: &SpeechFrame, turn: bool) {
        if turn && let Some(open) = &mut self.open {
            open.ulaw.extend_from_slice(frame);
        }
        let listens = self.link.as_ref().is_some_and(|link| link.is_live);
        if turn || (listens && !self.is_local()) {
            self.send(wire::append(frame));
        }
    }

    fn finish(&mut self, _now: CallTime, turn: TurnId) {
        let Some(open) = self.open.take_if(|open| open.turn == turn) else { return };
        self.finished = Some(open);
        if self.is_local() || !self.turns.has_item(turn) {
            self.commit(turn);
        } else {
            self.finish_turn(turn);
        }
    }

    fn cancel(&mut self, turn: TurnId) {
        if self.open.take_if(|open| open.turn == turn).is_some() {
            self.send(wire::clear());
        }
        self.again |= self.finished.take_if(|finished| finished.turn == turn).is_some();
        for item in self.turns.forget(turn) {
            self.send(wire::delete(&item));
        }
    }

    fn answer(&mut self, now: CallTime, turn: TurnId) {
        for message in self.items.settle() {
            metrics::counter!(numbers::CUT_OFF).increment(1);
            self.send(message);
        }
        self.answer = Some(Answer::new(turn, now + self.limit));
        self.ask(turn);
    }

    fn cancel_answer(&mut self, turn: TurnId) {
        self.wanted.take_if(|wanted| *wanted == turn);
        let Some(answer) = self.answer.take_if(|answer| answer.turn == turn) else { return };
        self.items.all_done();
        if let Some(response) = answer.response.filter(|response| self.active.as_ref() == Some(response)) {
            self.send(wire::cancel(&response));
        }
    }

    fn play(&mut self, utterance: UtteranceId, turn: TurnId, resumes: Option<UtteranceId>, from_ms: u64) {
        self.items.play(utterance, turn, resumes, from_ms);
    }

    fn cut_off(&mut self, utterance: UtteranceId, heard_ms: u64) {
        self.items.cut_off(utterance, heard_ms);
    }

    fn told(&mut self, text: &str) {
        text.clone_into(&mut self.told);
        self.send(wire::said(Speaker::Agent, text));
    }

    fn said(&mut self, speaker: Speaker, text: &str, interrupted: bool) {
        self.log.said(speaker, text, interrupted);
        let anothers = self.says_anothers && speaker == Speaker::Agent && self.told != text;
        if !self.is_on || anothers {
            self.send(wire::said(speaker, text));
        }
    }

    fn state(&mut self, state: State, turn: bool) {
        (self.state, self.is_heard) = (state, turn);
        if state == State::Listening {
            self.says_anothers = false;
        }
    }

    fn turn_patience(&self) -> Option<Duration> {
        self.model.settings.turn_detection.patience()
    }

    fn poll(&mut self, now: CallTime) -> Option<RealtimeOutput> {
        self.poll_links(now);
        self.poll_tools(now);
        self.check_limits(now);
        self.out.pop_front()
    }

    fn poll_speech(&mut self, utterance: UtteranceId) -> Option<TtsOutput> {
        self.items.poll(utterance)
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        self.answer.as_ref().and_then(|answer| answer.due)
    }
}
