//! A telephone line made of voice-like sound and silence, cut in frames.
#![allow(dead_code)]

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, WireFrame};

/// Builds a line piece by piece; lengths in frames of 20 ms.
pub(crate) struct Line {
    pcm: Vec<i16>,
    noise: u32,
}

impl Line {
    pub(crate) const fn new() -> Self {
        Self { pcm: Vec::new(), noise: 1 }
    }

    /// A quiet line: noise of RMS 6, about −75 dBFS.
    pub(crate) fn silence(mut self, frames: usize) -> Self {
        for _ in 0..frames * FRAME_SAMPLES {
            self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            self.pcm.push(((self.noise >> 27) as i16 - 16) / 2);
        }
        self
    }

    /// A vowel-like pulse train at 150 Hz through two formants, of the given RMS.
    pub(crate) fn voice(mut self, frames: usize, rms: f32) -> Self {
        let n = frames * FRAME_SAMPLES;
        let mut wave = vec![0.0f32; n];
        for (hz, decay) in [(600.0f32, 0.97f32), (1_400.0, 0.95)] {
            let w = std::f32::consts::TAU * hz / 8_000.0;
            let (mut y1, mut y2) = (0.0f32, 0.0f32);
            for (i, out) in wave.iter_mut().enumerate() {
                let pulse = if i % 53 == 0 { 1.0 } else { 0.0 };
                let y = pulse + 2.0 * decay * w.cos() * y1 - decay * decay * y2;
                (y2, y1) = (y1, y);
                *out += y;
            }
        }
        let power = wave.iter().map(|s| s * s).sum::<f32>() / n as f32;
        let gain = rms / power.sqrt();
        self.pcm.extend(wave.iter().map(|s| (s * gain) as i16));
        self
    }

    pub(crate) fn pcm(self) -> Vec<i16> {
        self.pcm
    }

    /// The line as wire frames, numbered and stamped from 0.
    pub(crate) fn frames(self) -> Vec<WireFrame> {
        let count = self.pcm.len() / FRAME_SAMPLES;
        (0..count).map(|n| wire(&self.pcm[n * FRAME_SAMPLES..], n as u32)).collect()
    }
}

/// The first 160 samples as wire frame number `seq`.
pub(crate) fn wire(pcm: &[i16], seq: u32) -> WireFrame {
    let mut frame = WireFrame { seq, timestamp: seq * 160, ..WireFrame::SILENCE };
    ulaw::encode_slice(pcm, &mut frame.payload);
    frame
}
