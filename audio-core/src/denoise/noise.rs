//! How loud the noise is in each bin, while somebody may be speaking.
//!
//! Each hop's power is learned as far as it is unlikely to be speech: T. Gerkmann and R. Hendriks,
//! "Unbiased MMSE-based noise power estimation with low complexity and low tracking delay" (IEEE
//! TASLP, 2012), with their prior. Between bounds that the bin's minimum over 3 s sets, as in minimum
//! statistics (R. Martin, 2001): so noise that jumps is found again, and speech that begins with the
//! line is not taken for noise for long.

use super::window::{BINS, HOP, LOOK};
use crate::faint::audible;

/// Hops until the line fills the window.
const FILLED: u32 = LOOK.div_ceil(HOP) as u32;
/// Hops over which the first estimate is a plain mean, 115 ms.
const FIRST: u32 = 23;
/// Part of the smoothed power that stays from hop to hop: 70 ms.
const SMOOTH: f32 = 0.93;
/// Hops in one stretch of the search for the minimum, 500 ms, and stretches remembered.
const STRETCH: u32 = 100;
const STRETCHES: usize = 6;
/// The noise is at least and at most so many times the minimum, in which speech may be left.
const LESS: f32 = 0.25;
const MOST: f32 = 4.0;
/// Part of a bin's power that stays from hop to hop before it is compared with the noise: 10 ms.
const STEADY: f32 = 0.6;
/// `exp(OFFSET - SLOPE · power / noise)` are the odds against speech, for speech 15 dB above the noise
/// where there is any.
const SLOPE: f32 = 0.969;
const OFFSET: f32 = 3.485;
/// Part of the estimate that stays from hop to hop: 330 ms.
const KEEP: f32 = 0.985;
/// What a bin's minimum and the first estimate are taken for at least, about the power of rounding to 16
/// bits.
const LEAST: f32 = 8.0;

/// Powers per bin, all in the same unit as those that [`Noise::update`] is given.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    power: [f32; BINS],
    /// The power over a few bins, smoothed much and little.
    smoothed: [f32; BINS],
    steady: [f32; BINS],
    /// Minimum of the running stretch, of those before it, and of all of them.
    running: [f32; BINS],
    stretches: [[f32; BINS]; STRETCHES],
    minimum: [f32; BINS],
    hops: u32,
}

impl Noise {
    pub(super) const NEW: Self = Self {
        power: [LEAST; BINS],
        smoothed: [LEAST; BINS],
        steady: [LEAST; BINS],
        running: [f32::MAX; BINS],
        stretches: [[f32::MAX; BINS]; STRETCHES],
        minimum: [f32::MAX; BINS],
        hops: 0,
    };

    /// Takes the powers of one hop's block.
    #[inline(always)]
    pub(super) fn update(&mut self, powers: &[f32; BINS]) {
        self.hops = self.hops.saturating_add(1);
        if self.hops < FILLED {
            return;
        }
        let around = around(powers);
        if self.hops < FILLED + FIRST {
            self.begin(powers, &around, (self.hops - FILLED + 1) as f32);
        } else {
            self.follow(powers, &around);
        }
        if self.hops.is_multiple_of(STRETCH) {
            self.next_stretch();
        }
    }

    /// The estimate.
    pub(super) const fn power(&self) -> &[f32; BINS] {
        &self.power
    }

    /// The `count`-th power of a plain mean.
    fn begin(&mut self, powers: &[f32; BINS], around: &[f32; BINS], count: f32) {
        for k in 0..BINS {
            self.power[k] += (powers[k].max(LEAST) - self.power[k]) / count;
            self.smoothed[k] += (around[k] - self.smoothed[k]) / count;
        }
        self.steady = self.smoothed;
        self.running = self.smoothed;
        self.minimum = self.smoothed;
    }

    #[inline(always)]
    fn follow(&mut self, powers: &[f32; BINS], around: &[f32; BINS]) {
        for k in 0..BINS {
            self.smoothed[k] = audible(SMOOTH * self.smoothed[k] + (1.0 - SMOOTH) * around[k]);
            self.running[k] = self.running[k].min(self.smoothed[k]);
            self.minimum[k] = self.minimum[k].min(self.smoothed[k]);
            self.steady[k] = audible(STEADY * self.steady[k] + (1.0 - STEADY) * around[k]);
            let unlikely = exp(OFFSET - SLOPE * self.steady[k] / self.power[k]);
            let learn = (1.0 - KEEP) * unlikely / (1.0 + unlikely);
            let power = self.power[k] + learn * (powers[k] - self.power[k]);
            let minimum = self.minimum[k].max(LEAST);
            self.power[k] = power.max(LESS * minimum).min(MOST * minimum);
        }
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

/// Every bin with half of its neighbours.
#[inline(always)]
fn around(powers: &[f32; BINS]) -> [f32; BINS] {
    let mut around = *powers;
    for (mean, three) in around[1..].iter_mut().zip(powers.windows(3)) {
        *mean = 0.25 * (three[0] + three[2]) + 0.5 * three[1];
    }
    around
}

/// `exp(x)` for x up to 4, within a few per cent above -6, by 64 factors; without a branch, so that the
/// loop stays in vectors, and with the same bits everywhere.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let mut factor = (1.0 + x / 64.0).max(0.0);
    for _ in 0..6 {
        factor *= factor;
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::{BINS, Noise, exp};

    #[test]
    fn the_exponential_is_near_enough() {
        for n in -60..=35 {
            let x = n as f32 / 10.0;
            let off = exp(x) / x.exp();
            assert!((0.7..1.01).contains(&off), "{x}: {off}");
        }
        assert_eq!(exp(-1e9), 0.0);
    }

    /// A power with the spread of noise's: exponentially distributed, mean `mean`.
    fn draw(state: &mut u32, mean: f32) -> f32 {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        -mean * (((*state >> 8) as f32 + 1.0) / (1u32 << 24) as f32).ln()
    }

    fn level_db(noise: &Noise) -> f32 {
        10.0 * (noise.power().iter().sum::<f32>() / BINS as f32).log10()
    }

    #[test]
    fn steady_noise_and_a_jump_of_it_are_found_within_five_seconds() {
        let (mut noise, mut state) = (Noise::NEW, 1);
        for (mean, db) in [(1e4, 40.0), (1e6, 60.0), (1e3, 30.0)] {
            for _ in 0..1_000 {
                noise.update(&core::array::from_fn(|_| draw(&mut state, mean)));
            }
            assert!((level_db(&noise) - db).abs() < 2.0, "{db}: {}", level_db(&noise));
        }
    }

    #[test]
    fn a_second_of_speech_is_no_noise() {
        let (mut noise, mut state) = (Noise::NEW, 1);
        (0..400).for_each(|_| noise.update(&core::array::from_fn(|_| draw(&mut state, 1e4))));
        let before = level_db(&noise);
        (0..200).for_each(|_| noise.update(&core::array::from_fn(|_| draw(&mut state, 1e7))));
        assert!((level_db(&noise) - before).abs() < 1.0, "{before} to {}", level_db(&noise));
    }
}
