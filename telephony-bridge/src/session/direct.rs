//! Speech to speech: a model answers from the caller's voice, and the words of the turn come later.
//!
//! The order of the transcript is that of the conversation: what was heard after a turn whose words are not
//! known yet waits for them, for a while. When the model is there no longer, the turn at hand is recognised
//! and answered in the usual way, from wherever it stands.

use crm_api::Speaker;

use super::state::{Afterwards, Phase, Thinking, Waiting, join};
use super::transcript::Entry;
use super::{CallTime, Output, Provider, Session, SttEvent, Timer, TurnId};

impl Session {
    /// Has the model answer the turn from the caller's voice.
    pub(super) fn answer(&mut self, now: CallTime) {
        let Phase::Thinking(thinking) = &mut self.phase else { return };
        thinking.answering = true;
        let turn = thinking.turn;
        self.timers.stop(Timer::SttFinal);
        self.timers.set(Timer::Reply, now + self.config.reply_timeout);
        self.out.push_back(Output::Answer { turn, index: self.completed });
    }

    /// A noise that cut the agent off: the model need not know it.
    pub(super) fn forget_noise(&mut self) {
        if let Phase::Thinking(thinking) = &self.phase
            && self.direct
        {
            self.out.push_back(Output::SttCancel { turn: thinking.turn });
        }
    }

    /// Words of a turn that is being answered, or was.
    pub(super) fn on_late_words(&mut self, now: CallTime, turn: TurnId, event: SttEvent<'_>) {
        let answered = match &mut self.phase {
            Phase::Thinking(thinking) if thinking.answering => Some(thinking),
            Phase::Speaking(speaking) => speaking.unheard.as_mut(),
            _ => None,
        };
        let waiting = self.waiting.iter_mut().filter_map(|waiting| match waiting {
            Waiting::Turn(thinking) => Some(thinking),
            Waiting::Said(_) => None,
        });
        let is_its = |thinking: &&mut Thinking| thinking.turn == turn && thinking.text.is_none();
        let Some(thinking) = answered.into_iter().chain(waiting).find(is_its) else {
            self.stale += 1;
            return;
        };
        match event {
            SttEvent::Partial(text) => return text.clone_into(&mut thinking.partial),
            SttEvent::TurnOver => return,
            SttEvent::Final(text) => thinking.text = Some(join(&thinking.carried, text)),
            SttEvent::Failed => {
                thinking.text = Some(join(&thinking.carried, &thinking.partial));
                self.out.push_back(Output::Degraded(Provider::Stt));
            }
        }
        self.settle(now);
    }

    /// The turn becomes part of the conversation once its words are there.
    pub(super) fn wait_for_words(&mut self, thinking: Thinking) {
        if self.waiting.is_empty() {
            self.timers.set(Timer::Words, thinking.end + self.config.words_timeout);
        }
        self.waiting.push_back(Waiting::Turn(thinking));
    }

    /// The words do not come: those that are known must do.
    pub(super) fn on_words_overdue(&mut self, now: CallTime) {
        if let Some(Waiting::Turn(thinking)) = self.waiting.front_mut() {
            thinking.text = Some(join(&thinking.carried, &thinking.partial));
            self.out.push_back(Output::Degraded(Provider::Stt));
        }
        self.settle(now);
    }

    /// The call is over: whatever is known is written down.
    pub(super) fn settle_all(&mut self, now: CallTime) {
        self.reheard = None;
        for waiting in &mut self.waiting {
            if let Waiting::Turn(thinking) = waiting {
                thinking.text.get_or_insert_with(|| join(&thinking.carried, &thinking.partial));
            }
        }
        self.settle(now);
    }

