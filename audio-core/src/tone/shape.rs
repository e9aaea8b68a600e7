//! What a short-time spectrum looks like: one line, two lines, or neither.

use core::ops::RangeInclusive;

use super::{BINS, BLOCK};
use crate::frame::WIRE_RATE;
use crate::sys::vector::greatest;

const BIN_HZ: f32 = WIRE_RATE as f32 / BLOCK as f32;
/// Bins in which a line may peak: 94 to 3,531 Hz.
const FIRST: usize = 3;
const LAST: usize = 113;
/// Bins on both sides that belong to a line: the Hann window's main lobe.
const LOBE: usize = 2;
const _: () = assert!(LOBE <= FIRST && LAST + LOBE < BINS, "lobes that lie within the spectrum");
const _: () = assert!((BINS - 1).is_multiple_of(8), "the whole spectrum in vectors, but for its first bin");
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

/// Sums of a spectrum's bins are this exact at least.
const EXACT: f32 = 0.999;

/// Can neither the lines of a power spectrum nor the bins of a `band` hold this share of the whole? Said
/// of most spectra of speech, and only where it is sure: no two lobes hold more than twice the strongest
/// one, and the whole is no less than these bins together (Parseval).
#[inline(always)]
pub(super) fn is_spread(powers: &[f32; BINS], least: f32, band: RangeInclusive<usize>) -> bool {
    const LOBES: usize = BINS - 2 * LOBE;
    let mut lobes = [0.0f32; LOBES];
    for (n, lobe) in lobes.iter_mut().enumerate() {
        *lobe = powers[n] + powers[n + 1] + powers[n + 2] + powers[n + 3] + powers[n + 4];
    }
    let mut sums = [0.0f32; 8];
    for powers in powers[1..].as_chunks::<8>().0 {
        for (sum, power) in sums.iter_mut().zip(powers) {
            *sum += power;
        }
    }
    let most = (2.0 * greatest(&lobes)).max(powers[band].iter().sum());
    most < EXACT * least * sums.iter().sum::<f32>()
}

/// The lines of a power spectrum and the share of the power in them, if that is at least `least`.
/// `share` has each bin's share of the whole.
#[inline(always)]
pub(super) fn lines(share: &[f32; BINS], least: f32) -> Option<(Shape, f32)> {
    let first = strongest(share);
    let alone = lobe(share, first);
    if alone >= least {
        return Some((Shape::Single { hz: frequency(share, first) }, alone));
    }
    // Both lobes can hold no more than this; most spectra of speech end here.
    let mut outside = *share;
    outside[first - LOBE..=first + LOBE].fill(TAKEN);
    let second = strongest(&outside);
    let partner = lobe(&outside, second);
    let hz = [frequency(share, first.min(second)), frequency(share, first.max(second))];
    let harmonic = HARMONIC.iter().any(|ratio| (hz[1] / hz[0] / ratio - 1.0).abs() < NEAR);
    let pair = first.abs_diff(second) >= APART && partner >= MIN_PARTNER && !harmonic;
    (pair && alone + partner >= least).then_some((Shape::Pair { hz }, alone + partner))
}

/// A bin of another line: no share.
const TAKEN: f32 = -1.0;

/// The last of the greatest shares. As whole numbers, several at a time: those of positive floats are in
/// the same order, and those of negative ones below them.
#[inline(always)]
fn strongest(share: &[f32; BINS]) -> usize {
    let bits = |k: usize| share[k].to_bits() as i32;
    let greatest = (FIRST..=LAST).fold(i32::MIN, |greatest, k| greatest.max(bits(k)));
    (FIRST..=LAST).fold(0, |last, k| last.max(if bits(k) == greatest { k as i32 } else { 0 })) as usize
}

#[inline(always)]
fn lobe(share: &[f32; BINS], peak: usize) -> f32 {
    share[peak - LOBE..=peak + LOBE].iter().filter(|&&share| share != TAKEN).sum()
}

/// From the magnitudes at −1, 0 and +1 bin, exact for a Hann window and one line.
fn frequency(share: &[f32; BINS], peak: usize) -> f32 {
    let [below, middle, above] = [share[peak - 1], share[peak], share[peak + 1]].map(f32::sqrt);
    let delta = 2.0 * (above - below) / (below + 2.0 * middle + above).max(f32::MIN_POSITIVE);
    (peak as f32 + delta) * BIN_HZ
}

#[cfg(test)]
mod tests {
    use super::super::{BINS, BLOCK};
    use super::is_spread;
    use crate::spectrum::{PowerSpectrum, hann};

    fn spread(block: [f32; BLOCK]) -> bool {
        let powers: [f32; BINS] = PowerSpectrum::<{ BLOCK / 2 }>::new().powers(&block, &hann::<BLOCK>());
        is_spread(&powers, 0.9, 8..=23)
    }

    #[test]
    fn noise_and_pulses_are_spread_and_tones_are_not() {
        let mut seed = 1u32;
        let mut noise = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        };
        for _ in 0..100 {
            assert!(spread(core::array::from_fn(&mut noise)), "noise");
        }
        // From 42 to 400 pulses a second.
        for period in 20..190 {
            assert!(spread(core::array::from_fn(|n| if n % period == 7 { 0.5 } else { 0.0 })), "{period}");
        }
        let sine = |hz: f32, n: usize| (core::f32::consts::TAU * hz * n as f32 / 8_000.0).sin();
        for hz in (100..3_500).step_by(10) {
            assert!(!spread(core::array::from_fn(|n| sine(hz as f32, n))), "{hz} Hz");
        }
        assert!(!spread([0.0; BLOCK]), "silence is nothing");
    }
}
