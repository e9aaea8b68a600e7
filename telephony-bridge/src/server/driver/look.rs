//! What the audio threads and the providers have for a call, and what is due in it.

use audio_core::frame::FRAME_SAMPLES;
use audio_core::pipeline::PipelineEvent;

use super::{ARRIVALS, Driver};
use crate::providers::{RealtimeOutput, TtsOutput, length_ms};
use crate::session::TtsEvent;
use crate::tape::{Wire, WireInput};

impl Driver {
    /// Looks at what the audio threads and the providers have, and at what is due.
    pub(super) fn look(&mut self) {
        self.push_backlog();
        while let Some(clean) = self.handle.pop_clean() {
            let seq = clean.at.0 as usize / FRAME_SAMPLES;
            let age = self.arrivals[seq % ARRIVALS].elapsed();
            self.in_to_provider.record(age.as_secs_f64());
            self.providers.hear(&clean);
            // Its decisions came before it, and are taken below.
            self.followed = clean.at.0 + FRAME_SAMPLES as u64;
        }
        while let Some(event) = self.handle.pop_event() {
            if let PipelineEvent::Flushed { at, generation } = event {
                self.record(Wire::Flush { at: at.0, generation });
            } else {
                self.feed(WireInput::Speech(event));
            }
        }
        while self.session.poll_timeout().is_some_and(|at| at <= self.clock.now()) {
            self.feed(WireInput::Timeout);
        }
        self.poll_providers();
        self.move_audio();
    }

    /// What the providers have come up with, in the order in which the session is to know.
    pub(super) fn poll_providers(&mut self) {
        let now = self.clock.now();
        loop {
            if let Some(output) = self.providers.poll_direct(now) {
                self.feed(match output {
                    RealtimeOutput::Heard(turn, result) => WireInput::Stt(turn, result),
                    RealtimeOutput::Answer(turn, event) => WireInput::Llm(turn, event),
                    RealtimeOutput::Direct(direct) => {
                        self.status.direct(direct);
                        WireInput::Direct(direct)
                    }
                });
            } else if let Some((turn, result)) = self.providers.stt.poll(now) {
                self.feed(WireInput::Stt(turn, result));
            } else if let Some((turn, event)) = self.providers.llm.poll(now) {
                self.feed(WireInput::Llm(turn, event));
            } else if let Some(output) = self.providers.poll_speech(now) {
                match output {
                    TtsOutput::Audio { utterance, frames } => {
                        let ms = length_ms(&frames);
                        self.playout.audio(utterance, frames);
                        self.feed(WireInput::Tts(utterance, TtsEvent::Audio { ms }));
                    }
                    TtsOutput::Event { utterance, event } => {
                        self.playout.end(utterance);
                        self.feed(WireInput::Tts(utterance, event));
                    }
                }
            } else {
                return;
            }
        }
    }
}
