//! A complex FFT whose bits do not depend on the processor.
//!
//! Radix-4 steps in Stockham's order (W. T. Cochran et al., "What is the fast Fourier
//! transform?", 1967): every step reads one buffer and writes the other in natural order, so that
//! the compiler vectorises the inner loops and nothing is bit-reversed. rustfft and realfft pick
//! their instructions at run time; a detector that must decide alike on every machine cannot.

use core::f64::consts::TAU;

use crate::sys::vector::{Work, widest};

/// `exp(-2πi n k / N)` for one n and all k below `N / 4`; the rest of the arrays is not used.
#[derive(Clone, Debug)]
struct Twiddles<const N: usize> {
    cos: [f32; N],
    sin: [f32; N],
}

impl<const N: usize> Twiddles<N> {
    fn new(n: usize) -> Self {
        // In double precision: rounded to single, every platform's cosine is the same number.
        let turn = |k: usize| TAU * (n * k) as f64 / N as f64;
        Self {
            cos: core::array::from_fn(|k| turn(k).cos() as f32),
            sin: core::array::from_fn(|k| -turn(k).sin() as f32),
        }
    }
}

/// Tables for one length `N`, a power of two from 8 to 512.
#[derive(Clone, Debug)]
pub(crate) struct Fft<const N: usize> {
    twiddles: [Twiddles<N>; 3],
}

impl<const N: usize> Fft<N> {
    pub(crate) fn new() -> Self {
        const { assert!(N.is_power_of_two() && N >= 8 && N <= 512, "lengths that the passes know") };
        Self { twiddles: [Twiddles::new(1), Twiddles::new(2), Twiddles::new(3)] }
    }

    /// Transforms in place.
    pub(crate) fn forward(&self, re: &mut [f32; N], im: &mut [f32; N]) {
        widest(Forward(self, re, im));
    }

    /// [`forward`](Self::forward), as part of a greater piece of work.
    #[inline(always)]
    pub(super) fn transform(&self, re: &mut [f32; N], im: &mut [f32; N]) {
        let (mut other_re, mut other_im) = ([0.0f32; N], [0.0f32; N]);
        self.first(re, im, &mut other_re, &mut other_im);
        let mut stride = 4;
        let mut there = true;
        while stride < N {
            if there {
                self.pass(stride, &other_re, &other_im, re, im);
            } else {
                self.pass(stride, re, im, &mut other_re, &mut other_im);
            }
            there = !there;
            stride *= 4;
        }
        if there {
            (*re, *im) = (other_re, other_im);
        }
    }

    /// The first pass: groups of one number, so its vectors run over the groups.
    #[inline(always)]
    fn first(&self, xr: &[f32; N], xi: &[f32; N], yr: &mut [f32; N], yi: &mut [f32; N]) {
        let [w1, w2, w3] = &self.twiddles;
        let out = yr.as_chunks_mut::<4>().0.iter_mut().zip(yi.as_chunks_mut::<4>().0);
        for (p, (yr, yi)) in out.enumerate() {
            let x = |k: usize| (xr[p + k * N / 4], xi[p + k * N / 4]);
            let w = [(w1.cos[p], w1.sin[p]), (w2.cos[p], w2.sin[p]), (w3.cos[p], w3.sin[p])];
            let y = butterfly([x(0), x(1), x(2), x(3)], w);
            *yr = y.map(|y| y.0);
            *yi = y.map(|y| y.1);
        }
    }

    /// A later pass over groups of `stride` numbers.
    #[inline(always)]
    fn pass(&self, stride: usize, xr: &[f32; N], xi: &[f32; N], yr: &mut [f32; N], yi: &mut [f32; N]) {
        match (stride, stride * 4 <= N) {
            (4, true) => self.step::<4>(xr, xi, yr, yi),
            (16, true) => self.step::<16>(xr, xi, yr, yi),
            (64, true) => self.step::<64>(xr, xi, yr, yi),
            _ => {
                halve(xr, yr);
                halve(xi, yi);
            }
        }
    }

