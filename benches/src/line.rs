//! A caller who never hangs up.

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WireFrame};

/// Wire frames without end: a recording in a loop, numbered and stamped like a stream.
#[derive(Clone, Debug)]
pub struct Line {
    payloads: Vec<[u8; FRAME_SAMPLES]>,
    skip: usize,
    seq: u32,
}

impl Line {
    /// Loops `frames`, which must not be empty, from the frame number `skip` on.
    pub fn new(frames: &[PcmFrame], skip: usize) -> Self {
        let payloads = frames.iter().map(|frame| frame.map(ulaw::encode)).collect();
        Self { payloads, skip, seq: 0 }
    }

    /// A silent line.
    pub fn silent() -> Self {
        Self::new(&[[0; FRAME_SAMPLES]], 0)
    }

    /// The number of the next frame.
    pub fn next_seq(&self) -> u32 {
        self.seq
    }

    /// The next 20 ms.
    pub fn next_frame(&mut self) -> WireFrame {
        let seq = self.seq;
        self.seq = seq.wrapping_add(1);
        WireFrame {
            seq,
            timestamp: seq.wrapping_mul(FRAME_SAMPLES as u32),
            payload: self.payloads[(self.skip + seq as usize) % self.payloads.len()],
            ..WireFrame::SILENCE
        }
    }
}
