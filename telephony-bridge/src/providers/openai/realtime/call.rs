//! A call's end of it: what the session's driver gives and polls.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crm_api::Speaker;

use super::answer::{Answer, Using};
use super::items::Items;
use super::link::{Link, Retry};
use super::log::Log;
use super::task::{Report, reason_of};
use super::turns::{Placed, Turns};
use super::wire::{self, Event};
use super::{RealtimeModel, TurnDetection};
use crate::providers::chain::{fell_back, is_open};
use crate::providers::net::{CallNet, Phase, ProviderError, Reason, Role, numbers};
use crate::providers::openai::{NAME, Tools};
use crate::providers::{Realtime, RealtimeOutput, SpeechFrame, SttResult, TtsOutput};
use crate::session::{CallTime, State, TurnId, UtteranceId};
use crate::speech_text::Gender;

/// After it was given up, a model is tried again after so long.
const COME_BACK: Duration = Duration::from_secs(4);

/// What the model is told of the business.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brief {
    /// Who it is and how it speaks.
    pub instructions: String,
    /// What whoever writes down the caller's words may expect to hear; may be empty.
    pub expected: String,
    /// How the bridge's own lines in between speak of the agent.
    pub gender: Gender,
}

/// The caller's audio of a turn: another session must hear it again.
#[derive(Debug)]
pub(super) struct Voice {
    turn: TurnId,
    ulaw: Vec<u8>,
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
    is_on: bool,
    link: Option<Link>,
    /// The session that will follow.
    spare: Option<Link>,
    retry: Retry,
    log: Log,
    /// The turn being heard.
    open: Option<Voice>,
    /// The last one, until it is answered.
    pub(super) finished: Option<Voice>,
    /// The next turn begins with what was heard before and forgotten.
    again: bool,
    turns: Turns,
    pub(super) items: Items,
    pub(super) answer: Option<Answer>,
    /// The response the server is at.
    pub(super) active: Option<String>,
    /// Responses asked for that have not begun.
    pub(super) asked: VecDeque<TurnId>,
    /// To be asked for once the server is free.
    pub(super) wanted: Option<TurnId>,
    pub(super) using: Vec<Using>,
    state: State,
    /// The caller is being heard, by us or by the chain.
    is_heard: bool,
    /// The last thing that the model was told we had said.
    told: String,
    /// What is being said was not said by this session.
    says_anothers: bool,
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

    /// Settings, and what was said.
    fn first_messages(&self) -> (Vec<String>, usize) {
        let update = wire::session_update(&self.model.settings, &self.brief, &self.tools.described());
        let messages = std::iter::once(update).chain(self.log.messages(0)).collect();
        (messages, self.log.len())
    }

    /// Sets a session up that knows what was said and hears the turn at hand again.
    fn connect(&mut self, now: CallTime, why: &'static str) {
        self.retry.next(now);
        self.link = Some(Link::open(&self.model, &self.net, now, self.first_messages(), why));
        self.begin_session();
        if let Some(finished) = self.finished.take() {
            self.turns.begin(finished.turn);
            self.send(wire::append(&finished.ulaw));
            self.commit(finished.turn);
            self.finished = Some(finished);
        }
        if let Some(open) = &self.open {
            self.turns.begin(open.turn);
            self.send(wire::append(&open.ulaw));
        }
        if let Some(turn) = self.answer.as_ref().map(|answer| answer.turn) {
            self.ask(turn);
        }
    }

    /// Nothing of the last session counts any more.
    fn begin_session(&mut self) {
        for turn in self.turns.lost() {
            self.out.push_back(RealtimeOutput::Heard(turn, SttResult::Failed));
        }
        self.items.forget_session();
        (self.active, self.wanted) = (None, None);
        self.asked.clear();
        self.says_anothers = self.state == State::Speaking;
    }

