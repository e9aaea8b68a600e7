//! A long window to look through and a short one to rebuild with.
//!
//! D. Mauler and R. Martin, "A low delay, variable resolution, perfect reconstruction spectral
//! analysis-synthesis system for speech enhancement" (EUSIPCO 2007): the analysis window has the
//! resolution of its whole length, the synthesis window is zero but for the last two hops, and
//! their product is a Hann window. So the delay is two hops, however long the analysis looks back.

use core::f64::consts::PI;

/// Samples in a block, 32 ms: as fine a spectrum as the harmonics of a low voice need.
pub(super) const BLOCK: usize = 256;
/// Bins of a block's spectrum, from 0 up to but not including half the sample rate.
pub(super) const BINS: usize = BLOCK / 2;
/// Samples from one block to the next, 5 ms.
pub(super) const HOP: usize = 40;
/// Samples rebuilt from one block; the delay.
pub(super) const REBUILT: usize = 2 * HOP;

/// Both windows. `synthesis` is for the last [`REBUILT`] samples of a block.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub(super) analysis: [f32; BLOCK],
    pub(super) synthesis: [f32; REBUILT],
}

impl Windows {
    pub(super) fn new() -> Self {
        let rise = BLOCK - HOP;
        // Sine slopes: over the block's past, and over its last hop.
        let analysis = |n: usize| {
            if n < rise {
                (PI / 2.0 * n as f64 / rise as f64).sin()
            } else {
                (PI / 2.0 * (n - rise) as f64 / HOP as f64).cos()
            }
        };
        let hann = |n: usize| (PI / 2.0 * n as f64 / HOP as f64).sin().powi(2);
        Self {
            analysis: core::array::from_fn(|n| analysis(n) as f32),
            synthesis: core::array::from_fn(|n| (hann(n) / analysis(BLOCK - REBUILT + n)) as f32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, HOP, REBUILT, Windows};

    #[test]
    fn an_untouched_block_is_rebuilt() {
        let windows = Windows::new();
        let tail = &windows.analysis[BLOCK - REBUILT..];
        let product: Vec<f32> = tail.iter().zip(&windows.synthesis).map(|(a, s)| a * s).collect();
        for n in 0..HOP {
            let sum = product[n] + product[n + HOP];
            assert!((sum - 1.0).abs() < 1e-6, "{n}: {sum}");
        }
        assert!(windows.synthesis.iter().all(|s| s.is_finite() && *s <= 1.1));
    }
}