    /// Its vectors run within the groups.
    #[inline(always)]
    fn step<const STRIDE: usize>(&self, xr: &[f32; N], xi: &[f32; N], yr: &mut [f32; N], yi: &mut [f32; N]) {
        let [w1, w2, w3] = &self.twiddles;
        let (xr, xi) = (xr.as_chunks::<STRIDE>().0, xi.as_chunks::<STRIDE>().0);
        let yr = yr.as_chunks_mut::<STRIDE>().0.as_chunks_mut::<4>().0;
        let yi = yi.as_chunks_mut::<STRIDE>().0.as_chunks_mut::<4>().0;
        let quarter = xr.len() / 4;
        for (p, (yr, yi)) in yr.iter_mut().zip(yi).enumerate() {
            let k = p * STRIDE;
            let w = [(w1.cos[k], w1.sin[k]), (w2.cos[k], w2.sin[k]), (w3.cos[k], w3.sin[k])];
            let at = |n: usize| (&xr[p + n * quarter], &xi[p + n * quarter]);
            let (a, b, c, d) = (at(0), at(1), at(2), at(3));
            for q in 0..STRIDE {
                let x = [(a.0[q], a.1[q]), (b.0[q], b.1[q]), (c.0[q], c.1[q]), (d.0[q], d.1[q])];
                let y = butterfly(x, w);
                for n in 0..4 {
                    (yr[n][q], yi[n][q]) = y[n];
                }
            }
        }
    }
}

struct Forward<'a, const N: usize>(&'a Fft<N>, &'a mut [f32; N], &'a mut [f32; N]);

impl<const N: usize> Work for Forward<'_, N> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.0.transform(self.1, self.2);
    }
}

/// The last pass where the length is no power of 4: sums and differences.
#[inline(always)]
fn halve<const N: usize>(from: &[f32; N], to: &mut [f32; N]) {
    let (low, high) = from.split_at(N / 2);
    let (sum, difference) = to.split_at_mut(N / 2);
    for (((a, b), sum), difference) in low.iter().zip(high).zip(sum).zip(difference) {
        *sum = a + b;
        *difference = a - b;
    }
}

/// Four numbers become their discrete Fourier transform, turned by the twiddles.
#[inline(always)]
fn butterfly(x: [(f32, f32); 4], w: [(f32, f32); 3]) -> [(f32, f32); 4] {
    let [a, b, c, d] = x;
    let (sum, difference) = ((a.0 + c.0, a.1 + c.1), (a.0 - c.0, a.1 - c.1));
    let (other, across) = ((b.0 + d.0, b.1 + d.1), (b.0 - d.0, b.1 - d.1));
    [
        (sum.0 + other.0, sum.1 + other.1),
        times((difference.0 + across.1, difference.1 - across.0), w[0]),
        times((sum.0 - other.0, sum.1 - other.1), w[1]),
        times((difference.0 - across.1, difference.1 + across.0), w[2]),
    ]
}

#[inline(always)]
fn times(a: (f32, f32), w: (f32, f32)) -> (f32, f32) {
    (a.0 * w.0 - a.1 * w.1, a.0 * w.1 + a.1 * w.0)
}

#[cfg(test)]
mod tests {
    use super::Fft;

    /// Against the sum that defines it, in double precision.
    fn check<const N: usize>() {
        let mut seed = 1u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        };
        let (mut re, mut im) = ([0.0f32; N], [0.0f32; N]);
        re.iter_mut().chain(&mut im).for_each(|x| *x = next());
        let (from_re, from_im) = (re, im);
        Fft::<N>::new().forward(&mut re, &mut im);
        for k in 0..N {
            let (mut sum_re, mut sum_im) = (0.0f64, 0.0f64);
            for n in 0..N {
                let (sin, cos) = (-core::f64::consts::TAU * ((k * n) % N) as f64 / N as f64).sin_cos();
                sum_re += f64::from(from_re[n]) * cos - f64::from(from_im[n]) * sin;
                sum_im += f64::from(from_re[n]) * sin + f64::from(from_im[n]) * cos;
            }
            assert!((f64::from(re[k]) - sum_re).abs() < 1e-4, "N = {N}, bin {k}: {} and {sum_re}", re[k]);
            assert!((f64::from(im[k]) - sum_im).abs() < 1e-4, "N = {N}, bin {k}: {} and {sum_im}", im[k]);
        }
    }

    #[test]
    fn it_is_the_discrete_fourier_transform() {
        check::<8>();
        check::<16>();
        check::<32>();
        check::<64>();
        check::<128>();
        check::<256>();
        check::<512>();
    }
}
