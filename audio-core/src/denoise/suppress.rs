//! The gain of each bin: a Wiener filter on a decision-directed signal-to-noise ratio, in two steps.
//!
//! Y. Ephraim and D. Malah, "Speech enhancement using a minimum mean-square error short-time
//! spectral amplitude estimator" (IEEE Transactions on ASSP, 1984), for the ratio. It lags behind the
//! speech by a hop, so the gain found with it serves to find the ratio once more: C. Plapous, C. Marro
//! and P. Scalart, "Improved signal-to-noise ratio estimation for speech enhancement" (IEEE TASLP,
//! 2006).

use super::window::BINS;

/// Weight of what was found in the last hop against what this one shows.
const DIRECTED: f32 = 0.95;

/// Power of the speech found in the last hop.
#[derive(Clone, Debug)]
pub(super) struct Suppressor {
    speech: [f32; BINS],
}

impl Suppressor {
    pub(super) const NEW: Self = Self { speech: [0.0; BINS] };

    /// The gains for a block with these powers over this noise; none below `least`.
    pub(super) fn gains(&mut self, powers: &[f32; BINS], noise: &[f32; BINS], least: f32) -> [f32; BINS] {
        let mut gains = [0.0; BINS];
        for k in 0..BINS {
            let (power, noise) = (powers[k], noise[k]);
            let ratio = DIRECTED * self.speech[k] + (1.0 - DIRECTED) * (power - noise).max(0.0);
            let gain = ratio / (ratio + noise);
            let speech = gain * gain * power;
            self.speech[k] = speech;
            gains[k] = (speech / (speech + noise)).max(least);
        }
        gains
    }
}
