//! Between the caller's last word and the agent's first: final words, then the reply.

use audio_core::frame::SampleTime;
use crm_api::{CallEventKind, Speaker};

use super::state::{Afterwards, Carried, Phase, Saying, Thinking, Waiting, call_time, join};
use super::transcript::Entry;
use super::{CallTime, Line, LlmEvent, Output, Provider, Session, State, Timer, TurnId};

impl Session {
    /// The final words are there.
    pub(super) fn on_words(&mut self, now: CallTime, words: &str) {
        let Phase::Thinking(thinking) = &self.phase else { return };
        let text = join(&thinking.carried, words);
        let (from, to) = (call_time(thinking.onset), thinking.end);
        let listened = thinking.carried.is_empty() && self.only_listened(&text, from, to);
        self.timers.stop(Timer::SttFinal);
        if text.is_empty() || listened || self.wants_no_floor(&text) {
            return self.on_no_words(now);
        }
        if self.is_in_mid_speech(now) {
            return self.speech_goes_on(now, text);
        }
        let Phase::Thinking(thinking) = &mut self.phase else { return };
        self.listening.interrupted = None;
        self.reprompts = 0;
        thinking.text = Some(text.clone());
        let turn = thinking.turn;
        self.settle_draft(turn, &text);
        self.timers.set(Timer::Reply, now + self.config.reply_timeout);
        self.out.push_back(Output::Reply { turn, index: self.completed, text });
    }

    /// Was the recogniser asked for the words of a voice that has not paused, for it had given none?
    fn is_in_mid_speech(&self, now: CallTime) -> bool {
        let Phase::Thinking(thinking) = &self.phase else { return false };
        let asked = thinking.partial.trim().is_empty() && !self.direct;
        asked && self.listening.voice && now < thinking.start + self.config.max_turn
    }

    /// It has words: the caller is understood, and goes on.
    fn speech_goes_on(&mut self, now: CallTime, text: String) {
        let Some(thinking) = self.take_thinking() else { return };
        self.drop_draft();
        self.out.push_back(Output::TakenBack { turn: thinking.turn });
        (self.listening.interrupted, self.reprompts) = (None, 0);
        self.listening.carried = Some(Carried { text, start: thinking.start });
        self.out.push_back(Output::State(State::Listening));
        self.open_segment(now, SampleTime(thinking.end.0 / 125));
    }

    /// A sound without words, or with none that ask for the floor. If it cut the agent off, the agent goes on where
    /// it was.
    fn on_no_words(&mut self, now: CallTime) {
        self.reset_drafts();
        match self.listening.interrupted.take() {
            Some(cut) => {
                let turn = self.new_turn();
                self.forget_noise();
                self.out.push_back(Output::FalseAlarm);
                self.resume_speaking(now, turn, cut);
            }
            None => self.listen_again(now),
        }
    }

    /// The final words are overdue or lost: the interim ones must do.
    pub(super) fn on_stt_overdue(&mut self, now: CallTime) {
        let direct = self.direct;
        let Phase::Thinking(thinking) = &mut self.phase else { return };
        if thinking.text.is_some() {
            return;
        }
        if direct {
            // The model has heard them.
            self.listening.interrupted = None;
            self.out.push_back(Output::Degraded(Provider::Stt));
            return self.answer(now);
        }
        let (turn, partial) = (thinking.turn, std::mem::take(&mut thinking.partial));
        let thinking_is_empty = thinking.carried.is_empty();
        self.out.push_back(Output::Degraded(Provider::Stt));
        self.out.push_back(Output::SttCancel { turn });
        if partial.is_empty() && thinking_is_empty {
            // The caller said something and nobody understood it: ask at once.
            self.listening.interrupted = None;
            return self.reprompt(now);
        }
        self.on_words(now, &partial);
    }

