//! The far side of a call: a caller, the telephone at their ear, and the line back.

use std::sync::Arc;
use std::time::Duration;

use audio_core::codec::ulaw;
use audio_core::engine::CallHandle;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WireFrame};

/// The agent's replies last five seconds each.
const REPLY_FRAMES: u32 = 250;
/// Agent frames kept waiting in the engine.
const AHEAD: usize = 6;
/// Frames from the ear back to the engine: 40 to 120 ms.
const DELAYS: [usize; 5] = [2, 3, 4, 5, 6];
const PLAYED: usize = 8;
/// −18 dB.
const ECHO_GAIN: f32 = 0.126;

/// What everybody says, in loops.
#[derive(Debug)]
pub(crate) struct Voices {
    caller: Vec<PcmFrame>,
    agent: Vec<[u8; FRAME_SAMPLES]>,
}

impl Voices {
    /// From the fixture call `booking`.
    pub(crate) fn new() -> Arc<Self> {
        let tape = benches::tape("booking");
        let said: Vec<i16> = tape.agent_clips.iter().flatten().flatten().copied().collect();
        let agent = benches::frames(&said).iter().map(|frame| frame.map(ulaw::encode)).collect();
        Arc::new(Self { caller: benches::frames(&tape.caller), agent })
    }
}

/// One call's far side.
#[derive(Debug)]
pub(crate) struct FarSide {
    voices: Arc<Voices>,
    /// Where in the loops this call is.
    skip: usize,
    /// When its next frame is due, since the beginning.
    pub(crate) due: Duration,
    echo: Option<usize>,
    sent: u32,
    fed: u32,
    /// Received and not yet played; a ring.
    waiting: [[u8; FRAME_SAMPLES]; PLAYED],
    received: usize,
    started: usize,
    /// What was played lately; a ring.
    played: [PcmFrame; PLAYED],
}

impl FarSide {
    /// Call `number`; its frames are due from `due` on.
    pub(crate) fn new(voices: Arc<Voices>, number: usize, due: Duration, echo: bool) -> Self {
        Self {
            voices,
            skip: number * 37,
            due,
            echo: echo.then(|| DELAYS[number % DELAYS.len()]),
            sent: 0,
            fed: 0,
            waiting: [[0xff; FRAME_SAMPLES]; PLAYED],
            received: 0,
            started: 0,
            played: [[0; FRAME_SAMPLES]; PLAYED],
        }
    }

    /// The agent's side: keeps some of its speech waiting.
    pub(crate) fn feed(&mut self, call: &mut CallHandle) {
        while call.agent_queue_free() > 32 - AHEAD {
            let payload = self.voices.agent[(self.skip + self.fed as usize) % self.voices.agent.len()];
            let frame = WireFrame {
                seq: self.fed / REPLY_FRAMES,
                generation: call.generation(),
                payload,
                ..WireFrame::SILENCE
            };
            if call.push_agent(&frame).is_err() {
                break;
            }
            self.fed += 1;
        }
    }

    /// Takes what the engine has for the line, for recognition and for the session.
    pub(crate) fn receive(&mut self, call: &mut CallHandle) {
        while let Some(frame) = call.pop_wire() {
            self.waiting[self.received % PLAYED] = frame.payload;
            self.received += 1;
            self.started = self.started.max(self.received.saturating_sub(PLAYED));
        }
        while call.pop_clean().is_some() {}
        while call.pop_event().is_some() {}
    }

    /// 20 ms: plays a frame, and sends what the microphone hears.
    pub(crate) fn speak(&mut self, call: &mut CallHandle) {
        let now = self.sent as usize;
        let heard = if self.started < self.received {
            self.started += 1;
            self.waiting[(self.started - 1) % PLAYED].map(ulaw::decode)
        } else {
            [0; FRAME_SAMPLES]
        };
        self.played[now % PLAYED] = heard;
        let mut line = self.voices.caller[(self.skip + now) % self.voices.caller.len()];
        if let Some(delay) = self.echo {
            for (sample, echo) in line.iter_mut().zip(&self.played[(now + PLAYED - delay) % PLAYED]) {
                *sample = sample.saturating_add((f32::from(*echo) * ECHO_GAIN) as i16);
            }
        }
        let frame = WireFrame {
            seq: self.sent,
            timestamp: self.sent.wrapping_mul(FRAME_SAMPLES as u32),
            payload: line.map(ulaw::encode),
            ..WireFrame::SILENCE
        };
        // A full ring is counted by the engine and reported as lost.
        let _ = call.push_wire(&frame);
        self.sent += 1;
    }
}
