//! Where a filter should begin: what is heard of one sound, over the time around the strongest
//! reflection.
//!
//! After a third of a second the reflections stand little above chance, and the earliest tap that looks like one
//! may be none. What a filter that began there would miss tells them apart.

use super::filter::TAPS;
use crate::frame::FRAME_SAMPLES;

/// Steps of 20 ms looked at before and after the strongest reflection.
pub(super) const AROUND: usize = 3;
/// The echo path begins this many samples after the filter's first tap: 8 ms.
pub(super) const HEADROOM: usize = 64;
const STEPS: usize = 2 * AROUND + 1;
const SPAN: usize = STEPS * FRAME_SAMPLES;
/// The first tap of at least this part of the largest may be where the echo begins…
const ONSET: f32 = 0.4;
/// …if it stands so far above the taps that are none, in standard deviations…
const ABOVE_CHANCE: f32 = 3.0;
/// …and a filter that begins there models this part of the power that one filter can.
const MODELLED: f32 = 0.9;

/// The magnitudes of a response around its strongest part.
#[derive(Clone, Debug)]
pub(super) struct Response {
    /// Delay of the first tap, in samples, and half a step more.
    begins: usize,
    taps: [f32; SPAN],
    /// Power above chance of all taps before each.
    before: [f32; SPAN + 1],
    /// What a tap must reach to be the echo's beginning.
    audible: f32,
}

impl Response {
    /// A response whose middle step is `best`; `step` gives a step's magnitudes, from half a step before
    /// its delay on, or zeros where it is not known.
    pub(super) fn new(best: usize, mut step: impl FnMut(usize, &mut [f32; FRAME_SAMPLES])) -> Self {
        let first = best.saturating_sub(AROUND);
        let mut taps = [0.0; SPAN];
        for (lag, part) in (first..=best + AROUND).zip(taps.as_chunks_mut::<FRAME_SAMPLES>().0) {
            step(lag, part);
        }
        let largest = taps.iter().copied().fold(0.0, f32::max);
        let (mut chance, mut count) = (0.0, 1.0);
        for tap in taps.iter().filter(|&&tap| tap > 0.0 && tap < ONSET * largest) {
            chance += tap * tap;
            count += 1.0;
        }
        let chance = (chance / count).sqrt();
        let mut before = [0.0; SPAN + 1];
        for (n, tap) in taps.iter().enumerate() {
            let power = if *tap > ABOVE_CHANCE * chance { tap * tap } else { 0.0 };
            before[n + 1] = before[n] + power;
        }
        let audible = (ONSET * largest).max(ABOVE_CHANCE * chance).min(largest);
        Self { begins: first * FRAME_SAMPLES, taps, before, audible }
    }

    /// Power that a filter which begins at `start` models.
    pub(super) fn modelled(&self, start: usize) -> f32 {
        let at = |sample: usize| {
            let n = (sample + FRAME_SAMPLES / 2).saturating_sub(self.begins);
            self.before[n.min(SPAN)]
        };
        at(start + TAPS) - at(start)
    }

    /// Where a filter should begin: the echo's beginning, less [`HEADROOM`].
    pub(super) fn start(&self) -> usize {
        let starts = || {
            let beginnings = self.taps.iter().enumerate().filter(|&(_, &tap)| tap >= self.audible);
            beginnings.map(|(n, _)| (self.begins + n).saturating_sub(FRAME_SAMPLES / 2 + HEADROOM))
        };
        let most = starts().map(|start| self.modelled(start)).fold(0.0, f32::max);
        starts().find(|&start| self.modelled(start) >= MODELLED * most).unwrap_or(self.begins)
    }
}

#[cfg(test)]
mod tests {
    use super::{HEADROOM, MODELLED, Response};
    use crate::frame::FRAME_SAMPLES;

    /// Single taps at delays in samples, over a floor of chance.
    fn response(best: usize, taps: &[(usize, f32)]) -> Response {
        Response::new(best, |lag, part| {
            part.fill(0.05);
            for &(delay, tap) in taps {
                if let Some(n) = (delay + FRAME_SAMPLES / 2).checked_sub(lag * FRAME_SAMPLES)
                    && n < FRAME_SAMPLES
                {
                    part[n] = tap;
                }
            }
        })
    }

    #[test]
    fn an_echo_begins_with_its_first_reflection() {
        let found = response(18, &[(2_664, 0.6), (2_960, 1.0)]);
        assert_eq!(found.start(), 2_664 - HEADROOM);
        assert_eq!(response(0, &[(12, 1.0)]).start(), 0);
    }

    #[test]
    fn a_tap_by_chance_is_no_beginning_where_it_would_cost_a_reflection() {
        let found = response(17, &[(2_260, 0.45), (2_664, 1.0), (2_992, 0.6)]);
        assert_eq!(found.start(), 2_664 - HEADROOM);
        assert!(found.modelled(2_260 - HEADROOM) < MODELLED * found.modelled(2_664 - HEADROOM));
    }
}
