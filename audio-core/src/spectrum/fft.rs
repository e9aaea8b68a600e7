//! A complex FFT whose bits do not depend on the processor.
//!
//! Radix-4 steps in Stockham's order (W. T. Cochran et al., "What is the fast Fourier
//! transform?", 1967): every step reads one buffer and writes the other in natural order, so that
//! the compiler vectorises the inner loops and nothing is bit-reversed. The groups of the first two
//! steps are short, so these run across the groups and their results are turned once, as a whole.
//! rustfft and realfft pick at run time between instructions that round differently; a detector that
//! must decide alike on every machine cannot. Here the vectors' width is all that is picked.

use core::f64::consts::TAU;

use crate::sys::turn::turn;
use crate::sys::vector::{Work, widest};

/// `exp(-2πi n k / N)` for n from 1 to 3, one row after the other, and every `stride`-th k below `N / 4`;
/// the rest of the arrays is not used.
#[derive(Clone, Debug)]
struct Twiddles<const N: usize> {
    cos: [f32; N],
    sin: [f32; N],
}

impl<const N: usize> Twiddles<N> {
    fn new(stride: usize) -> Self {
        let row = N / 4 / stride;
        // In double precision: rounded to single, every platform's cosine is the same number.
        let turn = |at: usize| TAU * ((at / row + 1) * (at % row * stride)) as f64 / N as f64;
        let used = |at: usize| at < 3 * row;
        Self {
            cos: core::array::from_fn(|at| if used(at) { turn(at).cos() as f32 } else { 0.0 }),
            sin: core::array::from_fn(|at| if used(at) { -turn(at).sin() as f32 } else { 0.0 }),
        }
    }
}

/// Numbers in a group of the third step and of the last.
const THIRD: usize = 16;
const LAST: usize = 64;

/// Tables for one length `N`: 128 or 256.
#[derive(Clone, Debug)]
pub(crate) struct Fft<const N: usize> {
    first: Twiddles<N>,
    second: Twiddles<N>,
}

impl<const N: usize> Fft<N> {
    pub(crate) fn new() -> Self {
        const { assert!(N == 2 * LAST || N == 4 * LAST, "lengths that the steps know") };
        Self { first: Twiddles::new(1), second: Twiddles::new(4) }
    }

    /// The transform of `x` into `y`. `x` is written over.
    pub(crate) fn forward(&self, x: [&mut [f32; N]; 2], y: [&mut [f32; N]; 2]) {
        widest(Forward(self, x, y));
    }

    /// The transform of `x` into `y`, as part of a greater piece of work. `x` is written over.
    #[inline(always)]
    pub(super) fn transform(
        &self,
        (xr, xi): (&mut [f32; N], &mut [f32; N]),
        (yr, yi): (&mut [f32; N], &mut [f32; N]),
    ) {
        across(&self.first, 1, (xr, xi), (yr, yi));
        across(&self.second, 4, (yr, yi), (xr, xi));
        turn(xr, yr);
        turn(xi, yi);
        self.step::<THIRD>((yr, yi), (xr, xi));
        if N == 4 * LAST {
            self.step::<LAST>((xr, xi), (yr, yi));
        } else {
            halve(xr, yr);
            halve(xi, yi);
        }
    }

