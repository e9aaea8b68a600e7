//! The pitch cycle: the lag at which the end of what was played repeats best.
//!
//! Normalised cross-correlation of the last 10 ms with what lies 2.5 to 20 ms before (50 to 400 Hz),
//! after the search that ITU-T G.711 Appendix I describes, with a wider range and a shorter template.

use super::history::History;
use super::linear::dot;

/// Shortest cycle: 2.5 ms.
const MIN_LAG: usize = 20;
/// Longest cycle: 20 ms.
pub(super) const MAX_LAG: usize = 160;
/// Samples compared: 10 ms.
const TEMPLATE: usize = 80;

/// One cycle of the signal, ready to be repeated.
#[derive(Debug)]
pub(super) struct Cycle {
    samples: [f32; MAX_LAG],
    lag: usize,
    position: usize,
    /// How alike the last 10 ms and the cycle before are: 0 (not at all) to 1.
    likeness: f32,
}

impl Cycle {
    pub(super) const fn new() -> Self {
        Self { samples: [0.0; MAX_LAG], lag: MIN_LAG, position: 0, likeness: 0.0 }
    }

    /// Cuts the last cycle out of the history. Its last quarter is blended into the quarter before
    /// the cycle, so that the end leads into the beginning.
    pub(super) fn find(&mut self, history: &History) {
        let past = history.last(MAX_LAG + TEMPLATE);
        let template = &past[MAX_LAG..];
        let mut power = dot(&past[MAX_LAG - MIN_LAG..][..TEMPLATE], &past[MAX_LAG - MIN_LAG..][..TEMPLATE]);
        let (mut best, mut best_lag) = (0.0, MIN_LAG);
        for lag in MIN_LAG..=MAX_LAG {
            let start = MAX_LAG - lag;
            if lag > MIN_LAG {
                power += past[start].powi(2) - past[start + TEMPLATE].powi(2);
            }
            let likeness = dot(template, &past[start..start + TEMPLATE]) / (power.max(0.0) + 1.0).sqrt();
            if likeness > best {
                (best, best_lag) = (likeness, lag);
            }
        }
        self.likeness = (best / (dot(template, template) + 1.0).sqrt()).clamp(0.0, 1.0);
        self.lag = best_lag;
        self.position = 0;
        let quarter = best_lag / 4;
        let newest = history.last(best_lag);
        let older = &history.last(best_lag + quarter)[..quarter];
        self.samples[..best_lag].copy_from_slice(newest);
        for (i, (slot, before)) in
            self.samples[best_lag - quarter..best_lag].iter_mut().zip(older).enumerate()
        {
            let share = (i as f32 + 0.5) / quarter as f32;
            *slot += share * (before - *slot);
        }
    }

    /// The next sample of the endless repetition, as far as the signal is periodic: scaled by the
    /// square of the likeness.
    pub(super) fn next(&mut self) -> f32 {
        let sample = self.samples[self.position] * self.likeness * self.likeness;
        self.position += 1;
        if self.position == self.lag {
            self.position = 0;
        }
        sample
    }
}
