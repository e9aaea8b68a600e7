//! What the caller has heard, and what becomes of the rest when the floor is taken.

use audio_core::barge_in::Reasons;
use audio_core::frame::SampleTime;
use crm_api::{CallEventKind, Speaker};

use crate::session::state::{Interrupted, Phase, Speaking, Utterance};
use crate::session::transcript::{Entry, heard_words};
use crate::session::{CallTime, ClearReason, Output, Session, State, Timer};

impl Session {
    /// The agent's words that may come back as an echo and be recognised now: those of the last seconds.
    pub(in crate::session) fn echoing_words(&self, now: CallTime) -> String {
        let Phase::Speaking(speaking) = &self.phase else { return String::new() };
        let Some(front) = speaking.queue.front() else { return String::new() };
        let (heard, total) = front.heard(now);
        let words_by = |ms: u64| heard_words(&front.line.text, ms, total).split_whitespace().count();
        let reach = self.config.echo_words.as_millis() as u64;
        let first = words_by(heard.saturating_sub(reach));
        // The word that is being said is one of them.
        let words = front.line.text.split_whitespace().take(words_by(heard) + 1).skip(first);
        words.collect::<Vec<_>>().join(" ")
    }

    /// The caller takes the floor.
    pub(in crate::session) fn on_barge_in(
        &mut self,
        now: CallTime,
        onset: SampleTime,
        (score, reasons): (f32, Reasons),
        words: Option<String>,
    ) {
        self.commit_answered();
        self.listening.ducked = None;
        let Some(speaking) = self.take_speaking() else {
            self.stale += 1;
            return;
        };
        self.out.push_back(Output::Yield { score, reasons, words });
        self.out.push_back(Output::FlushPlayout);
        self.out.push_back(Output::Clear(ClearReason::Yield));
        if !speaking.reply_done {
            self.out.push_back(Output::CancelReply { turn: speaking.turn });
        }
        self.note_heard(now, &speaking, true);
        let heard_ms = speaking.queue.front().map_or(0, |front| front.heard(now).0);
        self.out.push_back(Output::Crm(CallEventKind::BargeIn {
            at_ms_in_call: now.as_ms(),
            score,
            heard_ms,
        }));
        let mut pieces = speaking.queue.into_iter().map(Utterance::into_piece);
        self.listening.interrupted = pieces.next().map(|piece| Interrupted {
            piece,
            heard_ms,
            rest: pieces.collect(),
            afterwards: speaking.afterwards,
        });
        self.out.push_back(Output::State(State::Listening));
        self.open_segment(now, onset);
        // Voice that brings no words soon was no interruption: the agent goes on where it was.
        if self.listening.has_no_words() && !self.direct {
            self.timers.set(Timer::TurnLimit, now + self.config.max_wordless);
        }
        self.endpoint_if_silent(now);
        self.return_to_listening(now);
    }

    /// Writes down what was heard of a reply that did not come to its end.
    pub(in crate::session) fn note_heard(&mut self, now: CallTime, speaking: &Speaking, interrupted: bool) {
        for utterance in &speaking.queue {
            self.note_utterance(now, utterance, interrupted);
        }
    }

    pub(super) fn note_utterance(&mut self, now: CallTime, utterance: &Utterance, interrupted: bool) {
        if utterance.voiced && interrupted {
            let (heard_ms, _) = utterance.heard(now);
            self.out.push_back(Output::CutOff { utterance: utterance.id, heard_ms });
        }
        let Some(start) = utterance.started else { return };
        let (heard, total) = if interrupted { utterance.heard(now) } else { (1, 1) };
        let text = &utterance.line.text;
        let upto = heard_words(text, heard, total);
        let before = if utterance.from_ms == 0 {
            0
        } else {
            heard_words(text, utterance.from_ms, utterance.heard(now).1).split_whitespace().count()
        };
        let text = upto.split_whitespace().skip(before).collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            if self.direct && !utterance.voiced {
                self.out.push_back(Output::Told { text: text.clone() });
            }
            self.record(Entry { speaker: Speaker::Agent, text, start, end: now, interrupted });
        }
    }
}