    fn commit(&mut self, turn: TurnId) {
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

    /// The caller shall not wait: the chain goes on.
    pub(super) fn give_up(&mut self, now: CallTime, error: &ProviderError) {
        self.model.health().failed(Instant::now(), error);
        self.without_model(now, error.reason.as_str());
    }

    fn without_model(&mut self, now: CallTime, reason: &'static str) {
        let at_hand = [&self.open, &self.finished].map(|voice| voice.as_ref().map(|voice| voice.turn));
        self.link = None;
        self.spare = None;
        self.begin_session();
        self.items.all_done();
        (self.answer, self.open, self.finished) = (None, None, None);
        self.using.clear();
        self.retry.at = self.retry.at.max(now + COME_BACK);
        if std::mem::replace(&mut self.is_on, false) {
            fell_back(Role::Realtime, NAME, "chain", reason);
            // The chain hears the turn at hand again.
            self.out.retain(
                |output| !matches!(output, RealtimeOutput::Heard(turn, _) if at_hand.contains(&Some(*turn))),
            );
            self.out.push_back(RealtimeOutput::Direct(false));
        }
    }

    fn on_lost(&mut self, now: CallTime, error: &ProviderError) {
        self.model.health().failed(Instant::now(), error);
        if self.is_on && self.answer.is_some() {
            // An answer that is complete on our side would have ended it.
            return self.without_model(now, error.reason.as_str());
        }
        self.link = None;
        self.items.all_done();
        match self.spare.take() {
            Some(spare) => self.take_over(spare),
            None => self.begin_session(),
        }
    }

    /// The next session takes the place of the one at hand.
    fn take_over(&mut self, spare: Link) {
        let told = spare.told;
        self.link = Some(spare);
        self.begin_session();
        for message in self.log.messages(told).collect::<Vec<_>>() {
            self.send(message);
        }
    }

    /// Nobody speaks, and nothing is awaited.
    fn is_quiet(&self) -> bool {
        self.state == State::Listening
            && !self.is_heard
            && self.answer.is_none()
            && self.using.is_empty()
            && self.turns.are_settled()
    }

    fn poll_links(&mut self, now: CallTime) {
        while let Some(report) = self.link.as_mut().and_then(Link::poll) {
            match report {
                Report::Live { expires_at } => {
                    if let Some(link) = &mut self.link {
                        link.live(now, expires_at);
                    }
                    self.model.health().succeeded();
                    self.retry.reset();
                }
                Report::Event(event) => self.on_event(now, event),
                Report::Lost(error) => self.on_lost(now, &error),
            }
        }
        match self.spare.as_mut().and_then(Link::poll) {
            Some(Report::Live { expires_at }) => {
                if let Some(spare) = &mut self.spare {
                    spare.live(now, expires_at);
                }
            }
            Some(Report::Lost(error)) => {
                self.model.health().failed(Instant::now(), &error);
                self.spare = None;
                self.retry.next(now);
            }
            Some(Report::Event(_)) | None => {}
        }
        self.keep_connected(now);
    }

    /// Sets sessions up where they are wanted, and puts them to work at quiet moments.
    fn keep_connected(&mut self, now: CallTime) {
        let may_try = now >= self.retry.at && is_open(Some(self.model.health()));
        match &self.link {
            None if may_try => self.connect(now, "again"),
            // Nothing is to be expected of it, and the caller speaks or waits.
            None if self.is_on && (self.open.is_some() || self.answer.is_some()) => {
                let reason = self.model.health().last_reason().map_or("failed", Reason::as_str);
                self.without_model(now, reason);
            }
            Some(link) if !self.is_on && link.is_live && self.is_quiet() => {
                self.is_on = true;
                self.out.push_back(RealtimeOutput::Direct(true));
            }
            Some(link) if link.is_live && now >= link.until && self.spare.is_none() && may_try => {
                let first = self.first_messages();
                self.spare = Some(Link::open(&self.model, &self.net, now, first, "rollover"));
            }
            None | Some(_) => {}
        }
        if self.is_quiet()
            && let Some(spare) = self.spare.take_if(|spare| spare.is_live)
        {
            self.take_over(spare);
        }
    }

    fn on_event(&mut self, now: CallTime, event: Event) {
        match event {
            Event::Committed { item } => match self.turns.committed(&item) {
                Placed::Asked => {}
                Placed::ByServer(turn) => {
                    self.out.push_back(RealtimeOutput::Heard(turn, SttResult::TurnOver));
                }
                Placed::Unwanted => self.send(wire::delete(&item)),
            },
            Event::HeardMore { item, delta } => {
                if let Some((turn, text)) = self.turns.heard_more(&item, &delta) {
                    self.out.push_back(RealtimeOutput::Heard(turn, SttResult::Partial(text)));
                }
            }
            Event::Heard { item, text } => self.on_words(&item, Some(&text)),
            Event::NotHeard { item, why } => {
                tracing::warn!(provider = NAME, why, "the caller's words are not written down");
                self.on_words(&item, None);
            }
            Event::Begun { response, turn } => self.on_begun(response, turn),
            Event::Audio { response, item, ulaw } => self.on_audio(now, &response, &item, &ulaw),
            Event::AudioDone { response, item } => self.on_audio_done(now, &response, &item),
            Event::Words { response, item, delta } => self.on_response_words(now, &response, &item, delta),
            Event::Done { response, status, detail, calls, tokens } => {
                Self::count_tokens(tokens);
                self.on_done(now, &response, (status, &detail), calls);
            }
            Event::Error { kind, code, message } => self.on_error(now, &kind, &code, &message),
            Event::Session { .. } | Event::Other => {}
        }
    }

    fn on_words(&mut self, item: &str, text: Option<&str>) {
        if let Some((turn, text)) = self.turns.heard(item, text) {
            self.out.push_back(RealtimeOutput::Heard(turn, SttResult::Final(text)));
        }
    }

    /// Most errors say that a message came too late. Some end the session.
    fn on_error(&mut self, now: CallTime, kind: &str, code: &str, message: &str) {
        if let Some(reason) = reason_of(kind, code) {
            let detail = format!("{kind} {code}: {message}");
            return self.on_lost(now, &ProviderError::new(NAME, Phase::Answer, reason, detail));
        }
        tracing::debug!(provider = NAME, kind, code, message, "refused");
        match code {
            "input_audio_buffer_commit_empty" => {
                if let Some(turn) = self.turns.commit_failed() {
                    self.out.push_back(RealtimeOutput::Heard(turn, SttResult::Final(String::new())));
                }
            }
            // It is asked for again once the server says that it is free.
            "conversation_already_has_active_response" => self.wanted = self.asked.pop_front(),
            _ => {}
        }
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
