//! The caller's turns as the server keeps them: which items they are, and their words.

use std::collections::VecDeque;

use crate::session::TurnId;

/// Turns remembered. Words that come later than that are nobody's.
const MOST: usize = 16;

#[derive(Debug)]
struct Heard {
    item: String,
    text: String,
    done: bool,
}

#[derive(Debug)]
struct Turn {
    id: TurnId,
    heard: Vec<Heard>,
    finished: bool,
    forgotten: bool,
    /// Its words were delivered, or are not wanted.
    settled: bool,
}

impl Turn {
    fn text(&self) -> String {
        let words = self.heard.iter().map(|heard| heard.text.trim()).filter(|text| !text.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }

    /// All its words, once there are no more to come.
    fn settle(&mut self) -> Option<(TurnId, String)> {
        let whole = self.finished && !self.heard.is_empty() && self.heard.iter().all(|heard| heard.done);
        if !whole || std::mem::replace(&mut self.settled, true) {
            return None;
        }
        Some((self.id, self.text()))
    }
}

/// An item of the caller's audio is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// We had asked for it.
    Asked,
    /// The server has decided that this turn is over.
    ByServer(TurnId),
    /// Nobody wants it any more.
    Unwanted,
}

/// The turns of one session.
#[derive(Debug, Default)]
pub(super) struct Turns {
    turns: VecDeque<Turn>,
    /// Turns whose item was asked for and is not there yet.
    commits: VecDeque<TurnId>,
}

impl Turns {
    fn turn(&mut self, id: TurnId) -> Option<&mut Turn> {
        self.turns.iter_mut().find(|turn| turn.id == id)
    }

    pub(super) fn begin(&mut self, id: TurnId) {
        if self.turns.len() == MOST {
            self.turns.pop_front();
        }
        let turn = Turn { id, heard: Vec::new(), finished: false, forgotten: false, settled: false };
        self.turns.push_back(turn);
    }

    /// The turn is over: its words, if all of them are there.
    pub(super) fn finish(&mut self, id: TurnId) -> Option<(TurnId, String)> {
        let turn = self.turn(id)?;
        turn.finished = true;
        turn.settle()
    }

    /// Has the server made an item of it?
    pub(super) fn has_item(&self, id: TurnId) -> bool {
        self.turns.iter().any(|turn| turn.id == id && !turn.heard.is_empty())
    }

    /// The server was asked to make an item of what it has heard.
    pub(super) fn commit_was_sent(&mut self, id: TurnId) {
        self.commits.push_back(id);
    }

    /// There was nothing to make an item of. Returns the turn.
    pub(super) fn commit_failed(&mut self) -> Option<TurnId> {
        let id = self.commits.pop_front()?;
        if let Some(turn) = self.turn(id) {
            turn.settled = true;
        }
        Some(id)
    }

    /// An item was made.
    pub(super) fn committed(&mut self, item: &str) -> Placed {
        let asked = self.commits.pop_front();
        let found = match asked {
            Some(id) => self.turn(id),
            None => self.turns.back_mut(),
        };
        let Some(turn) = found.filter(|turn| !turn.forgotten) else { return Placed::Unwanted };
        turn.heard.push(Heard { item: item.to_owned(), text: String::new(), done: false });
        match asked {
            Some(_) => Placed::Asked,
            None => Placed::ByServer(turn.id),
        }
    }

    fn of_item(&mut self, item: &str) -> Option<&mut Turn> {
        self.turns.iter_mut().find(|turn| !turn.settled && turn.heard.iter().any(|heard| heard.item == item))
    }

    /// More words of an item; returns the turn's so far.
    pub(super) fn heard_more(&mut self, item: &str, delta: &str) -> Option<(TurnId, String)> {
        let turn = self.of_item(item)?;
        let heard = turn.heard.iter_mut().find(|heard| heard.item == item)?;
        heard.text.push_str(delta);
        Some((turn.id, turn.text()))
    }

    /// An item's words; those heard so far where there are none to be had. Returns the turn's, once all are there.
    pub(super) fn heard(&mut self, item: &str, text: Option<&str>) -> Option<(TurnId, String)> {
        let turn = self.of_item(item)?;
        let heard = turn.heard.iter_mut().find(|heard| heard.item == item)?;
        if let Some(text) = text {
            text.clone_into(&mut heard.text);
        }
        heard.done = true;
        turn.settle()
    }

    /// Forgets the turn; returns its items.
    pub(super) fn forget(&mut self, id: TurnId) -> Vec<String> {
        let Some(turn) = self.turn(id) else { return Vec::new() };
        (turn.forgotten, turn.settled) = (true, true);
        turn.heard.iter().map(|heard| heard.item.clone()).collect()
    }

    /// The session is gone: turns whose words will not come.
    pub(super) fn lost(&mut self) -> Vec<TurnId> {
        self.commits.clear();
        let turns = std::mem::take(&mut self.turns);
        turns.into_iter().filter(|turn| turn.finished && !turn.settled).map(|turn| turn.id).collect()
    }

    /// Are there no words to come?
    pub(super) fn are_settled(&self) -> bool {
        self.commits.is_empty() && self.turns.iter().all(|turn| turn.settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: TurnId = TurnId(1);
    const TWO: TurnId = TurnId(2);

    /// S-AUD-003: words belong to the turn whose audio they were, whenever they come.
    #[test]
    fn words_find_their_turn() {
        let mut turns = Turns::default();
        for (id, item) in [(ONE, "a"), (TWO, "b")] {
            turns.begin(id);
            assert_eq!(turns.finish(id), None);
            turns.commit_was_sent(id);
            assert_eq!(turns.committed(item), Placed::Asked);
        }
        assert_eq!(turns.heard_more("a", "של"), Some((ONE, "של".into())));
        assert_eq!(turns.heard("b", Some("כן ")), Some((TWO, "כן".into())));
        assert!(!turns.are_settled());
        assert_eq!(turns.heard("a", Some("שלום")), Some((ONE, "שלום".into())));
        assert_eq!(turns.heard("a", Some("שלום")), None, "once");
        assert!(turns.are_settled());
    }

    /// S-AUD-010: the server may cut a turn in two before it is over; its words are one text.
    #[test]
    fn the_server_may_decide() {
        let mut turns = Turns::default();
        assert_eq!(turns.committed("x"), Placed::Unwanted);
        turns.begin(ONE);
        assert_eq!(turns.committed("a"), Placed::ByServer(ONE));
        assert_eq!(turns.heard("a", Some("אני")), None, "the turn goes on");
        assert_eq!(turns.committed("b"), Placed::ByServer(ONE));
        assert!(turns.has_item(ONE));
        assert_eq!(turns.finish(ONE), None);
        assert_eq!(turns.heard("b", Some("מחפש")), Some((ONE, "אני מחפש".into())));
    }

    #[test]
    fn what_is_forgotten_is_unwanted() {
        let mut turns = Turns::default();
        turns.begin(ONE);
        turns.finish(ONE);
        turns.commit_was_sent(ONE);
        assert_eq!(turns.forget(ONE), Vec::<String>::new());
        assert_eq!(turns.committed("a"), Placed::Unwanted);
        turns.begin(TWO);
        turns.finish(TWO);
        turns.commit_was_sent(TWO);
        assert_eq!(turns.committed("b"), Placed::Asked);
        assert_eq!(turns.lost(), [TWO]);
        assert!(turns.are_settled());
        turns.begin(ONE);
        turns.commit_was_sent(ONE);
        assert_eq!(turns.commit_failed(), Some(ONE));
    }
}
