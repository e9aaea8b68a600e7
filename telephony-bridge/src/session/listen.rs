//! Hearing the caller: one turn at a time, from the first sound to the decision that it is over.

use audio_core::frame::SampleTime;
use audio_core::pipeline::PipelineEvent;

use super::endpointing;
use super::state::{Carried, Ducked, Phase, Segment, Thinking, call_time, join};
use super::{CallTime, Output, Provider, Session, State, SttEvent, Timer, TurnId};
use crate::words::{Asked, Ending, plain};

impl Session {
    pub(super) fn on_speech(&mut self, now: CallTime, event: PipelineEvent) {
        match event {
            PipelineEvent::SpeechStart { onset, .. } => self.on_voice(now, onset),
            PipelineEvent::SpeechEnd { last_voice, .. } => self.on_voice_end(now, last_voice),
            PipelineEvent::Duck { score, reasons, .. } if matches!(self.phase, Phase::Speaking(_)) => {
                let words =
                    self.listening.segment.as_ref().map_or(0, |s| s.partial.split_whitespace().count());
                self.listening.ducked = Some(Ducked::new(now, score, words));
                self.out.push_back(Output::Duck { score, reasons });
            }
            PipelineEvent::Near { score, .. } => self.on_near(now, score),
            PipelineEvent::Resume { reason, .. } => self.release_duck(reason),
            PipelineEvent::BargeIn { onset, score, reasons, .. } => {
                self.on_barge_in(now, onset, (score, reasons), None);
            }
            _ => {}
        }
    }

    fn on_voice(&mut self, now: CallTime, onset: SampleTime) {
        self.listening.voice = true;
        for timer in [Timer::Silence, Timer::Unheard, Timer::Endpointing] {
            self.timers.stop(timer);
        }
        match &self.phase {
            Phase::Thinking(_) => return self.caller_goes_on(now, onset),
            Phase::Speaking(_) if self.reply_is_unheard() => return self.caller_goes_on(now, onset),
            // Over the agent's words: a sound long after the last one is a new attempt.
            Phase::Speaking(_) => {
                let stale =
                    |s: &Segment| call_time(onset) - call_time(s.last_voice) > self.config.answer_window;
                if self.listening.segment.as_ref().is_some_and(stale) {
                    self.forget_segment();
                }
            }
            Phase::Listening | Phase::Ended => self.is_heard_after_all(now, onset),
        }
        self.open_segment(now, onset);
    }

    /// Opens a segment, or goes on with the open one.
    pub(super) fn open_segment(&mut self, now: CallTime, onset: SampleTime) {
        if self.listening.is_open() {
            return;
        }
        let turn = self.new_turn();
        self.listening.segment =
            Some(Segment { turn, onset, last_voice: onset, partial: String::new(), unheard: false });
        self.limit_turn(now);
        self.out.push_back(Output::SttStart { turn, from: onset });
    }

    /// Speech without a pause is a turn in the end. Speech of which not a word is recognised is one as soon as silence
    /// would be met with a question: music and machines do not hold the floor.
    pub(super) fn limit_turn(&mut self, now: CallTime) {
        let waits = matches!(self.phase, Phase::Listening) && !self.direct;
        let wordless = waits && self.listening.carried.is_none() && self.listening.has_no_words();
        let most = self.config.max_turn;
        let limit = if wordless { self.config.silence.min(most) } else { most };
        self.timers.set(Timer::TurnLimit, now + limit);
    }

    fn on_voice_end(&mut self, now: CallTime, last_voice: SampleTime) {
        self.listening.voice = false;
        self.listening.quiet_since = Some(now);
        let Some(segment) = &mut self.listening.segment else { return };
        segment.last_voice = last_voice;
        if matches!(self.phase, Phase::Listening) {
            self.endpoint_if_silent(now);
        }
    }

