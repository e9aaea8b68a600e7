//! Is there a voice's pitch? Two answers from one 64 ms window, both as autocorrelations at 4 kHz
//! (Wiener and Khinchin): of the waveform, which is right on clean lines, and of the ripple that
//! harmonics leave in the compressed spectrum (a cepstrum of sorts: A. M. Noll, 1967; power ¼ as
//! in T. Tolonen and M. Karjalainen, 2000, for its steadiness in noise).

use core::ops::Range;
use std::sync::OnceLock;

use super::SPAN;
use crate::math::ln;
use crate::spectrum::{Fft, PowerSpectrum, hann};
use crate::sys::vector::greatest;

/// Bins of the window's spectrum, 15.6 Hz each: as many as are looked at.
const BINS: usize = LAST_BIN + SMOOTH + 1;
/// The part that takes part: 94 to 1,750 Hz.
const FIRST_BIN: usize = 6;
const LAST_BIN: usize = 112;
const PART: Range<usize> = FIRST_BIN..LAST_BIN + 1;
/// What is ripple and what is shape: a mean over this many bins to both sides.
const SMOOTH: usize = 8;
/// Points of the transform back, which makes lags of ¼ ms.
const LAGS: usize = 256;
/// Pitch from 62 to 400 Hz.
const SHORTEST: usize = 10;
const LONGEST: usize = 64;
const CANDIDATES: usize = LONGEST - SHORTEST + 1;
/// In whole vectors.
const WHOLE: usize = CANDIDATES.next_multiple_of(8);
/// How far a pitch may move in one frame to be the same, in lags.
const NEAR: usize = 2;

/// Features of this file.
pub(super) const COUNT: usize = 5;

/// Built once a process.
#[derive(Debug)]
struct Tables {
    window: [f32; SPAN],
    fft: PowerSpectrum<{ SPAN / 2 }>,
    back: Fft<LAGS>,
    /// 1 / the window's own autocorrelation.
    taper: [f32; SHORTEST + WHOLE],
    /// Logarithms to base 2 of all lags.
    octaves: [f32; LONGEST + 1],
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
        let octaves = |lag: usize| if lag == 0 { 0.0 } else { ln(lag as f32) / core::f32::consts::LN_2 };
        let octaves = core::array::from_fn(octaves);
        Self { window, fft: PowerSpectrum::new(), back: Fft::new(), taper, octaves }
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

    /// The spectrum of the newest 64 ms and its shape. Apart from what is found in it, so that other work can be done
    /// while the processor waits for the shape's sums, each of which needs the one before.
    #[inline(always)]
    pub(super) fn spectrum(&self, samples: &[f32; SPAN]) -> Spectrum {
        let Tables { window, fft, .. } = self.tables;
        let powers: [f32; BINS] = fft.powers(samples, window);
        let mut compressed = [0.0f32; BINS];
        for (compressed, power) in compressed.iter_mut().zip(&powers) {
            *compressed = power.sqrt().sqrt();
        }
        let Smoothed { sums, whole } = smooth(&compressed);
        Spectrum { powers, compressed, sums, whole }
    }

    /// Highest waveform autocorrelation, highest ripple autocorrelation, their sum where the pitch
    /// was a frame ago, how far the pitch moved, and the pitch, in octaves.
    #[inline(always)]
    pub(super) fn push(&mut self, spectrum: &Spectrum) -> [f32; COUNT] {
        let Tables { back, taper, octaves, .. } = self.tables;
        let Spectrum { powers, compressed, sums, whole } = spectrum;
        // Both sequences are real and even, so one complex transform does them at once.
        let (mut wave, mut ripple) = ([0.0f32; LAGS], [0.0f32; LAGS]);
        wave[PART].copy_from_slice(&powers[PART]);
        let shape = sums[PART].iter().zip(&COUNTS[PART]);
        for ((above, level), (sum, count)) in ripple[PART].iter_mut().zip(&compressed[PART]).zip(shape) {
            *above = level - sum / count;
        }
        mirror(&mut wave);
        mirror(&mut ripple);
        let (mut waves, mut ripples) = ([0.0f32; LAGS], [0.0f32; LAGS]);
        back.forward([&mut wave, &mut ripple], [&mut waves, &mut ripples]);
        let scale = (1.0 / (waves[0] + 1e-6), 1.0 / (whole + 1e-3));
        let (mut wave, mut ripple, mut both) = ([0.0f32; WHOLE], [0.0f32; WHOLE], [0.0f32; WHOLE]);
        let found = waves[SHORTEST..].iter().zip(&ripples[SHORTEST..]).zip(&taper[SHORTEST..]);
        for (((wave, ripple), both), ((&w, &r), &taper)) in
            wave.iter_mut().zip(&mut ripple).zip(&mut both).zip(found)
        {
            (*wave, *ripple) = (w * scale.0 * taper, r * scale.1);
            *both = *wave + *ripple;
        }
        wave[CANDIDATES..].fill(f32::NEG_INFINITY);
        ripple[CANDIDATES..].fill(f32::NEG_INFINITY);
        both[CANDIDATES..].fill(f32::NEG_INFINITY);
        let lag = SHORTEST + first_greatest(&both);
        let near =
            self.last.saturating_sub(SHORTEST + NEAR)..(self.last + NEAR + 1 - SHORTEST).min(CANDIDATES);
        let kept = greatest(&both[near]);
        let moved = (octaves[lag] - octaves[self.last]).abs();
        self.last = lag;
        [2.0 * greatest(&wave), 4.0 * greatest(&ripple), kept, moved.min(1.0), octaves[lag] - 4.5]
    }
}

