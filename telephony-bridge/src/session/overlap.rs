//! Words over the agent: those that take the floor, those that let it go on, and those that are an answer when
//! it has ended.

use std::time::Duration;

use audio_core::barge_in::{Reasons, ResumeReason};
use crm_api::Speaker;

use super::state::{Phase, Segment, call_time};
use super::{CallTime, Output, Session, Timer};
use crate::words::{Asked, Overlap, last_question};

impl Session {
    /// Who turned the agent down is near: the words that are known decide, as soon as the duck has lasted.
    pub(super) fn on_near(&mut self, now: CallTime, score: f32) {
        let Some(ducked) = &mut self.listening.ducked else { return };
        (ducked.near, ducked.score) = (true, score);
        self.timers.set(Timer::Overlap, now.max(ducked.since + self.config.near_enough));
    }

    /// The signal chain is at full level again.
    pub(super) fn release_duck(&mut self, reason: ResumeReason) {
        let Some(ducked) = self.listening.ducked.take() else { return };
        if matches!(self.phase, Phase::Speaking(_)) {
            let heard = self.listening.segment.as_ref().map_or("", |segment| &segment.partial);
            let words: Vec<&str> = heard.split_whitespace().skip(ducked.words).collect();
            self.out.push_back(Output::Resume { reason, words: words.join(" ") });
        }
    }

    /// Words over the agent's speech: those that came since it was turned down decide about it, and a
    /// word like "wait" decides at any time.
    pub(super) fn weigh_words(&mut self, now: CallTime, before: usize) {
        let Some(segment) = self.listening.segment.as_ref() else { return };
        let (onset, ducked) = (segment.onset, self.listening.ducked);
        let from = ducked.map_or(before, |ducked| ducked.words);
        let new: Vec<&str> = segment.partial.split_whitespace().skip(from).collect();
        let new = new.join(" ");
        let meaning = self.config.lexicon.overlap(&new, &self.echoing_words(now));
        let score = ducked.map_or(0.0, |ducked| ducked.score);
        match meaning {
            Overlap::Stop(word) => self.on_barge_in(now, onset, (score, Reasons::default()), Some(word)),
            // One loud syllable of somebody far off is not enough: what follows it decides.
            Overlap::Words(_) => match ducked.filter(|d| d.near).map(|d| d.since + self.config.near_enough) {
                Some(due) if now >= due => {
                    self.on_barge_in(now, onset, (score, Reasons::default()), Some(new));
                }
                Some(due) => self.timers.set(Timer::Overlap, due),
                None => {}
            },
            Overlap::Backchannel if ducked.is_some() => self.out.push_back(Output::Acquit),
            Overlap::Backchannel | Overlap::Nothing => {}
        }
    }

    /// The agent has been turned down for long enough: the words that are known decide.
    pub(super) fn weigh_words_again(&mut self, now: CallTime) {
        let ducked = self.listening.ducked.is_some();
        if ducked && matches!(self.phase, Phase::Speaking(_)) && !self.reply_is_unheard() {
            self.weigh_words(now, 0);
        }
    }

    /// The agent has just stopped. What was said over its last words is an answer, by what it means and by when it
    /// was said, or it was a backchannel and is forgotten.
    pub(super) fn settle_overlap(&mut self, now: CallTime) {
        let Some(segment) = self.listening.segment.as_ref() else { return };
        if self.listening.voice {
            return self.limit_turn(now);
        }
        let end = call_time(segment.last_voice);
        if self.answers_within(segment).is_some_and(|window| now - end <= window) {
            self.timers.set(Timer::Endpointing, (end + self.config.endpointing).max(now));
        } else {
            self.forget_overlap(now);
        }
    }

    /// It was no answer: the caller still has the floor.
    pub(super) fn forget_overlap(&mut self, now: CallTime) {
        self.forget_segment();
        self.timers.stop(Timer::Endpointing);
        self.timers.set(Timer::Silence, now + self.config.silence);
        self.timers.set(Timer::Unheard, now + self.config.unheard);
    }

    /// How long before the agent's end words may have ended that are a turn all the same. A question may be answered
    /// before it is over; whoever says a phrase wants an answer; a word or two close to the end may be meant so, but
    /// "uh-huh" is no answer to "where?".
    fn answers_within(&self, segment: &Segment) -> Option<Duration> {
        let asked = self.question().filter(|(_, began)| call_time(segment.onset) >= *began);
        let asked = asked.map_or(Asked::Nothing, |(asked, _)| asked);
        let phrase = segment.partial.split_whitespace().count() >= self.config.phrase_words as usize;
        match self.config.lexicon.overlap(&segment.partial, "") {
            Overlap::Backchannel if asked.is_open() => None,
            Overlap::Backchannel if asked == Asked::Closed => Some(self.config.phrase_window),
            Overlap::Backchannel | Overlap::Nothing => Some(self.config.answer_window),
            _ if phrase || asked != Asked::Nothing => Some(self.config.phrase_window),
            _ => Some(self.config.answer_window),
        }
    }

    /// Words that were recognised after the agent's end, of a voice that had ended before it, are settled like those
    /// that were known then: is this "uh-huh" to a question that it does not answer?
    pub(super) fn only_listened(&self, words: &str, from: CallTime, to: CallTime) -> bool {
        let over = self.transcript.last_of(Speaker::Agent).is_some_and(|line| to <= line.end);
        let asked = || self.question().is_some_and(|(asked, began)| asked.is_open() && from >= began);
        over && asked() && self.config.lexicon.overlap(words, "") == Overlap::Backchannel
    }

    /// Did the agent yield to a mere "uh-huh"? Over a question it may be the answer.
    pub(super) fn wants_no_floor(&self, words: &str) -> bool {
        let cut = self.listening.interrupted.as_ref();
        cut.is_some_and(|cut| !cut.piece.line.text.contains('?'))
            && self.config.lexicon.overlap(words, "") == Overlap::Backchannel
    }

    /// What the agent has asked since the caller's last turn. Its plea to say it again asks for what it asked before.
    pub(super) fn asked(&self) -> Asked {
        let entries = self.transcript.entries().iter().rev();
        let mut lines: Vec<&str> = entries
            .take_while(|entry| entry.speaker == Speaker::Agent)
            .map(|entry| entry.text.as_str())
            .filter(|line| *line != self.config.reprompt.text)
            .collect();
        lines.reverse();
        self.config.lexicon.asked(&lines.join(" "))
    }

    /// What the agent's last line asks for, and when its question began to be heard.
    fn question(&self) -> Option<(Asked, CallTime)> {
        let line = self.transcript.last_of(Speaker::Agent)?;
        let question = last_question(&line.text)?;
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count() as u64;
        let before = letters(&line.text[..line.text.rfind(question)?]);
        let length = (line.end - line.start).as_millis() as u64;
        let began = line.start + Duration::from_millis(length * before / letters(&line.text).max(1));
        Some((self.config.lexicon.asked(question), began))
    }
}
