//! Replies begun early, and what must hold of them.

use std::collections::{HashMap, HashSet};

use telephony_bridge::session::{SessionConfig, TurnId};
use telephony_bridge::words::plain;

/// What is known of them in one call.
#[derive(Default)]
pub(super) struct Early {
    open: Option<(TurnId, String)>,
    begun: HashMap<TurnId, u32>,
    asked: HashSet<TurnId>,
    broken: Option<String>,
    /// Taken over by a reply.
    pub(super) adopted: u64,
    /// Begun for nothing.
    pub(super) wasted: u64,
}

impl Early {
    pub(super) fn drafted(&mut self, turn: TurnId, words: &str) {
        let begun = self.begun.entry(turn).or_default();
        *begun += 1;
        let most = SessionConfig::live().max_drafts;
        if *begun > most {
            self.broken = Some(format!("{turn} has more than {most} drafts"));
        }
        if let Some((other, _)) = self.open.replace((turn, plain(words))) {
            self.broken = Some(format!("a draft of {turn} is begun beside that of {other}"));
        }
    }

    pub(super) fn dropped(&mut self, turn: TurnId) {
        match self.open.take_if(|(of, _)| *of == turn) {
            Some(_) => self.wasted += 1,
            None => self.broken = Some(format!("a draft of {turn} is dropped that there is not")),
        }
    }

    /// A reply is asked for: the draft that there is must be one to the same words.
    pub(super) fn asked(&mut self, turn: TurnId, words: &str) {
        self.asked.insert(turn);
        let Some((of, drafted)) = self.open.take() else { return };
        if of != turn || drafted != plain(words) {
            self.broken =
                Some(format!("{words:?} of {turn} is answered by the draft for {drafted:?} of {of}"));
        }
        self.adopted += 1;
    }

    /// Something of a reply shows.
    pub(super) fn answered(&mut self, turn: TurnId) {
        if !self.asked.contains(&turn) {
            self.broken = Some(format!("a draft of {turn} shows before it is asked for"));
        }
    }

    pub(super) fn must_hold(&self) -> Result<(), String> {
        self.broken.clone().map_or(Ok(()), Err)
    }
}
