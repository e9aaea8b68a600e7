//! Replies begun before it is certain what the caller's turn will be: whoever writes them has a head start.
//!
//! A draft answers interim words that have not changed for a while and sound complete, or those that are known
//! when the turn's end is decided. [`Output::Reply`] takes it over where the final words are the same, and
//! [`Output::DropDraft`] ends it where they are not, or where there is no turn after all. Until it is taken over
//! it reaches neither the caller nor the transcript, and whoever writes it uses no tool.

use super::state::{Phase, join};
use super::{CallTime, Output, Session, Timer, TurnId};
use crate::words::{Ending, plain};

impl Session {
    /// The words of the turn that is not final yet.
    fn words_so_far(&self) -> Option<(TurnId, String)> {
        match &self.phase {
            Phase::Listening => {
                let segment = self.listening.segment.as_ref()?;
                let carried = self.listening.carried.as_ref().map_or("", |carried| &carried.text);
                Some((segment.turn, join(carried, &segment.partial)))
            }
            Phase::Thinking(thinking) if thinking.text.is_none() => {
                Some((thinking.turn, join(&thinking.carried, &thinking.partial)))
            }
            _ => None,
        }
    }

    /// The words have changed, or the turn's end was decided: the draft for other words is dropped, and one for
    /// these is begun at once where the turn is over, else once they have stood for a while.
    pub(super) fn consider_draft(&mut self, now: CallTime) {
        self.timers.stop(Timer::Draft);
        if self.direct {
            return;
        }
        let Some((turn, words)) = self.words_so_far() else { return };
        let compared = plain(&words);
        if self.drafts.open.as_ref().is_some_and(|(of, same)| *of == turn && *same == compared) {
            return;
        }
        self.drop_draft();
        if compared.is_empty() {
            return;
        }
        if matches!(self.phase, Phase::Thinking(_)) {
            self.begin_draft(turn, words, compared, 0);
        } else if matches!(self.ending_of(&words), Ending::Question | Ending::Complete) {
            self.timers.set(Timer::Draft, now + self.config.draft_after);
        }
    }

    /// The words have not changed for a while. The last draft is kept for the turn's end.
    pub(super) fn on_stable_words(&mut self) {
        let Some((turn, words)) = self.words_so_far() else { return };
        let compared = plain(&words);
        self.begin_draft(turn, words, compared, 1);
    }

    fn begin_draft(&mut self, turn: TurnId, text: String, compared: String, kept: u32) {
        if self.drafts.begun + kept >= self.config.max_drafts {
            return;
        }
        self.drafts.begun += 1;
        self.drafts.open = Some((turn, compared));
        self.out.push_back(Output::Draft { turn, index: self.completed, text });
    }

    /// The draft is of no use any more.
    pub(super) fn drop_draft(&mut self) {
        self.timers.stop(Timer::Draft);
        if let Some((turn, _)) = self.drafts.open.take() {
            self.out.push_back(Output::DropDraft { turn });
        }
    }

    /// The final words are these. A draft for the same goes over into the reply that is asked for next.
    pub(super) fn settle_draft(&mut self, turn: TurnId, words: &str) {
        self.timers.stop(Timer::Draft);
        let same = plain(words);
        if self.drafts.open.take_if(|(of, compared)| *of == turn && *compared == same).is_none() {
            self.drop_draft();
        }
    }

    /// The caller's turn is part of the conversation, or was none: the next one may have as many.
    pub(super) fn reset_drafts(&mut self) {
        self.drop_draft();
        self.drafts.begun = 0;
    }
}
