//! The gain of each bin: a Wiener filter on a decision-directed signal-to-noise ratio, in two steps.
//!
//! Y. Ephraim and D. Malah, "Speech enhancement using a minimum mean-square error short-time
//! spectral amplitude estimator" (IEEE Transactions on ASSP, 1984), for the ratio. It lags behind the
//! speech by a hop, so the gain found with it serves to find the ratio once more: C. Plapous, C. Marro
//! and P. Scalart, "Improved signal-to-noise ratio estimation for speech enhancement" (IEEE TASLP,
//! 2006).
//!
//! Noise that is itself uneven, such as babble, leaves islands between which the gains jump. So where few
//! of the voice band's bins are speech, all of them are turned down further.

use super::window::BINS;
use crate::faint::audible;

/// Weight of what was found in the last hop against what this one shows.
const DIRECTED: f32 = 0.95;

/// Bins of the voice band, 200 to 3,400 Hz.
const BAND: core::ops::Range<usize> = 6..109;
/// Mean gain over the band up to which a hop is a pause, where the noise is even, and at most; it is
/// speech from so many times that on.
const EVEN: f32 = 0.03;
const UNEVEN: f32 = 0.15;
const SPEECH: f32 = 2.5;
/// The noise's own mean gain is what this part of the hops is below, found in such steps: a few seconds.
const QUIETEST: f32 = 0.2;
const STEP: f32 = 0.001;
/// A pause is up to so many times that.
const OVER: f32 = 1.3;
/// Part of the mean gain that stays from hop to hop where it falls: 100 ms. It rises at once.
const RELEASE: f32 = 0.95;
/// Gain of a pause on top, -12 dB.
const FURTHER: f32 = 0.25;

#[derive(Clone, Debug)]
pub(super) struct Suppressor {
    /// Power of the speech found in the last hop.
    speech: [f32; BINS],
    /// Mean gain over the voice band, held.
    presence: f32,
    /// The same where there is only noise.
    quiet: f32,
}

impl Suppressor {
    pub(super) const NEW: Self = Self { speech: [0.0; BINS], presence: 0.0, quiet: 0.0 };

    /// The gains for a block with these powers over this noise; none below `least`.
    #[inline(always)]
    pub(super) fn gains(&mut self, powers: &[f32; BINS], noise: &[f32; BINS], least: f32) -> [f32; BINS] {
        let mut gains = [0.0; BINS];
        for k in 0..BINS {
            let (power, noise) = (powers[k], noise[k]);
            let ratio = DIRECTED * self.speech[k] + (1.0 - DIRECTED) * (power - noise).max(0.0);
            let gain = ratio / (ratio + noise);
            let speech = gain * gain * power;
            self.speech[k] = speech;
            gains[k] = speech / (speech + noise);
        }
        let found = gains[BAND].iter().sum::<f32>() / BAND.len() as f32;
        self.presence = audible(found.max(RELEASE * self.presence + (1.0 - RELEASE) * found));
        let below = found < self.quiet;
        self.quiet = (self.quiet + if below { STEP * (QUIETEST - 1.0) } else { STEP * QUIETEST }).max(0.0);
        let pause = (OVER * self.quiet).clamp(EVEN, UNEVEN);
        let spoken = ((self.presence - pause) / ((SPEECH - 1.0) * pause)).clamp(0.0, 1.0);
        let further = FURTHER + (1.0 - FURTHER) * spoken;
        for gain in &mut gains {
            *gain = (*gain * further).max(least);
        }
        gains
    }
}