    /// Writes down what waits for nothing any more.
    fn settle(&mut self, now: CallTime) {
        while let Some(waiting) = self.waiting.pop_front() {
            match waiting {
                Waiting::Turn(thinking) if thinking.text.is_none() => {
                    self.timers.set(Timer::Words, thinking.end + self.config.words_timeout);
                    self.waiting.push_front(Waiting::Turn(thinking));
                    return;
                }
                Waiting::Turn(thinking) => {
                    let (turn, start, end) = (thinking.turn, thinking.start, thinking.end);
                    let text = thinking.words();
                    if !text.is_empty() {
                        self.reprompts = 0;
                        self.known = Some((turn, text.clone()));
                        self.write_down(Entry {
                            speaker: Speaker::Caller,
                            text,
                            start,
                            end,
                            interrupted: false,
                        });
                    }
                }
                Waiting::Said(entry) => self.write_down(entry),
            }
        }
        self.timers.stop(Timer::Words);
        self.answer_again(now);
    }

    /// Has the chain answer a turn once more whose answer broke off, if its words are there by now.
    fn answer_again(&mut self, now: CallTime) {
        let Some(turn) = self.reheard.take() else { return };
        let Phase::Speaking(speaking) = &self.phase else { return };
        if speaking.turn != turn || speaking.reply_done {
            return;
        }
        match self.known.clone().filter(|(known, _)| *known == turn) {
            Some((_, text)) => {
                if speaking.is_waiting() {
                    self.timers.set(Timer::Reply, now + self.config.reply_timeout);
                }
                let index = self.completed.saturating_sub(1);
                self.out.push_back(Output::Reply { turn, index, text });
            }
            None => {
                let line = self.config.reprompt.clone();
                self.add_sentence(now, line.into());
                self.reply_is_done(now, Afterwards::Listen);
            }
        }
    }

    /// The model is there, or is there no longer.
    pub(super) fn on_direct(&mut self, now: CallTime, direct: bool) {
        if self.direct == direct {
            self.stale += 1;
            return;
        }
        self.direct = direct;
        if direct {
            return;
        }
        self.out.push_back(Output::Degraded(Provider::Realtime));
        let unfinished = |phase: &Phase| matches!(phase, Phase::Speaking(speaking) if !speaking.reply_done);
        if self.reply_is_unheard()
            && unfinished(&self.phase)
            && let Some(thinking) = self.retract_reply()
        {
            self.set_phase(Phase::Thinking(thinking));
        }
        match &mut self.phase {
            Phase::Listening => {
                if let Some(segment) = &self.listening.segment {
                    self.out.push_back(Output::SttStart { turn: segment.turn, from: segment.onset });
                }
            }
            Phase::Thinking(thinking) => {
                let turn = thinking.turn;
                thinking.answering = false;
                // What was not understood is heard again.
                match thinking.text.take().filter(|text| !text.is_empty()) {
                    Some(text) => {
                        thinking.text = Some(text.clone());
                        self.timers.set(Timer::Reply, now + self.config.reply_timeout);
                        self.out.push_back(Output::Reply { turn, index: self.completed, text });
                    }
                    None => {
                        let from = thinking.onset;
                        self.timers.stop(Timer::Reply);
                        self.timers.set(Timer::SttFinal, now + self.config.stt_timeout);
                        self.out.push_back(Output::SttStart { turn, from });
                        self.out.push_back(Output::SttFinish { turn });
                    }
                }
            }
            // It broke off: the answer follows once more, whole, once it is known to what.
            Phase::Speaking(speaking) if !speaking.reply_done => {
                let turn = speaking.turn;
                self.reheard = Some(turn);
                let unknown = self.waiting.iter().find_map(|waiting| match waiting {
                    Waiting::Turn(thinking) if thinking.turn == turn => Some(thinking.onset),
                    _ => None,
                });
                match unknown.filter(|_| !self.listening.is_open()) {
                    Some(from) => {
                        self.out.push_back(Output::SttStart { turn, from });
                        self.out.push_back(Output::SttFinish { turn });
                    }
                    None => self.answer_again(now),
                }
            }
            Phase::Speaking(_) | Phase::Ended => {}
        }
    }
}
