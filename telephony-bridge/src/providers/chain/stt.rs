//! Recognition with fallbacks: who takes over in the middle of a turn hears it from its beginning.

use std::sync::Arc;
use std::time::{Duration, Instant};

use audio_core::frame::{CleanFrame, FRAME_SAMPLES, SampleTime};

use super::{fell_back, is_open, reason_of};
use crate::providers::net::{Health, History, Phase, Role};
use crate::providers::{Stt, SttResult};
use crate::session::{CallTime, TurnId};

/// Line kept while nobody speaks.
const IDLE: Duration = Duration::from_secs(3);
/// Longest turn that somebody who takes over hears the whole of.
const LONGEST: Duration = Duration::from_secs(60);
/// Line before a turn's first sample that providers take too: 500 ms.
const LOOK_BACK: u64 = 4_000;

struct Member {
    name: &'static str,
    stt: Box<dyn Stt>,
    /// Absent where it cannot fail.
    health: Option<Arc<Health>>,
    /// First sample it has not heard.
    heard: u64,
}

impl Member {
    fn audio(&mut self, frame: &CleanFrame) {
        if frame.at.0 >= self.heard {
            self.heard = frame.at.0 + FRAME_SAMPLES as u64;
            self.stt.audio(frame);
        }
    }
}

/// The turn being recognised.
struct Turn {
    id: TurnId,
    from: SampleTime,
    /// Who recognises it; none once all have failed.
    member: Option<usize>,
    finished: bool,
    /// Until when the last words must be there.
    due: Option<CallTime>,
    interim: String,
}

/// Several recognisers as one.
///
/// The member in charge gets the line all the time; one that takes over gets what the turn held so far in
/// one burst, then [`Stt::start`], then the rest as it comes.
pub struct SttChain {
    members: Vec<Member>,
    limit: Duration,
    history: History,
    turn: Option<Turn>,
    /// Who gets the line.
    charge: usize,
    failed: Option<TurnId>,
}

impl std::fmt::Debug for SttChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.members.iter().map(|member| member.name)).finish()
    }
}

impl SttChain {
    /// A chain without members; each may take `limit` from a turn's end to its last words.
    pub fn new(limit: Duration) -> Self {
        let history = History::new(IDLE, LONGEST);
        Self { members: Vec::new(), limit, history, turn: None, charge: 0, failed: None }
    }

    /// Adds the next fallback. Without a health it is taken to work always.
    pub fn push(&mut self, name: &'static str, stt: Box<dyn Stt>, health: Option<Arc<Health>>) {
        self.members.push(Member { name, stt, health, heard: 0 });
    }

    /// Puts the first member from `first` on that may be asked in charge of the turn.
    fn put_in_charge(&mut self, now: Option<CallTime>, first: usize) {
        let Some(turn) = &mut self.turn else { return };
        let found = (first..self.members.len()).find(|at| is_open(self.members[*at].health.as_deref()));
        turn.member = found;
        let Some(at) = found else {
            self.failed = Some(turn.id);
            return;
        };
        if first == 0 && at > 0 {
            let reason = reason_of(self.members[0].health.as_deref());
            fell_back(Role::Stt, self.members[0].name, self.members[at].name, reason);
        }
        self.charge = at;
        let member = &mut self.members[at];
        self.history.since(turn.from.saturating_sub(LOOK_BACK)).for_each(|frame| member.audio(frame));
        member.stt.start(turn.id, turn.from);
        if let Some(now) = now.filter(|_| turn.finished) {
            turn.due = Some(now + self.limit);
            member.stt.finish(now, turn.id);
        }
    }

    /// Goes on with the next member.
    fn pass_on(&mut self, now: CallTime, reason: &'static str) {
        let Some(turn) = &mut self.turn else { return };
        let Some(at) = turn.member else { return };
        let member = &mut self.members[at];
        member.stt.cancel(turn.id);
        let from = member.name;
        fell_back(Role::Stt, from, self.members.get(at + 1).map_or("none", |m| m.name), reason);
        self.put_in_charge(Some(now), at + 1);
    }

    fn end(&mut self) {
        self.turn = None;
        self.history.release();
    }

