//! Speaking: what is queued, what was heard, and every way in which it ends.

mod heard;

use std::collections::VecDeque;
use std::time::Duration;

use super::state::{Afterwards, Interrupted, Phase, Saying, Speaking, Thinking, Utterance};
use super::{CallTime, ClearReason, Output, Provider, Session, State, Timer, TtsEvent, TurnId, UtteranceId};

impl Session {
    /// Says one line that is complete in itself.
    pub(super) fn start_speaking(&mut self, now: CallTime, turn: TurnId, saying: Saying) {
        self.begin(now, turn, saying, true, Duration::ZERO);
    }

    /// Says the first sentence of a reply to `thinking`.
    pub(super) fn start_reply(&mut self, now: CallTime, thinking: Thinking, saying: Saying) {
        let pause = self.config.reply_delay;
        self.begin(now, thinking.turn, saying, false, pause);
        if let Phase::Speaking(speaking) = &mut self.phase {
            speaking.unheard = Some(thinking);
        }
    }

    /// Is a reply on its way of which the caller has heard nothing?
    pub(super) fn reply_is_unheard(&self) -> bool {
        matches!(&self.phase, Phase::Speaking(speaking) if speaking.unheard.is_some())
    }

    /// Takes a reply back that the caller has heard nothing of. Returns the turn it answered.
    pub(super) fn retract_reply(&mut self) -> Option<Thinking> {
        let Phase::Speaking(speaking) = &mut self.phase else { return None };
        let thinking = speaking.unheard.take()?;
        for utterance in speaking.queue.iter().filter(|utterance| utterance.voiced) {
            self.out.push_back(Output::CutOff { utterance: utterance.id, heard_ms: 0 });
        }
        self.phase = Phase::Listening;
        for timer in [Timer::FirstAudio, Timer::Playout, Timer::Reply] {
            self.timers.stop(timer);
        }
        self.out.push_back(Output::FlushPlayout);
        Some(thinking)
    }

    /// The reply is being heard, or given up: the turn it answers is part of the conversation.
    pub(super) fn commit_answered(&mut self) {
        if let Phase::Speaking(speaking) = &mut self.phase
            && let Some(thinking) = speaking.unheard.take()
        {
            self.commit_turn(thinking);
        }
    }

    /// Goes on with a line that was cut off by nothing.
    pub(super) fn resume_speaking(&mut self, now: CallTime, turn: TurnId, cut: Interrupted) {
        let saying = Saying { from_ms: cut.heard_ms, ..cut.piece.into() };
        self.begin(now, turn, saying, true, Duration::ZERO);
        for piece in cut.rest {
            self.enqueue(now, piece.into(), Duration::ZERO);
        }
        if let Phase::Speaking(speaking) = &mut self.phase {
            speaking.afterwards = cut.afterwards;
        }
    }

    fn begin(&mut self, now: CallTime, turn: TurnId, saying: Saying, reply_done: bool, pause: Duration) {
        self.stop_listening_unheard();
        for timer in [Timer::Silence, Timer::Unheard, Timer::Endpointing, Timer::SttFinal, Timer::Reply] {
            self.timers.stop(timer);
        }
        self.listening.ducked = None;
        self.set_phase(Phase::Speaking(Speaking {
            turn,
            queue: VecDeque::new(),
            reply_done,
            afterwards: Afterwards::Listen,
            unheard: None,
        }));
        self.enqueue(now, saying, pause);
    }

    pub(super) fn add_sentence(&mut self, now: CallTime, saying: Saying) {
        self.timers.stop(Timer::Reply);
        self.enqueue(now, saying, Duration::ZERO);
    }

    fn enqueue(&mut self, now: CallTime, saying: Saying, pause: Duration) {
        let Saying { line, from_ms, cached, voiced, resumes } = saying;
        let id = self.new_utterance();
        let Phase::Speaking(speaking) = &mut self.phase else { return };
        let turn = speaking.turn;
        if speaking.queue.is_empty() {
            self.timers.set(Timer::FirstAudio, now + self.config.first_audio_timeout);
        }
        speaking.queue.push_back(Utterance {
            id,
            line: line.clone(),
            from_ms,
            voiced,
            started: None,
            total_ms: None,
            given_ms: 0,
            plays_until: now,
        });
        self.out.push_back(if voiced {
            Output::Play { utterance: id, turn, resumes, from_ms, pause }
        } else {
            Output::Speak { utterance: id, line, from_ms, cached, pause }
        });
    }

    /// More words of what the model is saying.
    pub(super) fn more_words(&mut self, more: &str) {
        match &mut self.phase {
            Phase::Speaking(speaking) => match speaking.queue.iter_mut().rfind(|u| u.voiced) {
                Some(utterance) => utterance.line.text.push_str(more),
                None => self.stale += 1,
            },
            _ => self.stale += 1,
        }
    }

    pub(super) fn hang_up_after_speech(&mut self) {
        if let Phase::Speaking(speaking) = &mut self.phase {
            speaking.afterwards = Afterwards::HangUp;
        }
    }

    pub(super) fn reply_is_done(&mut self, now: CallTime, afterwards: Afterwards) {
        let Phase::Speaking(speaking) = &mut self.phase else { return };
        speaking.reply_done = true;
        speaking.afterwards = speaking.afterwards.max(afterwards);
        if speaking.queue.is_empty() {
            let afterwards = speaking.afterwards;
            self.finish_speaking(now, afterwards);
        } else if self.timers.is_set(Timer::Playout) {
            // The last words before the end wait less long for their mark.
            self.watch_front(now);
        }
    }

    fn utterance(&mut self, id: UtteranceId) -> Option<&mut Utterance> {
        match &mut self.phase {
            Phase::Speaking(speaking) => speaking.queue.iter_mut().find(|u| u.id == id),
            _ => None,
        }
    }

