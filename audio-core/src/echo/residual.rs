//! What is left of the echo: how much it may be, how it is turned down, and whether the filter still
//! does any good.

use super::filter::BLOCK;
use crate::sum::sum_of;

/// Part of the running statistics that each block replaces.
const RATE: f32 = 0.02;
/// Part of the running powers that each block replaces: about 60 ms.
const FAST: f32 = 0.15;

/// How far the estimate of the residual is gone by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caution {
    /// The residual is taken for so many times the estimate.
    over: f32,
    /// The gain closes by this part of the way in each block.
    closing: f32,
}

/// With a filter that has just begun to learn: it leaves more than it expects.
pub(super) const YOUNG: Caution = Caution { over: 3.0, closing: 0.8 };
/// With one that has learned: faster, and a caller's weak sounds would be lost.
pub(super) const LEARNED: Caution = Caution { over: 1.3, closing: 0.4 };
/// A path leaks this part of the echo's power at most, -13 dB: more is the caller's doing.
const MOST_LEAK: f32 = 0.05;
/// A filter whose output is this much louder than its input has learned another path.
const WORSE: f32 = 1.4;

/// Mean square that a wrong filter must bring before it counts, -50 dBFS.
const HARMFUL: f32 = 10_000.0;

/// Scalars over blocks of 10 ms. Powers are mean squares in 16-bit units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Residual {
    /// Running mean powers of the error and of the removed echo, their covariance and variance: the
    /// slope between them is the part of the echo that leaks (J.-M. Valin, "On adjusting the learning
    /// rate in frequency domain echo cancellation with double-talk", 2007).
    error_mean: f32,
    echo_mean: f32,
    covariance: f32,
    variance: f32,
    /// Running powers, to compare the line before and after.
    near: f32,
    error: f32,
    gain: f32,
}

/// What is said about one block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdict {
    /// Mean square of the echo that may be left.
    pub(super) residual: f32,
    /// The filter does harm.
    pub(super) worse: bool,
}

impl Residual {
    pub(super) const NEW: Self = Self {
        error_mean: 0.0,
        echo_mean: 0.0,
        covariance: 0.0,
        variance: 0.0,
        near: 0.0,
        error: 0.0,
        gain: 1.0,
    };

    /// Looks at the powers of one block: the line, the error, the echo removed, and the residual that
    /// the filter expects.
    pub(super) fn observe(&mut self, near: f32, error: f32, echo: f32, expected: f32) -> Verdict {
        self.near += FAST * (near - self.near);
        self.error += FAST * (error - self.error);
        self.error_mean += RATE * (error - self.error_mean);
        self.echo_mean += RATE * (echo - self.echo_mean);
        let (e, y) = (error - self.error_mean, echo - self.echo_mean);
        self.covariance += RATE * (e * y - self.covariance);
        self.variance += RATE * (y * y - self.variance);
        let leak =
            if self.variance > 0.0 { (self.covariance / self.variance).clamp(0.0, MOST_LEAK) } else { 0.0 };
        Verdict { residual: expected.max(leak * echo), worse: self.error > (WORSE * self.near).max(HARMFUL) }
    }

    /// Turns a block down where it is nothing but residual, by at most `1 / least`. The gain moves
    /// within a block without a step.
    pub(super) fn suppress(&mut self, block: &mut [f32; BLOCK], residual: f32, caution: Caution, least: f32) {
        let power = sum_of(block, |x| x * x) / BLOCK as f32;
        let wanted = (1.0 - caution.over * residual / power.max(1.0)).max(least * least).sqrt();
        let from = self.gain;
        // Opens at once, closes within a few blocks at most.
        self.gain = if wanted > from { wanted } else { from + caution.closing * (wanted - from) };
        let step = (self.gain - from) / BLOCK as f32;
        for (n, x) in block.iter_mut().enumerate() {
            *x *= from + step * (n + 1) as f32;
        }
    }

    /// Nothing is suppressed while nothing is played.
    pub(super) const fn rest(&mut self) {
        self.gain = 1.0;
    }
}