    /// Starts the wait for the end of the turn, unless the caller is speaking.
    pub(super) fn endpoint_if_silent(&mut self, now: CallTime) {
        let Some(segment) = self.listening.segment.as_ref().filter(|_| !self.listening.voice) else { return };
        if segment.unheard {
            return self.on_unheard_words(now);
        }
        let carried = self.listening.carried.as_ref().map_or("", |carried| &carried.text);
        let wait = match self.turn_patience.filter(|_| self.direct) {
            Some(patience) => patience,
            None => {
                let ending = self.words_and_ending(carried, &segment.partial).1;
                endpointing::wait(&self.config, ending, self.short_answer(segment))
            }
        };
        let due = self.listening.quiet_since.unwrap_or(now) + wait;
        self.timers.set(Timer::Endpointing, due.max(now));
    }

    /// Is it a sound as short as an answer, after a question that is answered in a word?
    fn short_answer(&self, segment: &Segment) -> bool {
        let voice = call_time(segment.last_voice) - call_time(segment.onset);
        voice <= self.config.short_answer && self.listening.carried.is_none() && self.asked() == Asked::Closed
    }

    /// All words of a turn that goes on, and how they end: nobody knows where those of its last part are not there
    /// yet.
    fn words_and_ending(&self, carried: &str, partial: &str) -> (String, Ending) {
        let words = join(carried, partial);
        let ending = if partial.trim().is_empty() { Ending::None } else { self.ending_of(&words) };
        (words, ending)
    }

    /// How these words end, as an answer to what the agent asked last.
    pub(super) fn ending_of(&self, words: &str) -> Ending {
        self.config.lexicon.ending(self.asked(), words)
    }

    /// The caller speaks again before the reply has begun: it was a hesitation after all.
    fn caller_goes_on(&mut self, now: CallTime, onset: SampleTime) {
        let taken = match std::mem::replace(&mut self.phase, Phase::Listening) {
            Phase::Thinking(thinking) => Some(thinking),
            other => {
                self.phase = other;
                self.retract_reply()
            }
        };
        let Some(thinking) = taken else { return };
        let turn = thinking.turn;
        self.drop_draft();
        self.out.push_back(Output::TakenBack { turn });
        // Words not delivered yet are recognised again, together with what follows.
        let (from, text) = match thinking.text {
            Some(text) => {
                self.out.push_back(Output::CancelReply { turn });
                (onset, text)
            }
            None => {
                if thinking.answering {
                    self.out.push_back(Output::CancelReply { turn });
                }
                self.out.push_back(Output::SttCancel { turn });
                (thinking.onset, thinking.carried)
            }
        };
        self.listening.carried = (!text.is_empty()).then_some(Carried { text, start: thinking.start });
        self.timers.stop(Timer::SttFinal);
        self.timers.stop(Timer::Reply);
        self.out.push_back(Output::State(State::Listening));
        self.open_segment(now, from);
    }

    /// The caller has been silent long enough.
    pub(super) fn finish_turn(&mut self, now: CallTime) {
        if !matches!(self.phase, Phase::Listening) {
            return;
        }
        let Some(segment) = self.listening.segment.take() else { return };
        let turn = segment.turn;
        let carried = self.listening.carried.take();
        let start = carried.as_ref().map_or_else(|| call_time(segment.onset), |c| c.start);
        for timer in [Timer::Endpointing, Timer::TurnLimit, Timer::Silence, Timer::Unheard] {
            self.timers.stop(timer);
        }
        self.timers.set(Timer::SttFinal, now + self.config.stt_timeout);
        let before = carried.as_ref().map_or("", |carried| &carried.text);
        let (words, ending) = self.words_and_ending(before, &segment.partial);
        self.out.push_back(Output::TurnEnd {
            turn,
            silence: (!self.listening.voice).then(|| now - call_time(segment.last_voice)),
            ending,
            words,
        });
        self.out.push_back(Output::SttFinish { turn });
        self.set_phase(Phase::Thinking(Thinking {
            turn,
            onset: segment.onset,
            start,
            end: if self.listening.voice { now } else { call_time(segment.last_voice) },
            carried: carried.map(|c| c.text).unwrap_or_default(),
            partial: segment.partial,
            text: None,
            answering: false,
        }));
        self.consider_draft(now);
        // Only words tell an interruption from a noise: after one they are waited for.
        if self.direct && self.listening.interrupted.is_none() {
            self.answer(now);
        }
    }

