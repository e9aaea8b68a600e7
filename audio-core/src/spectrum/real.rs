//! The transform of a real block and its inverse, without the bin at half the sample rate.

use std::sync::OnceLock;

use super::Fft;
use crate::sys::vector::{Work, widest};

/// A spectrum of a real block: `N` bins from 0 up to but not including half the sample rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bins<const N: usize> {
    pub(crate) re: [f32; N],
    pub(crate) im: [f32; N],
}

impl<const N: usize> Bins<N> {
    pub(crate) const ZERO: Self = Self { re: [0.0; N], im: [0.0; N] };

    /// `|X|²` per bin.
    #[inline(always)]
    pub(crate) fn powers(&self) -> [f32; N] {
        let mut powers = [0.0; N];
        for ((power, re), im) in powers.iter_mut().zip(&self.re).zip(&self.im) {
            *power = re * re + im * im;
        }
        powers
    }
}

/// Transforms blocks of `2 · N` real samples with one complex FFT of `N` points.
#[derive(Clone, Debug)]
pub(crate) struct RealFft<const N: usize> {
    fft: Fft<N>,
    /// `exp(-2πi k / 2N)`.
    cos: [f32; N],
    sin: [f32; N],
}

impl RealFft<128> {
    /// The one that all calls of the process share: 4 kB of tables that every frame reads.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<RealFft<128>> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }
}

impl<const N: usize> RealFft<N> {
    pub(crate) fn new() -> Self {
        let turn = |k: usize| core::f64::consts::PI * k as f64 / N as f64;
        Self {
            fft: Fft::new(),
            cos: core::array::from_fn(|k| turn(k).cos() as f32),
            sin: core::array::from_fn(|k| -turn(k).sin() as f32),
        }
    }

    /// The spectrum of `block`: `2 · N` samples; more are ignored, missing ones are zeros.
    pub(crate) fn forward(&self, block: &[f32]) -> Bins<N> {
        widest(Forward(self, block))
    }

    #[inline(always)]
    fn to_bins(&self, block: &[f32]) -> Bins<N> {
        let (mut x, mut y) = (Bins::ZERO, Bins::ZERO);
        for ((re, im), pair) in x.re.iter_mut().zip(&mut x.im).zip(block.as_chunks::<2>().0) {
            (*re, *im) = (pair[0], pair[1]);
        }
        self.fft.transform((&mut x.re, &mut x.im), (&mut y.re, &mut y.im));
        let (re, im) = (&y.re, &y.im);
        (x.re[0], x.im[0]) = (re[0] + im[0], 0.0);
        for k in 1..N {
            let (even_re, even_im) = (0.5 * (re[k] + re[N - k]), 0.5 * (im[k] - im[N - k]));
            let (odd_re, odd_im) = (0.5 * (im[k] + im[N - k]), 0.5 * (re[N - k] - re[k]));
            x.re[k] = even_re + odd_re * self.cos[k] - odd_im * self.sin[k];
            x.im[k] = even_im + odd_re * self.sin[k] + odd_im * self.cos[k];
        }
        x
    }

    /// The block of which `x` is the spectrum, with nothing at half the sample rate.
    pub(crate) fn inverse(&self, x: &Bins<N>, block: &mut [f32]) {
        widest(Inverse(self, x, block));
    }

    #[inline(always)]
    fn to_block(&self, x: &Bins<N>, block: &mut [f32]) {
        let scale = 1.0 / N as f32;
        // The even samples' spectrum plus i times that of the odd ones, conjugated, so that the
        // forward transform inverts it.
        let (mut re, mut im) = ([0.0f32; N], [0.0f32; N]);
        for k in 0..N {
            let (mirror_re, mirror_im) = if k == 0 { (0.0, 0.0) } else { (x.re[N - k], -x.im[N - k]) };
            let (even_re, even_im) = (0.5 * (x.re[k] + mirror_re), 0.5 * (x.im[k] + mirror_im));
            let (turned_re, turned_im) = (0.5 * (x.re[k] - mirror_re), 0.5 * (x.im[k] - mirror_im));
            let odd_re = turned_re * self.cos[k] + turned_im * self.sin[k];
            let odd_im = turned_im * self.cos[k] - turned_re * self.sin[k];
            re[k] = scale * (even_re - odd_im);
            im[k] = -scale * (even_im + odd_re);
        }
        let mut y = Bins::ZERO;
        self.fft.transform((&mut re, &mut im), (&mut y.re, &mut y.im));
        for ((pair, re), im) in block.as_chunks_mut::<2>().0.iter_mut().zip(&y.re).zip(&y.im) {
            *pair = [*re, -*im];
        }
    }
}

struct Forward<'a, const N: usize>(&'a RealFft<N>, &'a [f32]);

impl<const N: usize> Work for Forward<'_, N> {
    type Out = Bins<N>;

    #[inline(always)]
    fn run(self) -> Bins<N> {
        self.0.to_bins(self.1)
    }
}

struct Inverse<'a, const N: usize>(&'a RealFft<N>, &'a Bins<N>, &'a mut [f32]);

impl<const N: usize> Work for Inverse<'_, N> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.0.to_block(self.1, self.2);
    }
}

#[cfg(test)]
mod tests {
    use super::{Bins, RealFft};

    fn noise(seed: u32) -> [f32; 256] {
        let mut state = seed;
        core::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        })
    }

    /// Against the sum that defines it, in double precision.
    #[test]
    fn it_is_the_discrete_fourier_transform() {
        let block = noise(1);
        let found = RealFft::<128>::new().forward(&block);
        for k in 0..128 {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, &x) in block.iter().enumerate() {
                let turn = core::f64::consts::TAU * ((k * n) % 256) as f64 / 256.0;
                re += f64::from(x) * turn.cos();
                im -= f64::from(x) * turn.sin();
            }
            assert!((f64::from(found.re[k]) - re).abs() < 1e-4, "bin {k}: {} and {re}", found.re[k]);
            assert!((f64::from(found.im[k]) - im).abs() < 1e-4, "bin {k}: {} and {im}", found.im[k]);
        }
    }

    #[test]
    fn the_inverse_gives_the_block_back_less_its_part_at_half_the_rate() {
        let fft = RealFft::<128>::new();
        let block = noise(2);
        let nyquist = block.iter().zip([1.0, -1.0].iter().cycle()).map(|(x, s)| x * s).sum::<f32>() / 256.0;
        let mut back = [0.0; 256];
        fft.inverse(&fft.forward(&block), &mut back);
        for (n, (x, y)) in block.iter().zip(&back).enumerate() {
            let without = x - if n % 2 == 0 { nyquist } else { -nyquist };
            assert!((without - y).abs() < 1e-5, "sample {n}: {without} and {y}");
        }
    }

    #[test]
    fn nothing_is_the_spectrum_of_silence() {
        assert_eq!(RealFft::<128>::new().forward(&[0.0; 256]), Bins::ZERO);
    }
}
