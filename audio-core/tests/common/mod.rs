//! A telephone line made of voice-like sound and silence, cut in frames.
#![allow(dead_code)]

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, WireFrame};

/// Builds a line piece by piece; lengths in frames of 20 ms.
pub(crate) struct Line {
    pcm: Vec<i16>,
    noise: u32,
    /// Samples of voice so far: a voice goes on where it stopped.
    said: usize,
    /// Mean pitch in Hz; another pitch is another person, with other words.
    pitch: f32,
}

impl Line {
    pub(crate) const fn new() -> Self {
        Self::of(140.0)
    }

    /// Another person: two voices of one waveform would be each other's echo.
    pub(crate) const fn of(pitch: f32) -> Self {
        Self { pcm: Vec::new(), noise: pitch as u32, said: pitch as usize * 61, pitch }
    }

    /// A quiet line: noise of RMS 6, about −75 dBFS.
    pub(crate) fn silence(mut self, frames: usize) -> Self {
        for _ in 0..frames * FRAME_SAMPLES {
            self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            self.pcm.push(((self.noise >> 27) as i16 - 16) / 2);
        }
        self
    }

    /// Babbling at a pitch that rises and falls: a vowel, then a fricative, four
    /// times a second. Every frame has the given RMS.
    pub(crate) fn voice(mut self, frames: usize, rms: f32) -> Self {
        const VOWELS: [(f32, f32); 4] =
            [(750.0, 1_250.0), (400.0, 2_000.0), (500.0, 1_000.0), (350.0, 2_300.0)];
        let n = frames * FRAME_SAMPLES;
        let mut wave = Vec::with_capacity(n);
        let (mut phase, mut state, mut formants) = (0.0f32, [[0.0f32; 2]; 2], VOWELS[0]);
        for i in self.said..self.said + n {
            let (syllable, within) = (i / 2_000, i % 2_000);
            let vowel = VOWELS[syllable % VOWELS.len()];
            formants.0 += (vowel.0 - formants.0) / 200.0;
            formants.1 += (vowel.1 - formants.1) / 200.0;
            let pitch = self.pitch + 25.0 * (i as f32 / 2_600.0).sin() - 15.0 * within as f32 / 2_000.0;
            phase += pitch / 8_000.0;
            let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase -= pulse;
            let hiss = self.next_noise();
            let source = if within >= 1_520 { 0.15 * hiss } else { pulse + 0.01 * hiss };
            let mut out = if within >= 1_520 { 0.5 * hiss } else { 0.0 };
            for (state, (hz, decay)) in state.iter_mut().zip([(formants.0, 0.97f32), (formants.1, 0.95)]) {
                let w = std::f32::consts::TAU * hz / 8_000.0;
                let y = source + 2.0 * decay * w.cos() * state[0] - decay * decay * state[1];
                *state = [y, state[0]];
                out += y;
            }
            wave.push(out);
        }
        self.said += n;
        for frame in wave.chunks(FRAME_SAMPLES) {
            let power = frame.iter().map(|s| s * s).sum::<f32>() / FRAME_SAMPLES as f32;
            self.pcm.extend(frame.iter().map(|s| (s * rms / power.sqrt().max(1e-6)) as i16));
        }
        self
    }

    /// White, in [-1, 1).
    fn next_noise(&mut self) -> f32 {
        self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.noise >> 8) as f32 / (1 << 23) as f32 - 1.0
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
