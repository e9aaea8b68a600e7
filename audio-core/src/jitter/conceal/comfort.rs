//! Comfort noise: tops a fading signal up to the level of the background.
//!
//! The level it is brought to is the background's or that of the last 20 ms, whichever is lower, so a
//! gap is never louder than what came before it. Silence gets none.

use super::background::{Background, Envelope, SHAPE};

/// The signal's power is followed with this time constant, in samples: 4 ms.
const FOLLOW: f32 = 32.0;
/// First state of the generator.
const SEED: u32 = 0x9E37_79B9;
/// 1 / RMS of an even distribution over −0.5 to 0.5.
const EVEN: f32 = 3.464_101_6;

/// The noise and the level it is missing from.
#[derive(Debug)]
pub(super) struct ComfortNoise {
    envelope: Envelope,
    /// The newest first.
    memory: [f32; SHAPE],
    random: u32,
    /// Mean square the noise brings the signal to, as a share of the envelope's power.
    share: f32,
    /// Power of the signal before the noise.
    power: f32,
}

impl ComfortNoise {
    pub(super) const fn new() -> Self {
        Self { envelope: Envelope::SILENCE, memory: [0.0; SHAPE], random: SEED, share: 0.0, power: 0.0 }
    }

    /// A gap begins; `power` is the mean square of what came before.
    pub(super) fn start(&mut self, background: &Background, power: f32) {
        self.envelope = background.envelope();
        self.memory = [0.0; SHAPE];
        self.share = (power / self.envelope.power.max(1e-9)).min(1.0);
        self.power = self.envelope.power * self.share;
    }

    /// Adds the missing noise to one sample of the synthetic signal.
    pub(super) fn top_up(&mut self, sample: f32) -> f32 {
        if self.envelope.power == 0.0 {
            return sample;
        }
        // Numerical Recipes' linear congruential generator; its upper bits are random enough.
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let white = (self.random >> 8) as f32 / 16_777_216.0 - 0.5;
        let predicted: f32 = self.envelope.taps.iter().zip(&self.memory).map(|(t, m)| t * m).sum();
        let noise = white * EVEN * self.envelope.excitation + predicted;
        self.memory.copy_within(..SHAPE - 1, 1);
        self.memory[0] = noise;

        self.power += (sample * sample - self.power) / FOLLOW;
        let missing = (self.share - self.power / self.envelope.power).max(0.0);
        sample + missing.sqrt() * noise
    }
}
