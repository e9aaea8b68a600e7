//! The agent's audio on its way to the engine: at most 200 ms ahead of the caller's ear.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use audio_core::engine::CallHandle;
use audio_core::frame::WireFrame;

use crate::providers::SpeechFrame;
use crate::session::UtteranceId;

/// Agent frames the engine may hold.
const AHEAD: usize = 7;
/// Agent frames the engine's ring takes in all.
const RING: usize = 32;

/// What waits of an utterance: its audio as it was delivered, or a last frame of silence.
#[derive(Debug)]
struct Piece {
    utterance: UtteranceId,
    frames: Vec<SpeechFrame>,
    /// Of these have left.
    left: usize,
    /// A mark follows its last frame.
    ends: bool,
}

/// Audio that waits.
#[derive(Debug, Default)]
pub(super) struct Playout {
    queue: VecDeque<Piece>,
    generation: u32,
    /// Utterances whose audio has come but not left, with the time of its coming.
    waiting: VecDeque<(UtteranceId, Instant)>,
    sounding: Option<UtteranceId>,
}

impl Playout {
    pub(super) fn audio(&mut self, utterance: UtteranceId, frames: Vec<SpeechFrame>) {
        if self.waiting.back().is_none_or(|(last, _)| *last != utterance) {
            self.waiting.push_back((utterance, Instant::now()));
        }
        if !frames.is_empty() {
            self.queue.push_back(Piece { utterance, frames, left: 0, ends: false });
        }
    }

    /// No more audio will come for the utterance: its last frame is followed by a mark.
    pub(super) fn end(&mut self, utterance: UtteranceId) {
        match self.queue.back_mut().filter(|piece| piece.utterance == utterance) {
            Some(piece) => piece.ends = true,
            // All of it has left already: silence carries the mark.
            None => {
                let frames = vec![WireFrame::SILENCE.payload];
                self.queue.push_back(Piece { utterance, frames, left: 0, ends: true });
            }
        }
    }

    /// Forgets what has not left. Later audio is of `generation`.
    pub(super) fn flush(&mut self, generation: u32) {
        self.queue.clear();
        self.waiting.clear();
        self.generation = generation;
        self.sounding = None;
    }

    /// Hands the engine what it should hold.
    pub(super) fn fill(&mut self, handle: &mut CallHandle) {
        while let Some(piece) = self.queue.front_mut() {
            if handle.agent_queue_free() <= RING - AHEAD {
                return;
            }
            let last = piece.left + 1 == piece.frames.len();
            let frame = WireFrame {
                generation: self.generation,
                seq: piece.utterance.0,
                payload: piece.frames[piece.left],
                flags: if last && piece.ends { WireFrame::LAST } else { 0 },
                ..WireFrame::SILENCE
            };
            if handle.push_agent(&frame).is_err() {
                return;
            }
            piece.left += 1;
            if last {
                self.queue.pop_front();
            }
        }
    }

    /// A frame leaves. If it is the utterance's first: how long its audio has waited.
    pub(super) fn first_frame(&mut self, utterance: UtteranceId) -> Option<Duration> {
        if self.sounding.replace(utterance) == Some(utterance) {
            return None;
        }
        while let Some((waiting, since)) = self.waiting.pop_front() {
            if waiting == utterance {
                return Some(since.elapsed());
            }
        }
        Some(Duration::ZERO)
    }
}

/// Utterances whose mark may be on its way: all that fit into what may be sent again.
const MARKS: usize = 16;

/// The marks that follow utterances. One whose audio is cleared and sent again gets another name:
/// `u7`, then `u7.1`. `clear` returns the first at once, and that is no sign that it was heard.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Utterances whose end was sent again, and how often.
    again: VecDeque<(UtteranceId, u32)>,
}

impl Marks {
    fn times(&self, utterance: UtteranceId) -> u32 {
        self.again.iter().find(|(of, _)| *of == utterance).map_or(0, |(_, times)| *times)
    }

    /// The utterance's end is sent once more: marks sent before are void.
    pub(super) fn again(&mut self, utterance: UtteranceId) {
        let times = self.times(utterance) + 1;
        self.again.retain(|(of, _)| *of != utterance);
        if self.again.len() == MARKS {
            self.again.pop_front();
        }
        self.again.push_back((utterance, times));
    }

    /// The mark to send after the utterance.
    pub(super) fn name(&self, utterance: UtteranceId) -> String {
        match self.times(utterance) {
            0 => utterance.to_string(),
            times => format!("{utterance}.{times}"),
        }
    }

    /// The utterance that was heard; `None` for a name that is not ours or is void.
    pub(super) fn heard(&self, name: &str) -> Option<UtteranceId> {
        let id = name.strip_prefix('u')?;
        let (id, times) = match id.split_once('.') {
            Some((id, times)) => (id, times.parse().ok()?),
            None => (id, 0),
        };
        let utterance = UtteranceId(id.parse().ok()?);
        (times == self.times(utterance)).then_some(utterance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-AUD-003: what comes back because of our own `clear` was not heard.
    #[test]
    fn a_mark_that_was_sent_again_is_heard_once() {
        let mut marks = Marks::default();
        let seven = UtteranceId(7);
        let (first, other) = (marks.name(seven), marks.name(UtteranceId(8)));
        assert_eq!(marks.heard(&first), Some(seven));
        marks.again(seven);
        let second = marks.name(seven);
        assert_eq!(marks.heard(&first), None);
        assert_eq!((marks.heard(&second), marks.heard(&other)), (Some(seven), Some(UtteranceId(8))));
        marks.again(seven);
        assert_eq!((marks.heard(&second), marks.heard(&marks.name(seven))), (None, Some(seven)));
        for name in ["", "u", "x7", "u7.x", "u7.", "u7.9"] {
            assert_eq!(marks.heard(name), None, "{name}");
        }
    }
}