    /// A step whose vectors run within its groups of `STRIDE` numbers.
    #[inline(always)]
    fn step<const STRIDE: usize>(
        &self,
        (xr, xi): (&[f32; N], &[f32; N]),
        (yr, yi): (&mut [f32; N], &mut [f32; N]),
    ) {
        let (xr, xi) = (xr.as_chunks::<STRIDE>().0, xi.as_chunks::<STRIDE>().0);
        let yr = yr.as_chunks_mut::<STRIDE>().0.as_chunks_mut::<4>().0;
        let yi = yi.as_chunks_mut::<STRIDE>().0.as_chunks_mut::<4>().0;
        let quarter = xr.len() / 4;
        for (p, (yr, yi)) in yr.iter_mut().zip(yi).enumerate() {
            let at = |n: usize| (&xr[p + n * quarter], &xi[p + n * quarter]);
            let (a, b, c, d) = (at(0), at(1), at(2), at(3));
            let w = |n: usize| {
                let k = n * (N / 4) + p * STRIDE;
                (self.first.cos[k], self.first.sin[k])
            };
            let w = [w(0), w(1), w(2)];
            for q in 0..STRIDE {
                let x = [(a.0[q], a.1[q]), (b.0[q], b.1[q]), (c.0[q], c.1[q]), (d.0[q], d.1[q])];
                // The first group is not turned. (Times 1 plus times 0 would change the sign of a zero at most.)
                let y = if p == 0 { butterfly(x) } else { turned(butterfly(x), w) };
                for n in 0..4 {
                    (yr[n][q], yi[n][q]) = y[n];
                }
            }
        }
    }
}

/// A step whose vectors run across its `groups` groups, each of which lies in a row of its own.
#[inline(always)]
fn across<const N: usize>(
    w: &Twiddles<N>,
    groups: usize,
    (xr, xi): (&[f32; N], &[f32; N]),
    (yr, yi): (&mut [f32; N], &mut [f32; N]),
) {
    let len = N / 4 / groups;
    for group in 0..groups {
        let x = |n: usize| {
            let at = (4 * group + n) * len;
            (&xr[at..at + len], &xi[at..at + len])
        };
        let (a, b, c, d) = (x(0), x(1), x(2), x(3));
        let w = |n: usize| (&w.cos[n * len..(n + 1) * len], &w.sin[n * len..(n + 1) * len]);
        let (u, v, w) = (w(0), w(1), w(2));
        for p in 0..len {
            let x = [(a.0[p], a.1[p]), (b.0[p], b.1[p]), (c.0[p], c.1[p]), (d.0[p], d.1[p])];
            let y = turned(butterfly(x), [(u.0[p], u.1[p]), (v.0[p], v.1[p]), (w.0[p], w.1[p])]);
            for (n, y) in y.iter().enumerate() {
                let at = (group + n * groups) * len + p;
                (yr[at], yi[at]) = *y;
            }
        }
    }
}

struct Forward<'a, const N: usize>(&'a Fft<N>, [&'a mut [f32; N]; 2], [&'a mut [f32; N]; 2]);

impl<const N: usize> Work for Forward<'_, N> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self(fft, [xr, xi], [yr, yi]) = self;
        fft.transform((xr, xi), (yr, yi));
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

/// Four numbers become their discrete Fourier transform.
#[inline(always)]
fn butterfly(x: [(f32, f32); 4]) -> [(f32, f32); 4] {
    let [a, b, c, d] = x;
    let (sum, difference) = ((a.0 + c.0, a.1 + c.1), (a.0 - c.0, a.1 - c.1));
    let (other, across) = ((b.0 + d.0, b.1 + d.1), (b.0 - d.0, b.1 - d.1));
    [
        (sum.0 + other.0, sum.1 + other.1),
        (difference.0 + across.1, difference.1 - across.0),
        (sum.0 - other.0, sum.1 - other.1),
        (difference.0 - across.1, difference.1 + across.0),
    ]
}

/// All but the first are turned by the twiddles.
#[inline(always)]
fn turned(y: [(f32, f32); 4], w: [(f32, f32); 3]) -> [(f32, f32); 4] {
    [y[0], times(y[1], w[0]), times(y[2], w[1]), times(y[3], w[2])]
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
        let (mut from_re, mut from_im) = ([0.0f32; N], [0.0f32; N]);
        from_re.iter_mut().chain(&mut from_im).for_each(|x| *x = next());
        let (mut re, mut im) = ([0.0f32; N], [0.0f32; N]);
        Fft::<N>::new().forward([&mut from_re.clone(), &mut from_im.clone()], [&mut re, &mut im]);
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
        check::<128>();
        check::<256>();
    }
}