    /// The last words are overdue: interim ones do, else the next member is asked.
    fn overdue(&mut self, now: CallTime) -> Option<(TurnId, SttResult)> {
        let turn = self.turn.as_mut()?;
        let at = turn.member?;
        turn.due = None;
        if let Some(health) = &self.members[at].health {
            health.was_late(Instant::now(), Phase::Answer, self.limit);
        }
        if turn.interim.trim().is_empty() {
            self.pass_on(now, "slow");
            return None;
        }
        let (id, words) = (turn.id, std::mem::take(&mut turn.interim));
        self.members[at].stt.cancel(id);
        fell_back(Role::Stt, self.members[at].name, "interim", "slow");
        self.end();
        Some((id, SttResult::Final(words)))
    }
}

impl Stt for SttChain {
    fn start(&mut self, turn: TurnId, from: SampleTime) {
        if let Some(old) = self.turn.take()
            && let Some(at) = old.member
        {
            self.members[at].stt.cancel(old.id);
        }
        self.failed = None;
        self.history.hold(from.saturating_sub(LOOK_BACK));
        let turn = Turn { id: turn, from, member: None, finished: false, due: None, interim: String::new() };
        self.turn = Some(turn);
        self.put_in_charge(None, 0);
    }

    fn audio(&mut self, frame: &CleanFrame) {
        // Without a fallback nobody will ask for it.
        if self.members.len() > 1 {
            self.history.push(frame);
        }
        if let Some(member) = self.members.get_mut(self.charge) {
            member.audio(frame);
        }
    }

    fn finish(&mut self, now: CallTime, turn: TurnId) {
        let Some(open) = self.turn.as_mut().filter(|open| open.id == turn) else { return };
        open.finished = true;
        match open.member {
            Some(at) => {
                open.due = Some(now + self.limit);
                self.members[at].stt.finish(now, turn);
            }
            // All have failed before: the session shall know now.
            None => self.failed = Some(turn),
        }
    }

    fn cancel(&mut self, turn: TurnId) {
        self.failed.take_if(|failed| *failed == turn);
        if let Some(open) = self.turn.take_if(|open| open.id == turn) {
            if let Some(at) = open.member {
                self.members[at].stt.cancel(turn);
            }
            self.end();
        }
    }

    fn poll(&mut self, now: CallTime) -> Option<(TurnId, SttResult)> {
        loop {
            if let Some(turn) = self.failed.take() {
                if self.turn.as_ref().is_some_and(|open| open.finished) {
                    self.end();
                }
                return Some((turn, SttResult::Failed));
            }
            let mut result = None;
            for (at, member) in self.members.iter_mut().enumerate() {
                while let Some((id, seen)) = member.stt.poll(now) {
                    if self.turn.as_ref().is_some_and(|turn| turn.id == id && turn.member == Some(at)) {
                        result = Some((id, seen, at));
                        break;
                    }
                }
                if result.is_some() {
                    break;
                }
            }
            match result {
                Some((id, SttResult::Partial(words), _)) => {
                    if let Some(turn) = &mut self.turn {
                        turn.interim.clone_from(&words);
                    }
                    return Some((id, SttResult::Partial(words)));
                }
                Some((id, SttResult::Final(words), _)) => {
                    // A final before the turn is over is one of several: more may follow.
                    if self.turn.as_ref().is_some_and(|turn| turn.finished) {
                        self.end();
                    } else if let Some(turn) = &mut self.turn {
                        turn.interim.clone_from(&words);
                    }
                    return Some((id, SttResult::Final(words)));
                }
                Some((id, SttResult::TurnOver, _)) => return Some((id, SttResult::TurnOver)),
                Some((_, SttResult::Failed, at)) => {
                    let reason = reason_of(self.members[at].health.as_deref());
                    self.pass_on(now, reason);
                }
                None => {
                    let late = |turn: &Turn| turn.due.is_some_and(|due| now >= due);
                    if !self.turn.as_ref().is_some_and(late) {
                        return None;
                    }
                    if let Some(result) = self.overdue(now) {
                        return Some(result);
                    }
                }
            }
        }
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        let members = self.members.iter().filter_map(|member| member.stt.poll_timeout());
        members.chain(self.turn.as_ref().and_then(|turn| turn.due)).min()
    }
}
