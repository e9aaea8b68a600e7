//! How loud the noise is in each bin, while somebody may be speaking.
//!
//! Minima-controlled recursive averaging: I. Cohen and B. Berdugo, "Noise estimation by minima
//! controlled recursive averaging for robust speech enhancement" (IEEE Signal Processing Letters,
//! 2002). A bin far above its minimum of the last second is speech, and the noise is not learned
//! from it.

use super::window::BINS;

/// Part of the smoothed power that stays from hop to hop: 70 ms.
const SMOOTH: f32 = 0.93;
/// Hops in one stretch of the search for the minimum, 200 ms, and stretches remembered.
const STRETCH: u32 = 40;
const STRETCHES: usize = 6;
/// Smoothed power over its minimum from which a bin is speech.
const SPEECH: f32 = 5.0;
/// Part of the probability of speech that stays from hop to hop.
const PRESENCE: f32 = 0.6;
/// Part of the estimate that stays from hop to hop where there is no speech: 300 ms.
const KEEP: f32 = 0.984;
/// The noise is never more than so many times the minimum of a second.
const MOST: f32 = 4.0;
/// Mean square of a bin below which nothing is distinguished, in units of the windowed spectrum:
/// about one step of 16 bits.
const LEAST: f32 = 8.0;

/// Powers per bin, all in the same unit as those that [`Noise::update`] is given.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    power: [f32; BINS],
    smoothed: [f32; BINS],
    presence: [f32; BINS],
    /// Minimum of the running stretch, of those before it, and of all of them.
    running: [f32; BINS],
    stretches: [[f32; BINS]; STRETCHES],
    minimum: [f32; BINS],
    hops: u32,
}

impl Noise {
    pub(super) const fn new() -> Self {
        Self {
            power: [LEAST; BINS],
            smoothed: [LEAST; BINS],
            presence: [0.0; BINS],
            running: [f32::MAX; BINS],
            stretches: [[f32::MAX; BINS]; STRETCHES],
            minimum: [f32::MAX; BINS],
            hops: 0,
        }
    }

    /// Takes the powers of one hop's block.
    pub(super) fn update(&mut self, powers: &[f32; BINS]) {
        // A plain mean at first.
        let first = 1.0 - 1.0 / (self.hops + 1) as f32;
        let (smooth, keep) = (SMOOTH.min(first), KEEP.min(first));
        for k in 0..BINS {
            let (below, above) = (powers[k.saturating_sub(1)], powers[(k + 1).min(BINS - 1)]);
            let around = 0.25 * (below + above) + 0.5 * powers[k];
            self.smoothed[k] = smooth * self.smoothed[k] + (1.0 - smooth) * around;
            self.running[k] = self.running[k].min(self.smoothed[k]);
            self.minimum[k] = self.minimum[k].min(self.smoothed[k]);
        }
        for k in 0..BINS {
            let speech = if self.smoothed[k] > SPEECH * self.minimum[k] { 1.0 } else { 0.0 };
            self.presence[k] = PRESENCE * self.presence[k] + (1.0 - PRESENCE) * speech;
            let keep = keep + (1.0 - keep) * self.presence[k];
            let power = keep * self.power[k] + (1.0 - keep) * powers[k];
            self.power[k] = power.min(MOST * self.minimum[k]).max(LEAST);
        }
        self.hops = self.hops.saturating_add(1);
        if self.hops % STRETCH == 0 {
            self.next_stretch();
        }
    }

    /// The estimate.
    pub(super) const fn power(&self) -> &[f32; BINS] {
        &self.power
    }

    fn next_stretch(&mut self) {
        let oldest = (self.hops / STRETCH) as usize % STRETCHES;
        self.stretches[oldest] = self.running;
        self.running = self.smoothed;
        self.minimum = self.smoothed;
        for stretch in &self.stretches {
            for (minimum, power) in self.minimum.iter_mut().zip(stretch) {
                *minimum = minimum.min(*power);
            }
        }
    }
}
