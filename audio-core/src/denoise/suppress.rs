//! The gain of each bin: a Wiener filter on a decision-directed signal-to-noise ratio.
//!
//! Y. Ephraim and D. Malah, "Speech enhancement using a minimum mean-square error short-time
//! spectral amplitude estimator" (IEEE Transactions on ASSP, 1984), for the ratio; the Wiener gain
//! rather than theirs, because it is the one that the waveform's error asks for.

use super::window::BINS;

/// Weight of what was found in the last hop against what this one shows.
const DIRECTED: f32 = 0.97;
/// A-priori signal-to-noise ratio that no bin falls below: -25 dB.
const LEAST_RATIO: f32 = 0.003;

/// What the gains remember.
#[derive(Clone, Debug)]
pub(super) struct Suppressor {
    /// Power of the speech found in the last hop.
    speech: [f32; BINS],
    gains: [f32; BINS],
}

impl Suppressor {
    pub(super) const fn new() -> Self {
        Self { speech: [0.0; BINS], gains: [1.0; BINS] }
    }

    /// The gains for a block with these powers over this noise; none below `least`.
    pub(super) fn gains(&mut self, powers: &[f32; BINS], noise: &[f32; BINS], least: f32) -> &[f32; BINS] {
        for k in 0..BINS {
            let (power, noise) = (powers[k], noise[k]);
            let here = (power - noise).max(0.0);
            let ratio = (DIRECTED * self.speech[k] + (1.0 - DIRECTED) * here) / noise;
            let ratio = ratio.max(LEAST_RATIO);
            let gain = ratio / (1.0 + ratio);
            self.speech[k] = gain * gain * power;
            self.gains[k] = gain.max(least);
        }
        &self.gains
    }
}
