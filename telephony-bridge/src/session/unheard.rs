//! Words without speech: a caller so quiet that the detector hears nobody.
//!
//! While the agent waits and the detector hears nobody, recognition is given the line all the same. Words that
//! it finds are a turn, which is over when no more of them come; a voice that the detector hears after all makes
//! it a turn like any other. Without words it ends with the silence.

use audio_core::frame::SampleTime;

use super::state::Phase;
use super::{CallTime, Session, Timer, endpointing};

impl Session {
    /// Nobody has been heard for a while.
    pub(super) fn listen_unheard(&mut self, now: CallTime) {
        // A model that answers from the voice gives no words before the turn is over.
        let waits =
            matches!(self.phase, Phase::Listening) && !self.listening.voice && !self.listening.is_open();
        if !waits || self.direct {
            return;
        }
        // Whoever has spoken since the agent ended: recognition has the line of the last seconds.
        let from = CallTime(now.0.saturating_sub(self.config.unheard.as_micros() as u64));
        self.open_segment(now, SampleTime(from.0 / 125));
        // It has the time until the agent asks again, and not that of a turn.
        self.timers.stop(Timer::TurnLimit);
        if let Some(segment) = &mut self.listening.segment {
            segment.unheard = true;
        }
    }

    /// Words of somebody whom the detector does not hear.
    pub(super) fn on_unheard_words(&mut self, now: CallTime) {
        let Some(segment) = self.listening.segment.as_mut().filter(|segment| segment.unheard) else { return };
        let words = segment.partial.clone();
        if words.trim().is_empty() {
            return;
        }
        // They were said a little before they came; nobody knows when.
        segment.last_voice = SampleTime(now.0 / 125);
        let wait = self.config.unheard_end + endpointing::wait(&self.config, self.ending_of(&words), false);
        self.timers.stop(Timer::Silence);
        if !self.timers.is_set(Timer::TurnLimit) {
            self.timers.set(Timer::TurnLimit, now + self.config.max_turn);
        }
        self.timers.set(Timer::Endpointing, now + wait);
    }

    /// The detector hears somebody: a turn like any other, which began now unless there were words before.
    pub(super) fn is_heard_after_all(&mut self, now: CallTime, onset: SampleTime) {
        let Some(segment) = &mut self.listening.segment else { return };
        if !std::mem::take(&mut segment.unheard) {
            return;
        }
        if segment.partial.trim().is_empty() {
            (segment.onset, segment.last_voice) = (onset, onset);
        }
        self.limit_turn(now);
    }

    /// Nobody has said a word either.
    pub(super) fn stop_listening_unheard(&mut self) {
        if self
            .listening
            .segment
            .as_ref()
            .is_some_and(|segment| segment.unheard && segment.partial.trim().is_empty())
        {
            self.forget_segment();
        }
    }
}