    pub(super) fn on_llm(&mut self, now: CallTime, turn: TurnId, event: LlmEvent) {
        let is_asked = |t: &Thinking| t.turn == turn && (t.text.is_some() || t.answering);
        let thinking = matches!(&self.phase, Phase::Thinking(t) if is_asked(t));
        let speaking = matches!(&self.phase, Phase::Speaking(s) if s.turn == turn && !s.reply_done);
        if !thinking && !speaking {
            self.stale += 1;
            return;
        }
        match event {
            LlmEvent::Sentence(line) if line.is_empty() => {}
            LlmEvent::Sentence(line) if thinking => {
                if let Some(thinking) = self.take_thinking() {
                    self.start_reply(now, thinking, line.into());
                }
            }
            LlmEvent::Sentence(line) => self.add_sentence(now, line.into()),
            LlmEvent::Spoken(words) => {
                let saying = Saying { voiced: true, ..Line::text(words).into() };
                match self.take_thinking() {
                    Some(thinking) => self.start_reply(now, thinking, saying),
                    None => self.add_sentence(now, saying),
                }
            }
            LlmEvent::Words(more) => self.more_words(&more),
            LlmEvent::Done { fields, hang_up, transfer } => {
                let afterwards = Afterwards::of(hang_up, transfer);
                if !fields.is_empty() {
                    self.out.push_back(Output::Crm(CallEventKind::LeadFields { fields }));
                }
                if thinking {
                    self.leave_thinking();
                    self.finish_speaking(now, afterwards);
                } else {
                    self.reply_is_done(now, afterwards);
                }
            }
            LlmEvent::Failed if thinking => self.on_reply_overdue(now),
            LlmEvent::Failed => {
                self.out.push_back(Output::Degraded(Provider::Llm));
                self.reply_is_done(now, Afterwards::Listen);
            }
        }
    }

    /// The reply's next words are overdue.
    pub(super) fn on_reply_overdue(&mut self, now: CallTime) {
        match &self.phase {
            Phase::Thinking(thinking) => {
                let turn = thinking.turn;
                self.out.push_back(Output::Degraded(Provider::Llm));
                self.out.push_back(Output::CancelReply { turn });
                self.leave_thinking();
                let apology = self.config.apology.clone();
                self.start_speaking(now, turn, apology.into());
            }
            Phase::Speaking(speaking) if speaking.is_waiting() => {
                let turn = speaking.turn;
                self.out.push_back(Output::Degraded(Provider::Llm));
                self.out.push_back(Output::CancelReply { turn });
                self.finish_speaking(now, Afterwards::Listen);
            }
            _ => {}
        }
    }

    pub(super) fn leave_thinking(&mut self) {
        if let Some(thinking) = self.take_thinking() {
            self.commit_turn(thinking);
        }
    }

    /// Leaves the thinking state, if that is the state.
    fn take_thinking(&mut self) -> Option<Thinking> {
        match std::mem::replace(&mut self.phase, Phase::Listening) {
            Phase::Thinking(thinking) => {
                self.timers.stop(Timer::Reply);
                Some(thinking)
            }
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// The caller's turn becomes part of the conversation.
    pub(super) fn commit_turn(&mut self, thinking: Thinking) {
        if thinking.answering && thinking.text.is_none() {
            self.completed += 1;
            return self.wait_for_words(thinking);
        }
        let (turn, start, end) = (thinking.turn, thinking.start, thinking.end);
        let text = thinking.words();
        if text.is_empty() {
            return;
        }
        self.completed += 1;
        self.reset_drafts();
        self.known = Some((turn, text.clone()));
        self.record(Entry { speaker: Speaker::Caller, text, start, end, interrupted: false });
    }

    /// Becomes part of the conversation, after what is still waited for.
    pub(super) fn record(&mut self, entry: Entry) {
        if self.waiting.is_empty() {
            self.write_down(entry);
        } else {
            self.waiting.push_back(Waiting::Said(entry));
        }
    }

    /// Adds to the transcript and tells the CRM.
    pub(super) fn write_down(&mut self, entry: Entry) {
        let turn = self.transcript.push(entry.clone());
        self.out.push_back(Output::Crm(CallEventKind::Turn {
            turn,
            speaker: entry.speaker,
            text: entry.text,
            start_ms: entry.start.as_ms(),
            end_ms: entry.end.as_ms(),
            interrupted: entry.interrupted,
        }));
    }
}
