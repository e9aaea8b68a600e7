//! What a short-time spectrum looks like: one line, two lines, or neither.

use super::{BINS, BLOCK};
use crate::frame::WIRE_RATE;

const BIN_HZ: f32 = WIRE_RATE as f32 / BLOCK as f32;
/// Bins in which a line may peak: 94 to 3,531 Hz.
const FIRST: usize = 3;
const LAST: usize = 113;
/// Bins on both sides that belong to a line: the Hann window's main lobe.
const LOBE: usize = 2;
/// Least distance of two lines in bins; nearer ones are for the least-squares fit.
const APART: usize = 5;
/// Least share of the weaker of two lines: 13 dB down.
const MIN_PARTNER: f32 = 0.05;
/// Ratios of two lines that may be partials of one voice, and how near counts. No two tones of
/// DTMF and none of the plans are that near to any.
const HARMONIC: [f32; 5] = [2.0, 3.0, 4.0, 1.5, 4.0 / 3.0];
const NEAR: f32 = 0.012;

/// The lines of a spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// One line.
    Single {
        /// Its frequency.
        hz: f32,
    },
    /// Two lines, the lower one first.
    Pair {
        /// Their frequencies.
        hz: [f32; 2],
    },
    /// One of the close pairs.
    Close {
        /// Which.
        index: usize,
    },
}

impl Shape {
    /// How far apart two shapes are in Hz, if they are of one kind.
    pub(super) fn distance(self, other: Self) -> Option<f32> {
        match (self, other) {
            (Self::Single { hz: a }, Self::Single { hz: b }) => Some((a - b).abs()),
            // The weaker line of a pair is measured less exactly.
            (Self::Pair { hz: a }, Self::Pair { hz: b }) => {
                Some((a[0] - b[0]).abs().max((a[1] - b[1]).abs()) / 1.5)
            }
            (Self::Close { index: a }, Self::Close { index: b }) => (a == b).then_some(0.0),
            _ => None,
        }
    }
}

/// The lines of a power spectrum and the share of the power in them, if that is at least `least`.
/// `share` has each bin's share of the whole.
pub(super) fn lines(share: &[f32; BINS], least: f32) -> Option<(Shape, f32)> {
    let first = strongest(share, |_| true)?;
    let alone = lobe(share, first, |_| true);
    if alone >= least {
        return Some((Shape::Single { hz: frequency(share, first) }, alone));
    }
    // Both lobes can hold no more than this; most spectra of speech end here.
    let outside = |k: usize| k.abs_diff(first) > LOBE;
    let second = strongest(share, outside)?;
    let partner = lobe(share, second, outside);
    let hz = [frequency(share, first.min(second)), frequency(share, first.max(second))];
    let harmonic = HARMONIC.iter().any(|ratio| (hz[1] / hz[0] / ratio - 1.0).abs() < NEAR);
    let pair = first.abs_diff(second) >= APART && partner >= MIN_PARTNER && !harmonic;
    (pair && alone + partner >= least).then_some((Shape::Pair { hz }, alone + partner))
}

fn strongest(share: &[f32; BINS], open: impl Fn(usize) -> bool) -> Option<usize> {
    (FIRST..=LAST).filter(|&k| open(k)).max_by(|&a, &b| share[a].total_cmp(&share[b]))
}

fn lobe(share: &[f32; BINS], peak: usize, open: impl Fn(usize) -> bool) -> f32 {
    (peak - LOBE..=peak + LOBE).filter(|&k| open(k)).map(|k| share[k]).sum()
}

/// From the magnitudes at −1, 0 and +1 bin, exact for a Hann window and one line.
fn frequency(share: &[f32; BINS], peak: usize) -> f32 {
    let [below, middle, above] = [share[peak - 1], share[peak], share[peak + 1]].map(f32::sqrt);
    let delta = 2.0 * (above - below) / (below + 2.0 * middle + above).max(f32::MIN_POSITIVE);
    (peak as f32 + delta) * BIN_HZ
}