    pub(super) fn on_tts(&mut self, now: CallTime, id: UtteranceId, event: TtsEvent) {
        let Some(utterance) = self.utterance(id) else {
            self.stale += 1;
            return;
        };
        match event {
            TtsEvent::Audio { ms } => {
                utterance.given_ms += ms;
                utterance.plays_until = utterance.plays_until.max(now) + Duration::from_millis(ms);
                // One that waits behind another has its time from when it begins.
                if utterance.started.is_some() {
                    self.watch_front(now);
                }
            }
            TtsEvent::End { total_ms } if total_ms > 0 => {
                utterance.total_ms = Some(total_ms);
                self.watch_front(now);
            }
            // Nothing to hear: no mark will come.
            TtsEvent::End { .. } => self.is_not_heard(now, id),
            TtsEvent::Failed => {
                // It breaks off in the middle: what there is of it is heard, and its mark follows.
                let begun = utterance.given_ms > 0;
                utterance.total_ms = begun.then_some(utterance.given_ms);
                self.out.push_back(Output::Degraded(Provider::Tts));
                if begun { self.watch_front(now) } else { self.is_not_heard(now, id) }
            }
        }
    }

    /// Nothing of the utterance will be heard; what comes before it is heard to its end.
    fn is_not_heard(&mut self, now: CallTime, id: UtteranceId) {
        let Phase::Speaking(speaking) = &mut self.phase else { return };
        match speaking.queue.iter().position(|u| u.id == id) {
            Some(0) => self.on_mark(now, id),
            Some(later) => drop(speaking.queue.remove(later)),
            None => {}
        }
    }

    pub(super) fn on_playing(&mut self, now: CallTime, id: UtteranceId) {
        let Some(utterance) = self.utterance(id) else {
            self.stale += 1;
            return;
        };
        utterance.started.get_or_insert(now);
        utterance.plays_until = utterance.plays_until.max(now + Duration::from_millis(utterance.given_ms));
        self.commit_answered();
        self.watch_front(now);
    }

    /// Arms the timer that gives the front utterance up if it makes no progress.
    fn watch_front(&mut self, now: CallTime) {
        let Phase::Speaking(speaking) = &self.phase else { return };
        let Some(front) = speaking.queue.front() else { return };
        // Who is to leave does so two seconds after the last word at the latest.
        let slack = match speaking.afterwards {
            Afterwards::Listen => self.config.mark_slack,
            _ => self.config.mark_slack.min(self.config.hang_up_slack),
        };
        match front.started {
            Some(started) => {
                let overdue = match front.total_ms {
                    Some(ms) => front.plays_until.max(started + Duration::from_millis(ms)) + slack,
                    // Nothing more of it comes: its voice has stalled.
                    None => (front.plays_until + self.config.first_audio_timeout)
                        .min(started + self.config.max_utterance + slack),
                };
                self.timers.stop(Timer::FirstAudio);
                self.timers.set(Timer::Playout, overdue);
            }
            None => {
                self.timers.stop(Timer::Playout);
                self.timers.set(Timer::FirstAudio, now + self.config.first_audio_timeout);
            }
        }
    }

    /// Everything up to the end of utterance `id` was heard.
    pub(super) fn on_mark(&mut self, now: CallTime, id: UtteranceId) {
        let Phase::Speaking(speaking) = &mut self.phase else {
            self.stale += 1;
            return;
        };
        let Some(position) = speaking.queue.iter().position(|u| u.id == id) else {
            self.stale += 1;
            return;
        };
        let done: Vec<Utterance> = speaking.queue.drain(..=position).collect();
        let (empty, reply_done, afterwards) =
            (speaking.queue.is_empty(), speaking.reply_done, speaking.afterwards);
        for utterance in &done {
            self.note_utterance(now, utterance, false);
        }
        if !empty {
            self.watch_front(now);
        } else if reply_done {
            self.finish_speaking(now, afterwards);
        } else {
            self.timers.stop(Timer::Playout);
            self.timers.stop(Timer::FirstAudio);
            self.timers.set(Timer::Reply, now + self.config.reply_timeout);
        }
    }

    /// The single end of a reply that was heard, was empty, or was given up.
    pub(super) fn finish_speaking(&mut self, now: CallTime, afterwards: Afterwards) {
        self.listening.ducked = None;
        self.commit_answered();
        self.return_to_listening(now);
        let leave = match afterwards {
            Afterwards::Listen => return self.settle_overlap(now),
            Afterwards::HangUp => Output::HangUp,
            Afterwards::Transfer => Output::Transfer,
        };
        self.timers.set(Timer::HangUp, now + self.config.hang_up_slack);
        self.out.push_back(leave);
    }

    /// Playback makes no progress: the far end is silenced and the floor goes to the caller.
    pub(super) fn on_playout_overdue(&mut self, now: CallTime) {
        self.commit_answered();
        let Some(speaking) = self.take_speaking() else { return };
        self.out.push_back(Output::Degraded(Provider::Tts));
        self.note_heard(now, &speaking, true);
        self.out.push_back(Output::FlushPlayout);
        self.out.push_back(Output::Clear(ClearReason::Watchdog));
        if !speaking.reply_done {
            self.out.push_back(Output::CancelReply { turn: speaking.turn });
        }
        self.out.push_back(Output::State(State::Listening));
        self.finish_speaking(now, speaking.afterwards);
    }

    /// Leaves the speaking state, if that is the state.
    fn take_speaking(&mut self) -> Option<Speaking> {
        match std::mem::replace(&mut self.phase, Phase::Listening) {
            Phase::Speaking(speaking) => Some(speaking),
            other => {
                self.phase = other;
                None
            }
        }
    }
}
