//! The sessions of a call: one at work, perhaps the one that will follow, and none while the chain answers.

use std::time::{Duration, Instant};

use super::call::RealtimeCall;
use super::link::Link;
use super::task::Report;
use super::wire;
use crate::providers::RealtimeOutput;
use crate::providers::SttResult;
use crate::providers::chain::{fell_back, is_open};
use crate::providers::net::{ProviderError, Reason, Role};
use crate::providers::openai::NAME;
use crate::session::{CallTime, State};

/// After it was given up, a model is tried again after so long.
const COME_BACK: Duration = Duration::from_secs(4);

impl RealtimeCall {
    /// Settings, and what was said.
    fn first_messages(&self) -> (Vec<String>, usize) {
        let update = wire::session_update(&self.model.settings, &self.brief, &self.tools.described());
        let messages = std::iter::once(update).chain(self.log.messages(0)).collect();
        (messages, self.log.len())
    }

    /// Sets a session up that knows what was said and hears the turn at hand again.
    pub(super) fn connect(&mut self, now: CallTime, why: &'static str) {
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

    pub(super) fn on_lost(&mut self, now: CallTime, error: &ProviderError) {
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

    pub(super) fn poll_links(&mut self, now: CallTime) {
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
}
