//! Pairs of known tones that lie too close for the spectrum: fitted by least squares.
//!
//! 440 and 480 Hz beat 40 times a second: in 32 ms they are one line whose level and frequency
//! wander. Their sines are known, so the weighted least-squares fit of both (four unknowns) says
//! how much of the block they explain and how strong each is. The normal equations' inverse
//! depends on the frequencies alone and is made once.

use super::BLOCK;
use super::goertzel_coefficient;
use crate::frame::WIRE_RATE;

/// In Hz: the North American precise tone plan (dial, ringback, busy) and the 400 + 450 Hz of
/// ringing in Britain and the lands that took its plan.
const PAIRS: [[f32; 2]; CLOSE_PAIRS] = [[350.0, 440.0], [440.0, 480.0], [480.0, 620.0], [400.0, 450.0]];
/// How many there are.
pub(super) const CLOSE_PAIRS: usize = 4;
/// Every frequency once, and where the pairs find theirs.
const HZ: [f32; 6] = [350.0, 400.0, 440.0, 450.0, 480.0, 620.0];
/// Least share of the weaker tone: 7 dB down.
const MIN_PARTNER: f32 = 0.15;

/// The fits of all pairs.
#[derive(Clone, Debug)]
pub(super) struct ClosePairs {
    coefficients: [f32; HZ.len()],
    /// By pair: places of its frequencies, and the inverse of its normal equations.
    fits: [([usize; 2], [[f32; 4]; 4]); CLOSE_PAIRS],
}

impl ClosePairs {
    /// Fits under the weights `window`.
    pub(super) fn new(window: &[f32; BLOCK]) -> Self {
        let place = |hz: f32| HZ.iter().position(|&known| known == hz).unwrap_or(0);
        Self {
            coefficients: HZ.map(goertzel_coefficient),
            fits: PAIRS.map(|pair| (pair.map(place), inverse(normal_equations(window, pair)))),
        }
    }

    /// Which pair explains most of the block, how much of `energy` (the weighted sum of squares)
    /// that is, and the mean square of both tones. `windowed` is the block times its weights.
    pub(super) fn best(&self, windowed: &[f32; BLOCK], energy: f32) -> Option<(usize, f32, f32)> {
        let projections = project(windowed, &self.coefficients);
        let fit = |index: usize| {
            let (places, inverse) = &self.fits[index];
            let [a, b] = places.map(|place| projections[place]);
            let seen = [a.0, a.1, b.0, b.1];
            let solved: [f32; 4] =
                core::array::from_fn(|row| inverse[row].iter().zip(&seen).map(|(m, s)| m * s).sum());
            let explained = solved.iter().zip(&seen).map(|(c, s)| c * s).sum::<f32>() / energy;
            let [low, high] = [[0, 1], [2, 3]].map(|[c, s]| 0.5 * (solved[c].powi(2) + solved[s].powi(2)));
            (low.min(high) >= MIN_PARTNER * (low + high)).then_some((index, explained, low + high))
        };
        (0..CLOSE_PAIRS).filter_map(fit).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// Sums of the block times cosine and sine, whose phase is 0 at the block's last sample (Goertzel).
fn project<const N: usize>(block: &[f32; BLOCK], coefficients: &[f32; N]) -> [(f32, f32); N] {
    let (mut s1, mut s2) = ([0.0f32; N], [0.0f32; N]);
    for &x in block {
        for k in 0..N {
            let s = x + coefficients[k] * s1[k] - s2[k];
            s2[k] = s1[k];
            s1[k] = s;
        }
    }
    core::array::from_fn(|k| {
        let cosine = 0.5 * coefficients[k];
        (s1[k] - cosine * s2[k], (1.0 - cosine * cosine).max(0.0).sqrt() * s2[k])
    })
}

fn normal_equations(window: &[f32; BLOCK], pair: [f32; 2]) -> [[f64; 4]; 4] {
    let mut sums = [[0.0f64; 4]; 4];
    for (n, &weight) in window.iter().enumerate() {
        // Samples before the last one.
        let age = (BLOCK - 1 - n) as f64;
        let turn = pair.map(|hz| core::f64::consts::TAU * f64::from(hz) / f64::from(WIRE_RATE) * age);
        let basis = [turn[0].cos(), turn[0].sin(), turn[1].cos(), turn[1].sin()];
        for (row, a) in sums.iter_mut().zip(basis) {
            for (cell, b) in row.iter_mut().zip(basis) {
                *cell += f64::from(weight) * a * b;
            }
        }
    }
    sums
}

/// Gauss–Jordan without pivoting: the matrix is symmetric and positive definite.
fn inverse(mut m: [[f64; 4]; 4]) -> [[f32; 4]; 4] {
    let mut out: [[f64; 4]; 4] =
        core::array::from_fn(|i| core::array::from_fn(|j| if i == j { 1.0 } else { 0.0 }));
    for i in 0..4 {
        let pivot = m[i][i];
        for j in 0..4 {
            m[i][j] /= pivot;
            out[i][j] /= pivot;
        }
        for row in (0..4).filter(|&row| row != i) {
            let factor = m[row][i];
            for j in 0..4 {
                m[row][j] -= factor * m[i][j];
                out[row][j] -= factor * out[i][j];
            }
        }
    }
    out.map(|row| row.map(|cell| cell as f32))
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, ClosePairs, PAIRS};
    use crate::spectrum::hann;

    fn block(parts: &[(f32, f32)]) -> [f32; BLOCK] {
        let wave = |n: usize, hz: f32| (core::f32::consts::TAU * hz * n as f32 / 8_000.0 + hz).sin();
        core::array::from_fn(|n| parts.iter().map(|&(hz, peak)| peak * wave(n, hz)).sum())
    }

    fn best(parts: &[(f32, f32)]) -> Option<(usize, f32, f32)> {
        let window: [f32; BLOCK] = hann();
        let block = block(parts);
        let windowed = core::array::from_fn(|n| block[n] * window[n]);
        let energy = block.iter().zip(&window).map(|(x, w)| x * x * w).sum();
        ClosePairs::new(&window).best(&windowed, energy)
    }

    #[test]
    fn each_pair_is_itself_and_a_tone_alone_is_none() {
        for (index, &[low, high]) in PAIRS.iter().enumerate() {
            let (found, explained, power) = best(&[(low, 0.1), (high, 0.2)]).expect("a pair");
            assert_eq!(found, index);
            assert!((explained - 1.0).abs() < 1e-3, "{explained}");
            assert!((power - 0.025).abs() < 1e-4, "{power}");
        }
        for hz in [350.0, 440.0, 480.0] {
            assert!(best(&[(hz, 0.1)]).is_none_or(|(_, explained, _)| explained < 0.9), "{hz} Hz");
        }
        assert!(best(&[(700.0, 0.1), (1_200.0, 0.1)]).is_none_or(|(_, explained, _)| explained < 0.5));
    }
}
