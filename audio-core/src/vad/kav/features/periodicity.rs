//! Is there a voice's pitch? Two answers from one 64 ms window, both as autocorrelations at 4 kHz
//! (Wiener and Khinchin): of the waveform, which is right on clean lines, and of the ripple that
//! harmonics leave in the compressed spectrum (a cepstrum of sorts: A. M. Noll, 1967; power ¼ as
//! in T. Tolonen and M. Karjalainen, 2000, for its steadiness in noise).

use std::sync::OnceLock;

use super::SPAN;
use crate::spectrum::{Fft, PowerSpectrum, hann};

/// Bins of the window's spectrum, 15.6 Hz each, up to 4 kHz.
const BINS: usize = SPAN / 2;
/// The part that takes part: 94 to 1,750 Hz.
const FIRST_BIN: usize = 6;
const LAST_BIN: usize = 112;
/// What is ripple and what is shape: a mean over this many bins to both sides.
const SMOOTH: usize = 8;
/// Points of the transform back, which makes lags of ¼ ms.
const LAGS: usize = 256;
/// Pitch from 62 to 400 Hz.
const SHORTEST: usize = 10;
const LONGEST: usize = 64;
/// How far a pitch may move in one frame to be the same, in lags.
const NEAR: usize = 2;

/// Features of this file.
pub(super) const COUNT: usize = 5;

/// Built once a process.
#[derive(Debug)]
struct Tables {
    window: [f32; SPAN],
    fft: PowerSpectrum<BINS>,
    back: Fft<LAGS>,
    /// 1 / the window's own autocorrelation.
    taper: [f32; LONGEST + 1],
}

impl Tables {
    fn shared() -> &'static Self {
        static SHARED: OnceLock<Tables> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    fn new() -> Self {
        let window = hann::<SPAN>();
        let overlap = |lag: usize| {
            let pairs = window.iter().zip(&window[2 * lag..]);
            pairs.map(|(a, b)| f64::from(a * b)).sum::<f64>()
        };
        let taper = core::array::from_fn(|lag| (overlap(0) / overlap(lag)) as f32);
        Self { window, fft: PowerSpectrum::new(), back: Fft::new(), taper }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Periodicity {
    tables: &'static Tables,
    /// Lag of the frame before.
    last: usize,
}

impl Periodicity {
    pub(super) fn new() -> Self {
        Self { tables: Tables::shared(), last: SHORTEST }
    }

    pub(super) fn reset(&mut self) {
        self.last = SHORTEST;
    }

    /// Highest waveform autocorrelation, highest ripple autocorrelation, their sum where the pitch
    /// was a frame ago, how far the pitch moved, and the pitch, in octaves.
    #[inline(always)]
    pub(super) fn push(&mut self, samples: &[f32; SPAN]) -> [f32; COUNT] {
        let Tables { window, fft, back, taper } = self.tables;
        let mut windowed = [0.0f32; SPAN];
        for ((out, x), w) in windowed.iter_mut().zip(samples).zip(window) {
            *out = x * w;
        }
        let powers = fft.powers(&windowed);
        // Both sequences are real and even, so one complex transform does them at once.
        let (mut wave, mut ripple) = ([0.0f32; LAGS], [0.0f32; LAGS]);
        let compressed = powers.map(|p| p.sqrt().sqrt());
        let mut sum: f32 = compressed[FIRST_BIN - SMOOTH / 2..FIRST_BIN + SMOOTH].iter().sum();
        let mut count = (SMOOTH + SMOOTH / 2) as f32;
        for k in FIRST_BIN..=LAST_BIN {
            // The mean's left edge is cut off below the second bin.
            sum += compressed[k + SMOOTH];
            count += 1.0;
            if k > FIRST_BIN + SMOOTH / 2 {
                sum -= compressed[k - SMOOTH - 1];
                count -= 1.0;
            }
            (wave[k], wave[LAGS - k]) = (powers[k], powers[k]);
            let above = compressed[k] - sum / count;
            (ripple[k], ripple[LAGS - k]) = (above, above);
        }
        back.forward(&mut wave, &mut ripple);
        let scale = (1.0 / (wave[0] + 1e-6), 1.0 / (whole(&compressed) + 1e-3));
        let at = |lag: usize| (wave[lag] * scale.0 * taper[lag], ripple[lag] * scale.1);
        let (mut best_wave, mut best_ripple, mut best, mut lag) = (0.0f32, 0.0f32, f32::MIN, SHORTEST);
        let mut kept = 0.0f32;
        for candidate in SHORTEST..=LONGEST {
            let (wave, ripple) = at(candidate);
            best_wave = best_wave.max(wave);
            best_ripple = best_ripple.max(ripple);
            let both = wave + ripple;
            if both > best {
                (best, lag) = (both, candidate);
            }
            if candidate.abs_diff(self.last) <= NEAR {
                kept = kept.max(both);
            }
        }
        let octaves = |lag: usize| super::super::math::ln(lag as f32) / core::f32::consts::LN_2;
        let moved = (octaves(lag) - octaves(self.last)).abs();
        self.last = lag;
        [2.0 * best_wave, 4.0 * best_ripple, kept, moved.min(1.0), octaves(lag) - 4.5]
    }
}

/// What the ripple's autocorrelation is measured against: the whole compressed spectrum, so that
/// accidental ripple on a flat one stays small.
fn whole(compressed: &[f32; BINS]) -> f32 {
    2.0 * compressed[FIRST_BIN..=LAST_BIN].iter().sum::<f32>()
}
