//! Linear prediction: Burg's method over what was played and, if known, what follows.
//!
//! J. P. Burg, *Maximum Entropy Spectral Analysis*, 1975; the weights on the squared errors as in
//! D. N. Swingler, *A modified Burg algorithm*, Proc. IEEE 67, 1979; several segments as in
//! R. Bos, S. de Waele and P. Broersen, *Autoregressive spectral estimation by application of the
//! Burg algorithm to irregularly sampled data*, IEEE Trans. Instrum. Meas. 51, 2002.
//! The errors of the past weigh the cube of their place in the window, those of the future 1.
//! Every reflection coefficient lies within ±1, so the synthesis filter is stable.

use super::history::History;

/// Prediction order: 8 ms, so that the pitch of most voices lies within.
pub(super) const ORDER: usize = 64;
/// Samples of the past analysed: 40 ms.
pub(super) const WINDOW: usize = 320;
/// Samples of the future used: 10 ms.
pub(super) const AHEAD: usize = 80;
/// Share of the energy added to every denominator: white noise 50 dB down.
const FLOOR: f32 = 1e-5;

/// A predictor and the room to compute one.
#[derive(Debug)]
pub(super) struct Predictor {
    /// `x[n] ≈ Σ taps[k] · x[n − 1 − k]`.
    taps: [f32; ORDER],
    /// Taps in use.
    order: usize,
    weights: Box<[f32; WINDOW]>,
    forward: Box<[f32; WINDOW]>,
    backward: Box<[f32; WINDOW]>,
    ahead_forward: [f32; AHEAD],
    ahead_backward: [f32; AHEAD],
}

impl Predictor {
    pub(super) fn new() -> Self {
        let mut weights = Box::new([0.0; WINDOW]);
        for (i, weight) in weights.iter_mut().enumerate() {
            *weight = ((i as f32 + 0.5) / WINDOW as f32).powi(3);
        }
        Self {
            taps: [0.0; ORDER],
            order: 0,
            weights,
            forward: Box::new([0.0; WINDOW]),
            backward: Box::new([0.0; WINDOW]),
            ahead_forward: [0.0; AHEAD],
            ahead_backward: [0.0; AHEAD],
        }
    }

    pub(super) fn taps(&self) -> &[f32] {
        &self.taps[..self.order]
    }

    /// Fits `order` taps to the past and to `ahead`, of which at most [`AHEAD`] samples are used.
    pub(super) fn fit(&mut self, past: &History, ahead: &[f32], order: usize) {
        let past = past.last(WINDOW);
        let ahead = &ahead[..ahead.len().min(AHEAD)];
        self.order = order.min(ORDER);
        self.forward.copy_from_slice(past);
        self.backward.copy_from_slice(past);
        self.ahead_forward[..ahead.len()].copy_from_slice(ahead);
        self.ahead_backward[..ahead.len()].copy_from_slice(ahead);
        let energy: f32 = past.iter().zip(self.weights.iter()).map(|(x, w)| w * x * x).sum();
        let floor = energy * FLOOR + 1.0;
        for m in 0..self.order {
            // Before step m, `backward[j]` is the backward error at time m + j.
            let (f, b) = (&mut self.forward[m + 1..], &mut self.backward[..WINDOW - m - 1]);
            let (mut cross, mut power) = weighted(f, b, &self.weights[m + 1..]);
            let count = ahead.len().saturating_sub(m + 1);
            let (g, d) = if count > 0 {
                (&mut self.ahead_forward[m + 1..m + 1 + count], &mut self.ahead_backward[..count])
            } else {
                (&mut [][..], &mut [][..])
            };
            if count >= 8 {
                let pairs = || g.iter().zip(d.iter());
                cross += pairs().map(|(g, d)| g * d).sum::<f32>();
                power += pairs().map(|(g, d)| g * g + d * d).sum::<f32>();
            }
            let reflection = 2.0 * cross / (power + floor);
            lattice(f, b, reflection);
            lattice(g, d, reflection);
            // The step-up recursion, in place from both ends.
            self.taps[m] = reflection;
            for i in 0..m.div_ceil(2) {
                let (low, high) = (self.taps[i], self.taps[m - 1 - i]);
                self.taps[i] = low - reflection * high;
                self.taps[m - 1 - i] = high - reflection * low;
            }
        }
    }
}

/// `(Σ w·f·b, Σ w·(f² + b²))` in eight lanes.
fn weighted(f: &[f32], b: &[f32], w: &[f32]) -> (f32, f32) {
    let (mut cross, mut power) = ([0.0f32; 8], [0.0f32; 8]);
    let (fs, bs, ws) = (f.chunks_exact(8), b.chunks_exact(8), w.chunks_exact(8));
    let rest = fs.remainder().iter().zip(bs.remainder()).zip(ws.remainder());
    for (lane, ((f, b), w)) in rest.enumerate() {
        cross[lane] += w * f * b;
        power[lane] += w * (f * f + b * b);
    }
    for ((f, b), w) in fs.zip(bs).zip(ws) {
        for lane in 0..8 {
            cross[lane] += w[lane] * f[lane] * b[lane];
            power[lane] += w[lane] * (f[lane] * f[lane] + b[lane] * b[lane]);
        }
    }
    (cross.iter().sum(), power.iter().sum())
}

fn lattice(f: &mut [f32], b: &mut [f32], reflection: f32) {
    for (f, b) in f.iter_mut().zip(b) {
        (*f, *b) = (*f - reflection * *b, *b - reflection * *f);
    }
}

/// Scalar product in eight lanes, over the shorter length.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let count = a.len().min(b.len());
    let (a, b) = (a[..count].chunks_exact(8), b[..count].chunks_exact(8));
    let mut lanes = [0.0f32; 8];
    for (lane, (a, b)) in a.remainder().iter().zip(b.remainder()).enumerate() {
        lanes[lane] += a * b;
    }
    for (a, b) in a.zip(b) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum()
}
