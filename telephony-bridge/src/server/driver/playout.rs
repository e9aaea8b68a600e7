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

/// Audio that waits.
#[derive(Debug, Default)]
pub(super) struct Playout {
    queue: VecDeque<WireFrame>,
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
        let generation = self.generation;
        self.queue.extend(frames.into_iter().map(|payload| WireFrame {
            generation,
            seq: utterance.0,
            payload,
            ..WireFrame::SILENCE
        }));
    }

    /// No more audio will come for the utterance: its last frame is followed by a mark.
    pub(super) fn end(&mut self, utterance: UtteranceId) {
        match self.queue.back_mut().filter(|frame| frame.seq == utterance.0) {
            Some(frame) => frame.flags |= WireFrame::LAST,
            // All of it has left already: silence carries the mark.
            None => self.queue.push_back(WireFrame {
                generation: self.generation,
                seq: utterance.0,
                flags: WireFrame::LAST,
                ..WireFrame::SILENCE
            }),
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
        while handle.agent_queue_free() > RING - AHEAD {
            let Some(frame) = self.queue.front() else { return };
            if handle.push_agent(frame).is_err() {
                return;
            }
            self.queue.pop_front();
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

/// The mark that follows an utterance.
pub(super) fn mark_name(utterance: UtteranceId) -> String {
    utterance.to_string()
}

/// The utterance a mark follows; `None` for a name that is not ours.
pub(super) fn utterance_of(name: &str) -> Option<UtteranceId> {
    name.strip_prefix('u')?.parse().ok().map(UtteranceId)
}
