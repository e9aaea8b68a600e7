//! What is measured on a concealed signal.

use std::time::{Duration, Instant};

use audio_core::jitter::conceal::Concealer;

use crate::repetition::{DELAY, Repetition};

/// How gaps are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Zeros.
    Silence,
    /// The Appendix I style of pitch repetition, 3.75 ms late.
    Repetition,
    /// `Concealer`, without what follows.
    Alone,
    /// `Concealer`, with the 10 ms that follow where they arrived.
    Next,
}

impl Method {
    pub(crate) const ALL: [Self; 4] = [Self::Silence, Self::Repetition, Self::Alone, Self::Next];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Repetition => "repetition",
            Self::Alone => "ours",
            Self::Next => "ours-next",
        }
    }
}

/// Samples of lead-in that are never lost: 100 ms.
const LEAD: usize = 800;
/// Frames below this RMS (−50 dBFS) do not count as active.
const ACTIVE: f64 = 104.0;

/// Which frames of a signal are lost: each one independently.
pub(crate) fn losses(samples: usize, frame: usize, percent: f64, seed: u64) -> Vec<bool> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut lost = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as f64 / 2f64.powi(31)) < percent / 100.0
    };
    (0..samples / frame).map(|n| lost() && n * frame >= LEAD && (n + 2) * frame + 80 <= samples).collect()
}

/// Time taken by calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost {
    calls: Vec<Duration>,
}

impl Cost {
    fn time(&mut self, call: impl FnOnce()) {
        let start = Instant::now();
        call();
        self.calls.push(start.elapsed());
    }

    pub(crate) fn median_us(&mut self) -> f64 {
        self.calls.sort_unstable();
        self.calls.get(self.calls.len() / 2).map_or(0.0, |call| call.as_secs_f64() * 1e6)
    }
}

/// Sums over all files, seeds and erased frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    signal: f64,
    error: f64,
    per_frame: f64,
    active: u32,
    pub(crate) frames: u32,
    joins: [f64; 2],
    pub(crate) good: Cost,
    pub(crate) lost: Cost,
}

impl Totals {
    /// Pooled erased-frame SNR, dB.
    pub(crate) fn snr(&self) -> f64 {
        10.0 * (self.signal / self.error).log10()
    }

    /// Mean of the SNRs of the active erased frames, dB.
    pub(crate) fn frame_snr(&self) -> f64 {
        self.per_frame / f64::from(self.active.max(1))
    }

    /// Energy of the second differences across the joins, against the same in the clean signal, dB.
    pub(crate) fn roughness(&self) -> f64 {
        10.0 * (self.joins[0] / self.joins[1]).log10()
    }

    /// Degrades a signal and adds up what it cost; returns it, without delay.
    pub(crate) fn run(&mut self, method: Method, clean: &[i16], lost: &[bool], frame: usize) -> Vec<i16> {
        let mut out = clean.to_vec();
        match method {
            Method::Silence => {
                for (n, _) in lost.iter().enumerate().filter(|(_, lost)| **lost) {
                    out[n * frame..(n + 1) * frame].fill(0);
                }
            }
            Method::Repetition => self.repetition(clean, &mut out, lost, frame),
            Method::Alone | Method::Next => self.ours(method == Method::Next, clean, &mut out, lost, frame),
        }
        self.compare(clean, &out, lost, frame);
        out
    }

    fn repetition(&mut self, clean: &[i16], out: &mut [i16], lost: &[bool], frame: usize) {
        let mut repetition = Repetition::new();
        for (n, pcm) in clean.chunks_exact(80).enumerate() {
            let mut played = [0; 80];
            let gone = lost.get(n * 80 / frame).copied().unwrap_or(false);
            let cost = if gone { &mut self.lost } else { &mut self.good };
            cost.time(|| repetition.block((!gone).then_some(pcm), &mut played));
            let start = (n * 80).saturating_sub(DELAY);
            let skipped = DELAY.saturating_sub(n * 80);
            out[start..start + 80 - skipped].copy_from_slice(&played[skipped..]);
        }
    }

    fn ours(&mut self, with_next: bool, clean: &[i16], out: &mut [i16], lost: &[bool], frame: usize) {
        let mut concealer = Concealer::new();
        for (n, &gone) in lost.iter().enumerate() {
            let span = n * frame..(n + 1) * frame;
            let arrived = lost.get(n + 1) == Some(&false);
            let next = clean.get(span.end..span.end + 80).filter(|_| with_next && arrived);
            let block = &mut out[span];
            if gone {
                self.lost.time(|| concealer.conceal(block, next));
            } else {
                self.good.time(|| concealer.good(block));
            }
        }
    }

    fn compare(&mut self, clean: &[i16], out: &[i16], lost: &[bool], frame: usize) {
        let bend = |x: &[i16], i: usize| f64::from(x[i - 1]) - 2.0 * f64::from(x[i]) + f64::from(x[i + 1]);
        for (n, &gone) in lost.iter().enumerate() {
            if n > 0 && gone != lost[n - 1] {
                for i in [n * frame - 1, n * frame] {
                    self.joins[0] += bend(out, i).powi(2);
                    self.joins[1] += bend(clean, i).powi(2);
                }
            }
            if !gone {
                continue;
            }
            let span = n * frame..(n + 1) * frame;
            let pairs = clean[span.clone()].iter().zip(&out[span]);
            let (mut signal, mut error) = (0.0, 0.0);
            for (&clean, &out) in pairs {
                signal += f64::from(clean).powi(2);
                error += (f64::from(clean) - f64::from(out)).powi(2);
            }
            self.frames += 1;
            self.signal += signal;
            self.error += error;
            if signal > ACTIVE * ACTIVE * frame as f64 {
                self.active += 1;
                self.per_frame += 10.0 * (signal / error.max(1.0)).log10();
            }
        }
    }
}
