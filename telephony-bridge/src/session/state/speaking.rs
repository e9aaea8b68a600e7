//! A reply being spoken, and what is left of it when the floor is taken.

use std::collections::VecDeque;

use super::thinking::Thinking;
use super::utterance::{Piece, Utterance};
use crate::session::id::TurnId;

/// A reply being spoken.
#[derive(Debug)]
pub(in crate::session) struct Speaking {
    pub(in crate::session) turn: TurnId,
    /// In order of play; the front one is being heard.
    pub(in crate::session) queue: VecDeque<Utterance>,
    /// No further sentence will come.
    pub(in crate::session) reply_done: bool,
    pub(in crate::session) afterwards: Afterwards,
    /// The caller's turn this answers, until the caller hears the first of it: whoever goes on
    /// before that has not finished the turn.
    pub(in crate::session) unheard: Option<Thinking>,
}

impl Speaking {
    /// Everything was heard and more is to come?
    pub(in crate::session) fn is_waiting(&self) -> bool {
        self.queue.is_empty() && !self.reply_done
    }
}

/// What follows a reply once it was heard. The greater wins where a reply asks for two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::session) enum Afterwards {
    /// The caller has the floor.
    #[default]
    Listen,
    /// The call ends.
    HangUp,
    /// The call goes to a person.
    Transfer,
}

impl Afterwards {
    pub(in crate::session) const fn of(hang_up: bool, transfer: bool) -> Self {
        match (transfer, hang_up) {
            (true, _) => Self::Transfer,
            (false, true) => Self::HangUp,
            (false, false) => Self::Listen,
        }
    }
}

/// What the agent was saying when it yielded.
#[derive(Debug)]
pub(in crate::session) struct Interrupted {
    pub(in crate::session) piece: Piece,
    pub(in crate::session) heard_ms: u64,
    /// What was to follow.
    pub(in crate::session) rest: Vec<Piece>,
    pub(in crate::session) afterwards: Afterwards,
}
