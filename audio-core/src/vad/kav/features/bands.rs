//! Levels of 18 bands, spaced evenly in mel (S. S. Stevens and J. Volkmann, 1940; O'Shaughnessy's
//! formula) between 180 and 3,700 Hz: what a telephone lets through and a little on both sides.

use std::sync::OnceLock;

use super::{POWER_FLOOR, SHORT};
use crate::frame::WIRE_RATE;
use crate::math::ln;
use crate::spectrum::{PowerSpectrum, hann};

/// How many.
pub(super) const BANDS: usize = 18;
/// Bins of the short window's spectrum, 31.25 Hz each, up to 3,750 Hz: the tone veto looks at them too.
pub(super) const BINS: usize = crate::tone::BINS;
/// Lowest and highest edge in Hz.
const EDGES: (f64, f64) = (180.0, 3_700.0);

/// Bands that are summed at a time, and how many times.
const LANES: usize = 8;
const GROUPS: usize = BANDS.div_ceil(LANES);
/// Bins of all groups are fewer than this: only neighbours overlap.
const ROWS: usize = 2 * BINS;

/// Bins of eight bands.
#[derive(Clone, Copy, Debug)]
struct Group {
    first: usize,
    count: usize,
}

/// The filter bank: tables alone.
#[derive(Clone, Debug)]
pub(super) struct Bands {
    window: [f32; SHORT],
    fft: PowerSpectrum<{ SHORT / 2 }>,
    groups: [Group; GROUPS],
    /// Weights of triangular filters, each of which sums to 1: of eight at each bin of their group.
    weights: [[f32; LANES]; ROWS],
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
        let weight = |band: usize, bin: usize| {
            let (left, centre, right) = (edge(band), edge(band + 1), edge(band + 2));
            let f = bin as f64 * bin_hz;
            ((f - left) / (centre - left)).min((right - f) / (right - centre)).max(0.0)
        };
        let mut weights = [[0.0f32; LANES]; ROWS];
        let mut used = 0;
        let groups = core::array::from_fn(|group| {
            let bands = LANES * group..(LANES * (group + 1)).min(BANDS);
            let weighs = |&bin: &usize| bands.clone().any(|band| weight(band, bin) > 0.0);
            let first = (0..BINS).find(weighs).unwrap_or(0);
            let count = (first..BINS).take_while(weighs).count();
            for (lane, band) in bands.clone().enumerate() {
                let sum: f64 = (0..BINS).map(|bin| weight(band, bin)).sum();
                for (row, bin) in weights[used..used + count].iter_mut().zip(first..) {
                    row[lane] = (weight(band, bin) / sum) as f32;
                }
            }
            used += count;
            Group { first, count }
        });
        Self { window: hann(), fft: PowerSpectrum::new(), groups, weights }
    }

    /// Power spectrum of the short window.
    #[inline(always)]
    pub(super) fn spectrum(&self, samples: &[f32]) -> [f32; BINS] {
        self.fft.powers(samples, &self.window)
    }

    /// Natural logarithm of each band's mean power.
    #[inline(always)]
    pub(super) fn levels(&self, spectrum: &[f32; BINS]) -> [f32; BANDS] {
        let mut powers = [0.0f32; GROUPS * LANES];
        let mut weights = &self.weights[..];
        for (power, group) in powers.as_chunks_mut::<LANES>().0.iter_mut().zip(&self.groups) {
            let (these, rest) = weights.split_at(group.count);
            weights = rest;
            // A filter's sum goes from bin to bin, and past its ends nothing is added.
            let mut sums = [0.0f32; LANES];
            for (weights, &bin) in these.iter().zip(&spectrum[group.first..]) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += weight * bin;
                }
            }
            *power = sums;
        }
        let mut levels = [0.0f32; GROUPS * LANES];
        for (level, power) in levels.iter_mut().zip(&powers) {
            *level = ln(power + POWER_FLOOR);
        }
        *levels.first_chunk().expect("as many and more")
    }
}
