//! Replies with fallbacks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crm_api::Speaker;

use super::{fell_back, is_open, reason_of};
use crate::providers::Llm;
use crate::providers::net::{Circuit, Health, Phase, Role};
use crate::session::{CallTime, LlmEvent, TurnId};

struct Member {
    name: &'static str,
    llm: Box<dyn Llm>,
    /// Absent where it cannot fail.
    health: Option<Arc<Health>>,
}

/// A reply that is awaited or being written.
struct Reply {
    turn: TurnId,
    index: u32,
    text: String,
    member: usize,
    /// Until when the first words must be there; none once they are. A writer that shows a sign of life has
    /// the limit once more.
    due: Option<CallTime>,
    alive: bool,
}

/// Several writers as one.
pub struct LlmChain {
    members: Vec<Member>,
    limit: Duration,
    /// The turn of which the first member writes a draft, and since when.
    draft: Option<(TurnId, CallTime)>,
    reply: Option<Reply>,
    /// All have failed.
    failed: Option<TurnId>,
}

impl std::fmt::Debug for LlmChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.members.iter().map(|member| member.name)).finish()
    }
}

impl LlmChain {
    /// A chain without members; each may take `limit` to its first words.
    pub fn new(limit: Duration) -> Self {
        Self { members: Vec::new(), limit, draft: None, reply: None, failed: None }
    }

    /// Adds the next fallback. Without a health it is taken to work always.
    pub fn push(&mut self, name: &'static str, llm: Box<dyn Llm>, health: Option<Arc<Health>>) {
        self.members.push(Member { name, llm, health });
    }

    /// Asks the first member from `first` on that may be asked.
    fn ask(&mut self, now: CallTime, mut reply: Reply, first: usize) {
        let Some(member) =
            (first..self.members.len()).find(|at| is_open(self.members[*at].health.as_deref()))
        else {
            self.failed = Some(reply.turn);
            return;
        };
        if first == 0 && member > 0 {
            let reason = reason_of(self.members[0].health.as_deref());
            fell_back(Role::Llm, self.members[0].name, self.members[member].name, reason);
        }
        reply.member = member;
        (reply.due, reply.alive) = (Some(now + self.limit), false);
        self.members[member].llm.reply(now, reply.turn, reply.index, &reply.text);
        self.reply = Some(reply);
    }

    /// Goes on with the next member.
    fn pass_on(&mut self, now: CallTime, reason: &'static str) {
        let Some(reply) = self.reply.take() else { return };
        let member = &mut self.members[reply.member];
        member.llm.cancel(reply.turn);
        let (from, next) = (member.name, reply.member + 1);
        fell_back(Role::Llm, from, self.members.get(next).map_or("none", |m| m.name), reason);
        self.ask(now, reply, next);
    }

    fn is_late(&self, now: CallTime) -> bool {
        self.reply.as_ref().is_some_and(|reply| reply.due.is_some_and(|due| now >= due))
    }
}

impl Llm for LlmChain {
    fn reply(&mut self, now: CallTime, turn: TurnId, index: u32, text: &str) {
        if let Some(old) = self.reply.take() {
            self.members[old.member].llm.cancel(old.turn);
        }
        self.failed = None;
        let mut reply = Reply { turn, index, text: text.to_owned(), member: 0, due: None, alive: false };
        match (self.draft.take(), self.members.first_mut()) {
            // It has had some of its time; one that failed begins anew.
            (Some((drafted, since)), Some(first)) if drafted == turn => {
                reply.due = Some((since + self.limit).max(now + self.limit / 2));
                first.llm.reply(now, turn, index, text);
                self.reply = Some(reply);
            }
            (drafted, first) => {
                if let (Some((other, _)), Some(first)) = (drafted, first) {
                    first.llm.cancel(other);
                }
                self.ask(now, reply, 0);
            }
        }
    }

    /// Only the preferred one begins early, and only while it works.
    fn draft(&mut self, now: CallTime, turn: TurnId, index: u32, text: &str) -> bool {
        let Some(first) = self.members.first_mut() else { return false };
        if let Some((other, _)) = self.draft.take() {
            first.llm.cancel(other);
        }
        let works = first.health.as_ref().is_none_or(|health| health.circuit() == Circuit::Closed);
        let begun = works && first.llm.draft(now, turn, index, text);
        self.draft = begun.then_some((turn, now));
        begun
    }

    fn cancel(&mut self, turn: TurnId) {
        if let (Some(_), Some(first)) =
            (self.draft.take_if(|(drafted, _)| *drafted == turn), self.members.first_mut())
        {
            first.llm.cancel(turn);
        }
        if let Some(reply) = self.reply.take_if(|reply| reply.turn == turn) {
            self.members[reply.member].llm.cancel(turn);
        }
        self.failed.take_if(|failed| *failed == turn);
    }

    fn said(&mut self, speaker: Speaker, text: &str, interrupted: bool) {
        for member in &mut self.members {
            member.llm.said(speaker, text, interrupted);
        }
    }

    fn poll(&mut self, now: CallTime) -> Option<(TurnId, LlmEvent)> {
        loop {
            if let Some(turn) = self.failed.take() {
                return Some((turn, LlmEvent::Failed));
            }
            // Every member is polled: one that is not asked may have work of its own.
            let mut event = None;
            for (at, member) in self.members.iter_mut().enumerate() {
                while let Some((turn, seen)) = member.llm.poll(now) {
                    if self.reply.as_ref().is_some_and(|reply| reply.member == at && reply.turn == turn) {
                        event = Some(seen);
                        break;
                    }
                }
                if event.is_some() {
                    break;
                }
            }
            let Some(event) = event else {
                if !self.is_late(now) {
                    return None;
                }
                let health = self.reply.as_ref().and_then(|r| self.members[r.member].health.as_ref());
                if let Some(health) = health {
                    health.was_late(Instant::now(), Phase::Answer, self.limit);
                }
                self.pass_on(now, "slow");
                continue;
            };
            let Some(reply) = &mut self.reply else { continue };
            let turn = reply.turn;
            match event {
                // Nothing was said yet: the next one may answer.
                LlmEvent::Failed if reply.due.is_some() => {
                    let reason = reason_of(self.members[reply.member].health.as_deref());
                    self.pass_on(now, reason);
                    continue;
                }
                LlmEvent::Failed | LlmEvent::Done { .. } => self.reply = None,
                // Its first word: a sentence takes a little longer.
                LlmEvent::Sentence(ref line) if line.is_empty() => {
                    if reply.due.is_some() && !std::mem::replace(&mut reply.alive, true) {
                        reply.due = Some(now + self.limit);
                    }
                    continue;
                }
                LlmEvent::Sentence(_) | LlmEvent::Spoken(_) | LlmEvent::Words(_) => reply.due = None,
            }
            return Some((turn, event));
        }
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        let members = self.members.iter().filter_map(|member| member.llm.poll_timeout());
        members.chain(self.reply.as_ref().and_then(|reply| reply.due)).min()
    }
}
