//! The agent's audio on its way out: to the engine, and from the engine to the socket.

use audio_core::frame::WireFrame;

use super::{Driver, numbers};
use crate::session::UtteranceId;
use crate::tape::{Payload, Wire, WireInput};

impl Driver {
    /// The agent's audio: to the engine what it should hold, to the socket what it gives.
    pub(super) fn move_audio(&mut self) {
        self.playout.fill(&mut self.handle);
        while let Some(frame) = self.handle.pop_wire() {
            self.send_audio(&frame);
        }
    }

    fn send_audio(&mut self, frame: &WireFrame) {
        let utterance = UtteranceId(frame.seq);
        if frame.replaces() > 0 {
            // What follows takes the place of what the far end had still to play.
            self.socket.clear();
            let (at, generation) = (frame.timestamp, frame.generation);
            self.record(Wire::TakeBack { at, generation, frames: frame.replaces() as u32 });
        }
        self.socket.media(frame);
        self.record(Wire::MediaOut {
            at: frame.timestamp,
            generation: frame.generation,
            utterance,
            last: frame.is_last(),
            payload: Payload(frame.payload),
        });
        // A frame that is sent again is none that begins to sound.
        let first = if frame.is_again() { None } else { self.playout.first_frame(utterance) };
        if let Some(waited) = first {
            metrics::histogram!(numbers::PROVIDER_TO_OUT).record(waited.as_secs_f64());
            if !std::mem::replace(&mut self.greeted, true) {
                metrics::histogram!(numbers::GREETING).record(self.accepted.elapsed().as_secs_f64());
            }
            if let Some(ended) = self.unanswered.take() {
                metrics::histogram!(numbers::RESPONSE).record(ended.elapsed().as_secs_f64());
                self.status.answered(ended.elapsed());
            }
            self.feed(WireInput::Playing(utterance));
        }
        if frame.is_last() {
            if frame.is_again() {
                self.marks.again(utterance);
            }
            self.socket.mark(&self.marks.name(utterance));
            self.record(Wire::MarkOut { utterance });
        }
    }
}
