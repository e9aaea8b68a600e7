//! The power spectrum of 256 real samples: a 128-point complex FFT (Cooley and Tukey, 1965) on
//! even and odd samples, taken apart afterwards. No allocation after construction.

use core::f32::consts::TAU;

/// Samples in a block.
pub(super) const BLOCK: usize = 256;
/// Bins of the spectrum, from 0 up to but not including half the sample rate.
pub(super) const BINS: usize = BLOCK / 2;

/// Tables for one block length.
#[derive(Clone, Debug)]
pub(super) struct RealFft {
    /// `exp(-2πi k / BLOCK)` for k below `BINS`: cosine, sine.
    twiddles: [(f32, f32); BINS],
}

impl RealFft {
    pub(super) fn new() -> Self {
        let turn = |k: usize| TAU * k as f32 / BLOCK as f32;
        Self { twiddles: core::array::from_fn(|k| (turn(k).cos(), -turn(k).sin())) }
    }

    /// `|X|²` of every bin.
    pub(super) fn powers(&self, block: &[f32; BLOCK]) -> [f32; BINS] {
        // Sample 2n is the real part and 2n + 1 the imaginary part of the n-th complex sample.
        let reversed = |n: usize| n.reverse_bits() >> (usize::BITS - BINS.ilog2());
        let mut z: [(f32, f32); BINS] = core::array::from_fn(|n| {
            let from = reversed(n);
            (block[2 * from], block[2 * from + 1])
        });
        let mut half = 1;
        while half < BINS {
            let stride = BINS / half;
            for group in z.chunks_exact_mut(2 * half) {
                let (low, high) = group.split_at_mut(half);
                for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                    let t = times(*b, self.twiddles[k * stride]);
                    (*a, *b) = ((a.0 + t.0, a.1 + t.1), (a.0 - t.0, a.1 - t.1));
                }
            }
            half *= 2;
        }
        core::array::from_fn(|k| {
            let (a, b) = (z[k], z[(BINS - k) % BINS]);
            let even = (0.5 * (a.0 + b.0), 0.5 * (a.1 - b.1));
            let odd = times((0.5 * (a.1 + b.1), 0.5 * (b.0 - a.0)), self.twiddles[k]);
            let (re, im) = (even.0 + odd.0, even.1 + odd.1);
            re * re + im * im
        })
    }
}

fn times(a: (f32, f32), b: (f32, f32)) -> (f32, f32) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, RealFft};

    /// Against the sum that defines it, in double precision.
    #[test]
    fn the_powers_are_those_of_the_discrete_fourier_transform() {
        let mut seed = 1u32;
        let block: [f32; BLOCK] = core::array::from_fn(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        });
        let found = RealFft::new().powers(&block);
        for (k, &found) in found.iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, &x) in block.iter().enumerate() {
                let turn = core::f64::consts::TAU * (k * n) as f64 / BLOCK as f64;
                re += f64::from(x) * turn.cos();
                im -= f64::from(x) * turn.sin();
            }
            let exact = re * re + im * im;
            assert!((f64::from(found) - exact).abs() < 1e-3 * (1.0 + exact), "bin {k}: {found}, {exact}");
        }
    }
}
