//! The far end in virtual time: what it plays, and what of that comes back on the caller's line.

use std::collections::VecDeque;

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WireFrame};
use audio_core::tape::EchoPath;

use crate::session::UtteranceId;

/// What the far end has buffered: played first in, first out, 20 ms at a time.
#[derive(Debug, Default)]
pub(super) struct FarEnd {
    queue: VecDeque<WireFrame>,
}

impl FarEnd {
    pub(super) fn push(&mut self, frame: WireFrame) {
        self.queue.push_back(frame);
    }

    /// What was pushed last is the end of its utterance.
    pub(super) fn end_utterance(&mut self) {
        if let Some(frame) = self.queue.back_mut() {
            frame.flags |= WireFrame::LAST;
        }
    }

    /// The next 20 ms, or nothing.
    pub(super) fn play(&mut self) -> Option<WireFrame> {
        self.queue.pop_front()
    }

    /// Silences at once. Returns the utterances whose end was still to be played: their marks
    /// come back now.
    pub(super) fn clear(&mut self) -> Vec<UtteranceId> {
        self.queue.drain(..).filter(WireFrame::is_last).map(|frame| UtteranceId(frame.seq)).collect()
    }
}

/// Tail of a seeded echo path: 64 ms.
const SEEDED_TAPS: usize = 512;

/// A linear echo path at 8 kHz: delay, gain, impulse response.
#[derive(Debug)]
pub(super) struct EchoLine {
    ir: Vec<f32>,
    delay: usize,
    /// What was played, oldest first; long enough for delay and tail.
    history: Vec<f32>,
    /// Samples since something was played.
    quiet: usize,
}

impl EchoLine {
    pub(super) fn new(path: &EchoPath) -> Self {
        let gain = 10f64.powf(path.gain_db / 20.0);
        let shape = match (&path.ir, path.seed) {
            (Some(ir), _) => ir.clone(),
            (None, Some(seed)) => seeded_ir(seed),
            (None, None) => vec![1.0],
        };
        let ir: Vec<f32> = shape.iter().map(|tap| (tap * gain) as f32).collect();
        let delay = (path.delay_ms.max(0.0) * 8.0).round() as usize;
        let history = vec![0.0; delay + ir.len() + FRAME_SAMPLES];
        Self { ir, delay, history, quiet: usize::MAX / 2 }
    }

    /// The echo heard during the 20 ms in which `played` is played.
    pub(super) fn process(&mut self, played: Option<&WireFrame>) -> [f32; FRAME_SAMPLES] {
        self.history.drain(..FRAME_SAMPLES);
        match played {
            Some(frame) => {
                self.history.extend(frame.payload.iter().map(|&code| f32::from(ulaw::decode(code))));
            }
            None => self.history.extend([0.0; FRAME_SAMPLES]),
        }
        let mut echo = [0.0; FRAME_SAMPLES];
        self.quiet = if played.is_some() { 0 } else { self.quiet + FRAME_SAMPLES };
        if self.quiet >= self.history.len() {
            return echo;
        }
        // Tap by tap over the whole frame: each sample's sum is made in the order of the taps all the
        // same, and the samples beside it are made with it.
        let newest = self.history.len() - FRAME_SAMPLES - self.delay;
        for (tap, gain) in self.ir.iter().enumerate() {
            let heard = &self.history[newest - tap..][..FRAME_SAMPLES];
            for (sum, sample) in echo.iter_mut().zip(heard) {
                *sum += gain * sample;
            }
        }
        echo
    }
}