/// What is looked at for a pitch.
pub(super) struct Spectrum {
    powers: [f32; BINS],
    compressed: [f32; BINS],
    sums: [f32; BINS],
    whole: f32,
}

/// The bins that take part, again below the end.
#[inline(always)]
fn mirror(bins: &mut [f32; LAGS]) {
    let (low, high) = bins.split_at_mut(LAGS / 2);
    let high = &mut high[LAGS / 2 - LAST_BIN..LAGS / 2 - FIRST_BIN + 1];
    for (to, from) in high.iter_mut().zip(low[PART].iter().rev()) {
        *to = *from;
    }
}

/// A compressed spectrum's shape.
struct Smoothed {
    /// The sum around each bin, of as many bins as [`COUNTS`] says.
    sums: [f32; BINS],
    /// What the ripple's autocorrelation is measured against: the whole compressed spectrum, so that
    /// accidental ripple on a flat one stays small.
    whole: f32,
}

/// The first bin whose sum is whole: the left edge of those before is cut off below the second bin.
const UNCUT: usize = FIRST_BIN + SMOOTH / 2 + 1;

/// Bins in the sum around each one.
const COUNTS: [f32; BINS] = {
    let mut counts = [(2 * SMOOTH + 1) as f32; BINS];
    let mut k = FIRST_BIN;
    while k < UNCUT {
        counts[k] = (k + 1 + SMOOTH + SMOOTH / 2 - FIRST_BIN) as f32;
        k += 1;
    }
    counts
};

#[inline(always)]
fn smooth(compressed: &[f32; BINS]) -> Smoothed {
    let mut sum: f32 = compressed[FIRST_BIN - SMOOTH / 2..FIRST_BIN + SMOOTH].iter().sum();
    let mut sums = [0.0f32; BINS];
    let mut whole = 0.0f32;
    for k in FIRST_BIN..UNCUT {
        sum += compressed[k + SMOOTH];
        sums[k] = sum;
        whole += compressed[k];
    }
    let edges = compressed[UNCUT + SMOOTH..].iter().zip(&compressed[UNCUT - SMOOTH - 1..]);
    for ((out, level), (right, left)) in
        sums[UNCUT..LAST_BIN + 1].iter_mut().zip(&compressed[UNCUT..]).zip(edges)
    {
        sum += right;
        sum -= left;
        *out = sum;
        whole += level;
    }
    Smoothed { sums, whole: 2.0 * whole }
}

/// Where the greatest number is; the first of several that are equal.
#[inline(always)]
fn first_greatest(numbers: &[f32; WHOLE]) -> usize {
    // Whole numbers in the same order; a negative zero becomes a positive one.
    let mut keys = [0i32; WHOLE];
    for (key, number) in keys.iter_mut().zip(numbers) {
        let bits = (number + 0.0).to_bits() as i32;
        *key = bits ^ ((bits >> 31) & i32::MAX);
    }
    let greatest = keys.iter().fold(i32::MIN, |greatest, &key| greatest.max(key));
    let mut first = i32::MAX;
    for (n, &key) in (0i32..).zip(&keys) {
        first = first.min(if key == greatest { n } else { i32::MAX });
    }
    first as usize
}
