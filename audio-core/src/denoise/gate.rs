//! How much is suppressed at all: less, the better the line is.

use super::DenoiseConfig;
use super::window::BINS;
use crate::faint::audible;

/// Part of the line's smoothed power that stays from hop to hop: 50 ms.
const SMOOTH: f32 = 0.9;
/// Hops in one stretch of the search for the minimum, 500 ms, and stretches remembered: 6 s.
const STRETCH: u32 = 100;
const STRETCHES: usize = 12;
/// The noise is so many times the minimum of its smoothed power.
const BIAS: f32 = 1.5;
/// Power over the noise from which a hop counts as speech: 6 dB.
const SPEECH: f32 = 4.0;
/// Part of the speech's power that each hop of speech replaces: 1.5 s.
const RATE: f32 = 0.003;
/// Hops of speech before the ratio is believed: 200 ms.
const HEARD: u32 = 40;
/// Most by which the share changes in a hop: all of it takes half a second.
const STEP: f32 = 0.01;
/// Sum of a hop's powers that speech is taken to have before it is heard, at -26 dBFS: what most
/// telephone speech is near.
const ASSUMED: f32 = 2.2e10;
/// Hops before which the line may not have filled the window.
const SETTLED: u32 = 10;
/// Sum of powers below which nothing is distinguished.
const LEAST: f32 = 1_000.0;

/// Measures the signal-to-noise ratio of the line and decides on the share of the suppression.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    fade_from_db: f32,
    bypass_from_db: f32,
    /// Sums of powers.
    smoothed: f32,
    running: f32,
    stretches: [f32; STRETCHES],
    speech: f32,
    hops: u32,
    heard: u32,
    share: f32,
}

impl Gate {
    pub(super) const fn new(config: &DenoiseConfig) -> Self {
        Self {
            fade_from_db: config.fade_from_db,
            bypass_from_db: config.bypass_from_db,
            smoothed: 0.0,
            running: f32::MAX,
            stretches: [f32::MAX; STRETCHES],
            speech: 0.0,
            hops: 0,
            heard: 0,
            share: 0.0,
        }
    }

    /// Takes one hop's powers and returns the share, 0 (bypass) to 1.
    pub(super) fn update(&mut self, powers: &[f32; BINS], noise: &[f32; BINS]) -> f32 {
        let (power, noise): (f32, f32) = (powers.iter().sum(), noise.iter().sum());
        self.hops = self.hops.saturating_add(1);
        let smoothed = SMOOTH * self.smoothed + (1.0 - SMOOTH) * power;
        self.smoothed = if self.hops <= SETTLED { power } else { audible(smoothed) };
        if self.hops > SETTLED {
            self.running = self.running.min(self.smoothed);
        }
        if self.hops.is_multiple_of(STRETCH) {
            let oldest = (self.hops / STRETCH) as usize % STRETCHES;
            self.stretches[oldest] = self.running;
            self.running = self.smoothed;
        }
        if power > SPEECH * noise {
            self.heard = self.heard.saturating_add(1);
            let rate = RATE.max(1.0 / self.heard as f32);
            self.speech += rate * (power - noise - self.speech);
        }
        let snr = self.snr_db().unwrap_or_else(|| self.over_noise_db(ASSUMED));
        let wanted = match self.hops {
            0..=SETTLED => 0.0,
            _ => (self.bypass_from_db - snr) / (self.bypass_from_db - self.fade_from_db),
        };
        self.share += (wanted.clamp(0.0, 1.0) - self.share).clamp(-STEP, STEP);
        self.share
    }

    /// The level of speech over that of noise, dB; `None` before enough was heard.
    pub(super) fn snr_db(&self) -> Option<f32> {
        (self.heard >= HEARD).then(|| self.over_noise_db(self.speech))
    }

    fn over_noise_db(&self, speech: f32) -> f32 {
        let minimum = self.stretches.iter().copied().fold(self.running, f32::min);
        let noise = (BIAS * minimum).max(LEAST);
        10.0 * (speech.max(LEAST) / noise).log10()
    }
}
