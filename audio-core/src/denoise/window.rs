//! A long window to look through and a short one to rebuild with.
//!
//! D. Mauler and R. Martin, "A low delay, variable resolution, perfect reconstruction spectral
//! analysis-synthesis system for speech enhancement" (EUSIPCO 2007): the analysis window has the
//! resolution of its whole length, the synthesis window is zero but for the last two hops, and
//! their product is a Hann window. So the delay is two hops, however far the analysis looks back.

use core::f64::consts::PI;

/// Samples looked at, 16 ms. Longer windows tell more harmonics apart and gain less: what lies behind
/// the samples to be rebuilt is another sound.
pub(super) const LOOK: usize = 128;
/// Samples in a transform: the rest is zeros, so that a gain's echo does not come round into the samples
/// to be rebuilt.
pub(super) const BLOCK: usize = 256;
/// Bins of a block's spectrum, from 0 up to but not including half the sample rate.
pub(super) const BINS: usize = BLOCK / 2;
/// Samples from one block to the next, 5 ms.
pub(super) const HOP: usize = 40;
/// Samples rebuilt from one block; the delay.
pub(super) const REBUILT: usize = 2 * HOP;

/// Both windows. `synthesis` is for the last [`REBUILT`] samples of those looked at.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub(super) analysis: [f32; LOOK],
    pub(super) synthesis: [f32; REBUILT],
}

impl Windows {
    pub(super) fn new() -> Self {
        const RISE: usize = LOOK - HOP;
        // Sine slopes: over the past, and over the last hop.
        let analysis = |n: usize| {
            if n < RISE {
                (PI / 2.0 * n as f64 / RISE as f64).sin()
            } else {
                (PI / 2.0 * (n - RISE) as f64 / HOP as f64).cos()
            }
        };
        let hann = |n: usize| (PI / 2.0 * n as f64 / HOP as f64).sin().powi(2);
        Self {
            analysis: core::array::from_fn(|n| analysis(n) as f32),
            synthesis: core::array::from_fn(|n| (hann(n) / analysis(LOOK - REBUILT + n)) as f32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HOP, LOOK, REBUILT, Windows};

    #[test]
    fn an_untouched_block_is_rebuilt() {
        let windows = Windows::new();
        let tail = &windows.analysis[LOOK - REBUILT..];
        let product: Vec<f32> = tail.iter().zip(&windows.synthesis).map(|(a, s)| a * s).collect();
        for n in 0..HOP {
            let sum = product[n] + product[n + HOP];
            assert!((sum - 1.0).abs() < 1e-6, "{n}: {sum}");
        }
        assert!(windows.synthesis.iter().all(|s| s.is_finite() && *s <= 1.2));
    }
}