    /// Is all that the caller has said a backchannel over the agent's last words?
    fn was_only_listening(&self) -> bool {
        let (carried, cut) = (&self.listening.carried, &self.listening.interrupted);
        let whole = !self.listening.voice && carried.is_none() && cut.is_none();
        self.listening.segment.as_ref().is_some_and(|segment| {
            let (from, to) = (call_time(segment.onset), call_time(segment.last_voice));
            whole && !segment.unheard && self.only_listened(&segment.partial, from, to)
        })
    }

    /// The call ends while the caller is heard: what was understood so far is a turn.
    pub(super) fn commit_unfinished(&mut self, now: CallTime) {
        let Some(segment) = self.listening.segment.take() else { return };
        let carried = self.listening.carried.take();
        self.commit_turn(Thinking {
            turn: segment.turn,
            onset: segment.onset,
            start: carried.as_ref().map_or_else(|| call_time(segment.onset), |c| c.start),
            end: now,
            carried: carried.map(|c| c.text).unwrap_or_default(),
            partial: segment.partial,
            text: None,
            answering: false,
        });
    }

    pub(super) fn forget_segment(&mut self) {
        self.timers.stop(Timer::TurnLimit);
        self.drop_draft();
        if let Some(turn) = self.listening.close() {
            self.out.push_back(Output::SttCancel { turn });
        }
    }

    pub(super) fn on_stt(&mut self, now: CallTime, turn: TurnId, event: SttEvent<'_>) {
        if let Some(segment) = self.listening.segment.as_mut().filter(|s| s.turn == turn) {
            match event {
                // A final before the turn is over for us counts as an interim one.
                SttEvent::Partial(text) | SttEvent::Final(text) => {
                    // Interim words may be rewritten: what is new begins where the two part.
                    let (then, now_known) = (segment.partial.split_whitespace(), text.split_whitespace());
                    let same = |(then, now): &(&str, &str)| plain(then) == plain(now);
                    let before = then.zip(now_known).take_while(same).count();
                    // One that was known before a duck and is another now is new to it.
                    if let Some(ducked) = &mut self.listening.ducked {
                        ducked.words = ducked.words.min(before);
                    }
                    let first = segment.partial.trim().is_empty() && !text.trim().is_empty();
                    text.clone_into(&mut segment.partial);
                    if first && !segment.unheard {
                        self.timers.set(Timer::TurnLimit, now + self.config.max_turn);
                    }
                    match self.phase {
                        Phase::Speaking(_) if !self.reply_is_unheard() => self.weigh_words(now, before),
                        Phase::Listening if self.was_only_listening() => self.forget_overlap(now),
                        Phase::Listening => {
                            self.endpoint_if_silent(now);
                            self.consider_draft(now);
                        }
                        _ => {}
                    }
                }
                SttEvent::TurnOver => self.finish_turn(now),
                SttEvent::Failed => self.out.push_back(Output::Degraded(Provider::Stt)),
            }
            return;
        }
        match &mut self.phase {
            Phase::Thinking(thinking)
                if thinking.turn == turn && thinking.text.is_none() && !thinking.answering =>
            {
                match event {
                    SttEvent::Partial(text) => {
                        text.clone_into(&mut thinking.partial);
                        self.consider_draft(now);
                    }
                    SttEvent::Final(text) => self.on_words(now, text),
                    SttEvent::TurnOver => {}
                    SttEvent::Failed => self.on_stt_overdue(now),
                }
            }
            _ => self.on_late_words(now, turn, event),
        }
    }
}
