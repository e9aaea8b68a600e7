//! When to stretch time, and how fast.

use super::config::PlayoutConfig;
use crate::frame::rms;
use crate::jitter::stretch::MAX_PERIOD;

/// The delay is raised when it is this far under its target: 4.5 ms.
const SHORT: i64 = 36;
/// ... until it is this close.
const NEAR: i64 = 20;
/// Below this share of the loudness of late, audio is a pause: −20 dB.
const PAUSE: f32 = 0.1;
/// How fast the loudness falls, per block.
const FALL: f32 = 0.002;
/// Pauses are stretched this much faster.
const PAUSE_SPEED: f32 = 3.0;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    Steady,
    Faster,
    Slower,
}

/// Meters time-stretch out: so many samples a sample.
#[derive(Debug)]
pub(super) struct Governor {
    pace: Pace,
    /// Samples that may be put in or taken out now.
    budget: f32,
    loudness: f32,
    settle: f32,
    speedup: f32,
    slowdown: f32,
}

impl Governor {
    pub(super) fn new(config: &PlayoutConfig) -> Self {
        Self {
            pace: Pace::Steady,
            budget: 0.0,
            loudness: 0.0,
            settle: config.settle_ms as f32 * 8.0,
            speedup: config.max_speedup_percent as f32 / 100.0,
            slowdown: config.max_slowdown_percent as f32 / 100.0,
        }
    }

    pub(super) fn reset(&mut self) {
        (self.pace, self.budget, self.loudness) = (Pace::Steady, 0.0, 0.0);
    }

    /// Which way to stretch now, if at all, with a delay so far over the target, of which
    /// `tolerance` is left alone.
    pub(super) fn turn(&mut self, over: i64, tolerance: i64) -> Pace {
        self.pace = match self.pace {
            Pace::Steady if over > tolerance => Pace::Faster,
            Pace::Steady if over < -SHORT => {
                // In no haste: a late frame may come first and raise the delay by itself.
                self.budget = -(MAX_PERIOD as f32);
                Pace::Slower
            }
            Pace::Faster if over <= tolerance / 2 => Pace::Steady,
            Pace::Slower if over >= -NEAR => Pace::Steady,
            pace => pace,
        };
        if self.pace == Pace::Steady {
            self.budget = 0.0;
        }
        if self.budget > 0.0 { self.pace } else { Pace::Steady }
    }

    /// So much was played as it is.
    pub(super) fn played(&mut self, pcm: &[i16], over: i64) {
        let level = rms(pcm);
        self.loudness = level.max(self.loudness + FALL * (level - self.loudness));
        let rate = match self.pace {
            Pace::Steady => 0.0,
            Pace::Slower => self.slowdown,
            Pace::Faster => (over as f32 / self.settle).min(self.speedup),
        };
        let speed = if self.is_pause(level) { PAUSE_SPEED } else { 1.0 };
        self.budget = (self.budget + speed * rate * pcm.len() as f32).min(MAX_PERIOD as f32);
    }

    /// So much was put in or taken out.
    pub(super) fn stretched(&mut self, samples: usize) {
        self.budget -= samples as f32;
    }

    /// Is this RMS that of a pause?
    pub(super) fn is_pause(&self, rms: f32) -> bool {
        rms < PAUSE * self.loudness
    }
}
