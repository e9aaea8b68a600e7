//! A gap with both of its sides known: the least-squares interpolation of an autoregressive signal.
//!
//! A. Janssen, R. Veldhuis and L. Vries, *Adaptive interpolation of discrete-time signals that can
//! be modeled as autoregressive processes*, IEEE Trans. ASSP 34, 1986, one iteration: the samples
//! of the gap are those that leave the smallest prediction error over the gap and the `order`
//! samples behind it. The normal equations are Toeplitz and solved by Levinson's recursion in
//! O(n²), in double precision: the matrix is the inverse of a spectrum of 60 dB and more.

use super::history::History;
use super::linear::{AHEAD, ORDER};

/// Longest gap that is interpolated as a whole: 20 ms.
pub(super) const MAX_GAP: usize = 160;

/// Room for one gap.
#[derive(Debug)]
pub(super) struct Interpolator {
    /// The past (`ORDER`), the gap as zeros, the future.
    signal: Box<[f32; ORDER + MAX_GAP + AHEAD]>,
    /// Autocorrelation of the prediction-error filter: the matrix's first column, its
    /// top at the end.
    column: Box<[f64; MAX_GAP]>,
    /// Right-hand side.
    target: Box<[f64; MAX_GAP]>,
    solution: Box<[f64; MAX_GAP]>,
    predictor: Box<[f64; MAX_GAP]>,
}

impl Interpolator {
    pub(super) fn new() -> Self {
        Self {
            signal: Box::new([0.0; ORDER + MAX_GAP + AHEAD]),
            column: Box::new([0.0; MAX_GAP]),
            target: Box::new([0.0; MAX_GAP]),
            solution: Box::new([0.0; MAX_GAP]),
            predictor: Box::new([0.0; MAX_GAP]),
        }
    }

    /// The `gap` samples between `past` and `ahead`. `taps` are at most as many as `ahead` is long;
    /// `gap` is 1 to [`MAX_GAP`].
    pub(super) fn solve(&mut self, past: &History, ahead: &[f32], taps: &[f32], gap: usize) -> &[f64] {
        let order = taps.len();
        let mut filter = [0.0f64; ORDER + 1];
        filter[0] = 1.0;
        for (slot, &tap) in filter[1..].iter_mut().zip(taps) {
            *slot = -f64::from(tap);
        }
        let filter = &filter[..=order];
        let signal = &mut self.signal[..order + gap + order];
        signal[..order].copy_from_slice(past.last(order));
        signal[order..order + gap].fill(0.0);
        signal[order + gap..].copy_from_slice(&ahead[..order]);

        for (lag, slot) in self.column.iter_mut().rev().take(gap).enumerate() {
            *slot = dot(filter.get(lag..).unwrap_or_default(), filter);
        }
        // Prediction errors of the known samples alone, correlated with the filter.
        self.target[..gap].fill(0.0);
        for row in 0..gap + order {
            let known = signal[row..=row + order].iter().rev();
            let error: f64 = filter.iter().zip(known).map(|(c, &x)| c * f64::from(x)).sum();
            let (from, to) = (row.saturating_sub(gap - 1), row.min(order));
            let touched = &mut self.target[row - to..=row - from];
            for (slot, c) in touched.iter_mut().rev().zip(&filter[from..=to]) {
                *slot -= c * error;
            }
        }
        self.levinson(gap);
        &self.solution[..gap]
    }

    fn levinson(&mut self, count: usize) {
        let (r, y) = (&self.column, &self.target[..count]);
        let (x, a) = (&mut self.solution[..count], &mut self.predictor[..count]);
        let mut error = r[MAX_GAP - 1] * (1.0 + 1e-9);
        x[0] = y[0] / error;
        a[0] = 1.0;
        for m in 1..count {
            // r[m], r[m − 1] … r[1].
            let descending = &r[MAX_GAP - 1 - m..MAX_GAP - 1];
            let reflection = -dot(&a[..m], descending) / error;
            a[m] = 0.0;
            for i in 0..=m / 2 {
                let (low, high) = (a[i], a[m - i]);
                a[i] = low + reflection * high;
                a[m - i] = high + reflection * low;
            }
            error = (error * (1.0 - reflection * reflection)).max(1e-12);
            let step = (y[m] - dot(&x[..m], descending)) / error;
            x[m] = 0.0;
            for (x, a) in x[..=m].iter_mut().zip(a[..=m].iter().rev()) {
                *x += step * a;
            }
        }
    }
}

/// Scalar product in four lanes, over the shorter length.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len().min(b.len());
    let (a, b) = (a[..count].chunks_exact(4), b[..count].chunks_exact(4));
    let mut lanes = [0.0f64; 4];
    for (lane, (a, b)) in a.remainder().iter().zip(b.remainder()).enumerate() {
        lanes[lane] += a * b;
    }
    for (a, b) in a.zip(b) {
        for lane in 0..4 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum()
}
