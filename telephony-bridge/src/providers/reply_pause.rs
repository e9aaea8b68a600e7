//! A moment before a reply is heard (A-AUD-008): synthesis goes on, but its audio waits. A caller who goes
//! on after a pause is noticed in that time, and the reply taken back before anybody has heard it.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Tts, TtsOutput};
use crate::session::{CallTime, UtteranceId};

/// Holds what speech synthesis brings, from a reply's first audio on, for a while.
#[derive(Debug, Default)]
pub struct ReplyPause {
    /// The utterance that begins a reply, until its first audio is there.
    wanted: Option<(UtteranceId, Duration)>,
    until: Option<CallTime>,
    held: VecDeque<TtsOutput>,
}

impl ReplyPause {
    /// The utterance's audio, once there, waits for `pause`.
    pub(super) fn before(&mut self, utterance: UtteranceId, pause: Duration) {
        if !pause.is_zero() {
            self.wanted = Some((utterance, pause));
        }
    }

    /// Nothing is to be said any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The next piece of speech that is due.
    pub(super) fn poll(&mut self, now: CallTime, tts: &mut dyn Tts) -> Option<TtsOutput> {
        if self.until.is_some_and(|until| now >= until) {
            self.until = None;
        }
        loop {
            if self.until.is_none()
                && let Some(output) = self.held.pop_front()
            {
                return Some(output);
            }
            let output = tts.poll(now)?;
            if let (TtsOutput::Audio { utterance, .. }, Some((wanted, pause))) = (&output, self.wanted)
                && *utterance == wanted
            {
                self.wanted = None;
                self.until = Some(now + pause);
            }
            if self.until.is_none() {
                return Some(output);
            }
            self.held.push_back(output);
        }
    }

    /// When what is held is due.
    pub(super) const fn poll_timeout(&self) -> Option<CallTime> {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Line, TtsEvent};

    /// Has everything at once.
    #[derive(Default)]
    struct Ready(VecDeque<TtsOutput>);

    impl Tts for Ready {
        fn speak(&mut self, _: CallTime, utterance: UtteranceId, _: &Line, _: u64, _: bool) {
            self.0.push_back(TtsOutput::Audio { utterance, frames: Vec::new() });
            self.0.push_back(TtsOutput::Event { utterance, event: TtsEvent::End { total_ms: 1_000 } });
        }
        fn cancel_all(&mut self) {
            self.0.clear();
        }
        fn poll(&mut self, _: CallTime) -> Option<TtsOutput> {
            self.0.pop_front()
        }
        fn poll_timeout(&self) -> Option<CallTime> {
            None
        }
    }

    /// A-AUD-008: the reply's first audio waits, in order with what follows it; other lines do not.
    #[test]
    fn a_reply_is_held_for_a_moment_and_nothing_is_lost() {
        let (mut pause, mut tts) = (ReplyPause::default(), Ready::default());
        let at = CallTime::from_ms;
        tts.speak(at(0), UtteranceId(1), &Line::text("א"), 0, false);
        assert!(pause.poll(at(0), &mut tts).is_some() && pause.poll(at(0), &mut tts).is_some());
        pause.before(UtteranceId(2), Duration::from_millis(80));
        tts.speak(at(100), UtteranceId(2), &Line::text("ב"), 0, false);
        assert_eq!(pause.poll(at(100), &mut tts), None);
        assert_eq!(pause.poll_timeout(), Some(at(180)));
        tts.speak(at(150), UtteranceId(3), &Line::text("ג"), 0, false);
        assert_eq!(pause.poll(at(179), &mut tts), None);
        let utterances: Vec<u32> = std::iter::from_fn(|| pause.poll(at(180), &mut tts))
            .map(|output| match output {
                TtsOutput::Audio { utterance, .. } | TtsOutput::Event { utterance, .. } => utterance.0,
            })
            .collect();
        assert_eq!(utterances, [2, 2, 3, 3]);
        assert_eq!(pause.poll_timeout(), None);
    }

    #[test]
    fn a_reply_taken_back_is_not_heard() {
        let (mut pause, mut tts) = (ReplyPause::default(), Ready::default());
        pause.before(UtteranceId(2), Duration::from_millis(80));
        tts.speak(CallTime(0), UtteranceId(2), &Line::text("ב"), 0, false);
        assert_eq!(pause.poll(CallTime(0), &mut tts), None);
        pause.clear();
        assert_eq!(pause.poll(CallTime::from_ms(500), &mut tts), None);
    }
}