/// A decaying random response of unit energy.
fn seeded_ir(seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut uniform = || {
        // SplitMix64 (Steele, Lea, Flood 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut ir: Vec<f64> = (0..SEEDED_TAPS)
        .map(|i| {
            // A sum of uniforms is close enough to normal for an echo path.
            let normal = (0..4).map(|_| uniform()).sum::<f64>() - 2.0;
            normal * (-5.0 * i as f64 / SEEDED_TAPS as f64).exp()
        })
        .collect();
    let energy: f64 = ir.iter().map(|tap| tap * tap).sum();
    for tap in &mut ir {
        *tap /= energy.sqrt();
    }
    ir
}

/// What is on the caller's line: the caller and the echo, as the wire carries them.
pub(super) fn mixed(caller: &PcmFrame, echo: Option<&[f32; FRAME_SAMPLES]>) -> [u8; FRAME_SAMPLES] {
    let Some(echo) = echo else { return caller.map(ulaw::encode) };
    std::array::from_fn(|i| {
        let sum = f32::from(caller[i]) + echo[i];
        ulaw::encode(sum.round().clamp(-32_768.0, 32_767.0) as i16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone_frame(n: u32) -> WireFrame {
        let payload = std::array::from_fn(|i| {
            let t = (n as usize * FRAME_SAMPLES + i) as f32 / 8_000.0;
            ulaw::encode((8_000.0 * (2_765.0 * t).sin()) as i16)
        });
        WireFrame { payload, ..WireFrame::SILENCE }
    }

    #[test]
    fn echo_comes_back_delayed_and_weaker() {
        let path = EchoPath { delay_ms: 20.0, gain_db: -20.0, ir: None, seed: None };
        let mut echo = EchoLine::new(&path);
        let first = tone_frame(0);
        assert!(echo.process(Some(&first)).iter().all(|&x| x == 0.0));
        let back = echo.process(None);
        for (e, code) in back.iter().zip(first.payload) {
            assert!((e - 0.1 * f32::from(ulaw::decode(code))).abs() < 0.01);
        }
        assert!(echo.process(None).iter().all(|&x| x == 0.0));
    }

    /// Sample by sample, as the sum is defined: not a bit differs, silence and delays included.
    #[test]
    fn the_echo_is_the_convolution_to_the_last_bit() {
        for (delay_ms, seed) in [(0.0, 1), (180.0, 2), (33.3, 3)] {
            let path = EchoPath { delay_ms, gain_db: -9.0, ir: None, seed: Some(seed) };
            let mut echo = EchoLine::new(&path);
            let gain = 10f64.powf(-9.0 / 20.0);
            let ir: Vec<f32> = seeded_ir(seed).iter().map(|tap| (tap * gain) as f32).collect();
            let delay = (delay_ms * 8.0f64).round() as usize;
            let mut played: Vec<f32> = Vec::new();
            for n in 0..60 {
                let frame = (n % 30 < 9).then(|| tone_frame(n));
                let codes = frame.map_or([0xff; FRAME_SAMPLES], |frame| frame.payload);
                played.extend(codes.iter().map(|&code| f32::from(ulaw::decode(code))));
                let expected = |i: usize| -> f32 {
                    let at = (n as usize * FRAME_SAMPLES + i).checked_sub(delay);
                    let sample =
                        |tap: usize| at.and_then(|at| at.checked_sub(tap)).map_or(0.0, |at| played[at]);
                    ir.iter().enumerate().map(|(tap, gain)| gain * sample(tap)).sum()
                };
                let heard = echo.process(frame.as_ref());
                assert!((0..FRAME_SAMPLES).all(|i| heard[i] == expected(i)), "frame {n}, {delay_ms} ms");
            }
        }
    }

    #[test]
    fn a_seeded_path_keeps_the_gain() {
        let energy: f64 = seeded_ir(7).iter().map(|tap| tap * tap).sum();
        assert!((energy - 1.0).abs() < 1e-9);
        assert_ne!(seeded_ir(7), seeded_ir(8));
    }

    #[test]
    fn clear_returns_the_outstanding_marks() {
        let mut far = FarEnd::default();
        far.push(WireFrame { seq: 3, ..WireFrame::SILENCE });
        far.push(WireFrame { seq: 3, flags: WireFrame::LAST, ..WireFrame::SILENCE });
        assert_eq!(far.clear(), [UtteranceId(3)]);
        assert_eq!(far.play(), None);
    }
}
