//! Spectra of real signals, with the same bits on every processor.

mod fft;
mod real;

pub(crate) use fft::Fft;
pub(crate) use real::{Bins, RealFft};

use crate::sys::vector::{Work, widest};

/// The power spectrum of `2 · N` real samples through a complex FFT of `N` points on even and odd
/// samples, taken apart afterwards.
#[derive(Clone, Debug)]
pub(crate) struct PowerSpectrum<const N: usize> {
    fft: Fft<N>,
    /// `exp(-2πi k / 2N)`.
    cos: [f32; N],
    sin: [f32; N],
}

impl<const N: usize> PowerSpectrum<N> {
    pub(crate) fn new() -> Self {
        let turn = |k: usize| core::f64::consts::PI * k as f64 / N as f64;
        Self {
            fft: Fft::new(),
            cos: core::array::from_fn(|k| turn(k).cos() as f32),
            sin: core::array::from_fn(|k| -turn(k).sin() as f32),
        }
    }

    /// `|X|²` of the first `K` bins, which lie below half the sample rate, of a block times a window, both
    /// of `2 · N` samples.
    pub(crate) fn powers<const K: usize>(&self, block: &[f32], window: &[f32]) -> [f32; K] {
        widest(Powers(self, block, window))
    }

    #[inline(always)]
    fn transform<const K: usize>(&self, block: &[f32], window: &[f32]) -> [f32; K] {
        const { assert!(K <= N, "bins below half the sample rate") };
        let (mut re, mut im) = ([0.0f32; N], [0.0f32; N]);
        let pairs = block.as_chunks::<2>().0.iter().zip(window.as_chunks::<2>().0);
        for ((re, im), (pair, window)) in re.iter_mut().zip(&mut im).zip(pairs) {
            (*re, *im) = (pair[0] * window[0], pair[1] * window[1]);
        }
        let (mut to_re, mut to_im) = ([0.0f32; N], [0.0f32; N]);
        self.fft.transform((&mut re, &mut im), (&mut to_re, &mut to_im));
        let (re, im) = (&to_re, &to_im);
        let mut powers = [0.0f32; K];
        powers[0] = (re[0] + im[0]) * (re[0] + im[0]);
        for k in 1..K {
            let (even_re, even_im) = (0.5 * (re[k] + re[N - k]), 0.5 * (im[k] - im[N - k]));
            let (odd_re, odd_im) = (0.5 * (im[k] + im[N - k]), 0.5 * (re[N - k] - re[k]));
            let x_re = even_re + odd_re * self.cos[k] - odd_im * self.sin[k];
            let x_im = even_im + odd_re * self.sin[k] + odd_im * self.cos[k];
            powers[k] = x_re * x_re + x_im * x_im;
        }
        powers
    }
}

struct Powers<'a, const N: usize, const K: usize>(&'a PowerSpectrum<N>, &'a [f32], &'a [f32]);

impl<const N: usize, const K: usize> Work for Powers<'_, N, K> {
    type Out = [f32; K];

    #[inline(always)]
    fn run(self) -> [f32; K] {
        self.0.transform(self.1, self.2)
    }
}

/// A periodic Hann window of `N` samples, in double precision and then rounded.
pub(crate) fn hann<const N: usize>() -> [f32; N] {
    core::array::from_fn(|n| (0.5 - 0.5 * (core::f64::consts::TAU * n as f64 / N as f64).cos()) as f32)
}

#[cfg(test)]
mod tests {
    use super::PowerSpectrum;

    /// Against the sum that defines it, in double precision.
    #[test]
    fn the_powers_are_those_of_the_discrete_fourier_transform() {
        let mut seed = 1u32;
        let block: [f32; 256] = core::array::from_fn(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        });
        let found = PowerSpectrum::<128>::new().powers::<128>(&block, &[1.0; 256]);
        for (k, &found) in found.iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, &x) in block.iter().enumerate() {
                let turn = core::f64::consts::TAU * (k * n) as f64 / 256.0;
                re += f64::from(x) * turn.cos();
                im -= f64::from(x) * turn.sin();
            }
            let exact = re * re + im * im;
            assert!((f64::from(found) - exact).abs() < 1e-3 * (1.0 + exact), "bin {k}: {found}, {exact}");
        }
    }
}
