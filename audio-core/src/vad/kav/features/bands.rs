//! Levels of 18 bands, spaced evenly in mel (S. S. Stevens and J. Volkmann, 1940; O'Shaughnessy's
//! formula) between 180 and 3,700 Hz: what a telephone lets through and a little on both sides.

use std::sync::OnceLock;

use super::super::math::ln;
use super::{POWER_FLOOR, SHORT};
use crate::frame::WIRE_RATE;
use crate::spectrum::{PowerSpectrum, hann};

/// How many.
pub(super) const BANDS: usize = 18;
/// Bins of the short window's spectrum, 31.25 Hz each.
pub(super) const BINS: usize = SHORT / 2;
/// Lowest and highest edge in Hz.
const EDGES: (f64, f64) = (180.0, 3_700.0);

/// One triangular filter; its weights sum to 1.
#[derive(Clone, Copy, Debug)]
struct Filter {
    first: usize,
    count: usize,
}

/// The filter bank: tables alone.
#[derive(Clone, Debug)]
pub(super) struct Bands {
    window: [f32; SHORT],
    fft: PowerSpectrum<BINS>,
    filters: [Filter; BANDS],
    /// Weights of all filters, one after the other.
    weights: [f32; 2 * BINS],
}

impl Bands {
    /// Built once a process.
    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Bands> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    fn new() -> Self {
        let mel = |hz: f64| 2_595.0 * (1.0 + hz / 700.0).log10();
        let hz = |mel: f64| 700.0 * (10f64.powf(mel / 2_595.0) - 1.0);
        let (low, high) = (mel(EDGES.0), mel(EDGES.1));
        let edge = |n: usize| hz(low + (high - low) * n as f64 / (BANDS + 1) as f64);
        let bin_hz = f64::from(WIRE_RATE) / SHORT as f64;
        let mut weights = [0.0f32; 2 * BINS];
        let mut used = 0;
        let filters = core::array::from_fn(|band| {
            let (left, centre, right) = (edge(band), edge(band + 1), edge(band + 2));
            let weight = |bin: usize| {
                let f = bin as f64 * bin_hz;
                ((f - left) / (centre - left)).min((right - f) / (right - centre)).max(0.0)
            };
            let sum: f64 = (0..BINS).map(weight).sum();
            let first = (0..BINS).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
            let count = (first..BINS).take_while(|&bin| weight(bin) > 0.0).count();
            for (slot, bin) in weights[used..used + count].iter_mut().zip(first..) {
                *slot = (weight(bin) / sum) as f32;
            }
            used += count;
            Filter { first, count }
        });
        Self { window: hann(), fft: PowerSpectrum::new(), filters, weights }
    }

    /// Power spectrum of the short window.
    #[inline(always)]
    pub(super) fn spectrum(&self, samples: &[f32]) -> [f32; BINS] {
        let mut windowed = [0.0f32; SHORT];
        for ((out, x), w) in windowed.iter_mut().zip(samples).zip(&self.window) {
            *out = x * w;
        }
        self.fft.powers(&windowed)
    }

    /// Natural logarithm of each band's mean power.
    #[inline(always)]
    pub(super) fn levels(&self, spectrum: &[f32; BINS]) -> [f32; BANDS] {
        let mut weights = &self.weights[..];
        self.filters.map(|filter| {
            let (these, rest) = weights.split_at(filter.count);
            weights = rest;
            let power: f32 = these.iter().zip(&spectrum[filter.first..]).map(|(w, p)| w * p).sum();
            ln(power + POWER_FLOOR)
        })
    }
}
