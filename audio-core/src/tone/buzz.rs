//! The buzz of a mobile telephone that lies beside a loudspeaker, a cordless base or a bad line: is this its transmitter and
//! no voice?
//!
//! A GSM telephone transmits in one of eight slots of a frame of 120⁄26 ms (3GPP TS 45.002), and whatever demodulates its
//! envelope clicks at the edges of the slot, 217 times a second. A woman's voice is as high, but no voice keeps a clock: the
//! squared differences of the waveform, sorted by where in such a frame they lie, heap up within a few frames where
//! it buzzes, and smear over the frame where somebody speaks. Thirteen frames are 480 samples, so the place is known
//! to the sample for good, and a buzz that pauses goes on in the same place.

use crate::frame::FRAME_SAMPLES;
use crate::sum::sum;
use crate::sys::vector::{Work, greatest, widest};

/// Frames of the transmitter, and samples in them together.
const FRAMES: usize = 13;
const SAMPLES: usize = 3 * FRAME_SAMPLES;
/// Places in one of its frames, one a sample; the last is there in twelve frames of thirteen.
const PLACES: usize = SAMPLES.div_ceil(FRAMES);
/// The edges of a slot lie within so many places: 1.25 ms, more than twice the slot's length.
const SLOT: usize = 10;
/// The places, and as many of them once more as begin a slot at the end.
const ROW: usize = PLACES + SLOT;
/// Share of what is remembered that a frame's 20 ms leave.
const KEPT: f32 = 0.8;
/// Shares of the power in the fullest `SLOT` places from which on it is a buzz, and below which it is none any more.
/// Where nothing keeps the clock the share is near `SLOT` of `PLACES`, 0.27.
const BUZZ: f32 = 0.7;
const NO_BUZZ: f32 = 0.6;
/// Mean square of the differences, in 16-bit units, below which there is nothing to hear.
const FAINT: f32 = 16.0;
/// Share of a frame's own power in the same places from which on it is part of the buzz: a voice that comes in is not.
const PART: f32 = 0.5;
/// A pause in the buzz: what is so much softer than it, as power, says nothing…
const PAUSE: f32 = 0.2;
/// …for a while: of the buzz's power so much is remembered a frame later.
const FADES: f32 = 0.95;

/// First sample of frame `k` of the thirteen.
const fn start(k: usize) -> usize {
    (k * SAMPLES).div_ceil(FRAMES)
}

/// Watches for the buzz. 160 bytes a call.
#[derive(Clone, Debug)]
pub(super) struct BuzzWatch {
    /// How the power lies in the transmitter's frame; the sum is 1 at most.
    places: [f32; PLACES],
    /// Of the last frame that buzzed, less what has faded since; 0 while nothing buzzes.
    power: f32,
    /// Which third of the thirteen frames comes next.
    third: usize,
}

impl BuzzWatch {
    pub(super) const fn new() -> Self {
        Self { places: [1.0 / PLACES as f32; PLACES], power: 0.0, third: 0 }
    }

    /// Does the next 20 ms buzz? `samples` has them and one sample before.
    pub(super) fn is_buzz(&mut self, samples: &[i16; FRAME_SAMPLES + 1]) -> bool {
        let third = self.third;
        self.third = (third + 1) % 3;
        let (own, total) = widest(Look { samples, third });
        if total < FAINT * FRAME_SAMPLES as f32 || total < PAUSE * self.power {
            self.power *= FADES;
            return false;
        }
        for (place, own) in self.places.iter_mut().zip(&own) {
            *place = KEPT * *place + (1.0 - KEPT) * own;
        }
        let (first, fullest) = fullest(&self.places);
        if fullest < if self.power > 0.0 { NO_BUZZ } else { BUZZ } {
            self.power = 0.0;
            return false;
        }
        let buzzes = slots(&own)[first] >= PART;
        if buzzes {
            self.power = total;
        }
        buzzes
    }
}

/// One look at 20 ms.
struct Look<'a> {
    samples: &'a [i16; FRAME_SAMPLES + 1],
    third: usize,
}

impl Work for Look<'_> {
    /// Shares of the power by place, and the power.
    type Out = ([f32; PLACES], f32);

    #[inline(always)]
    fn run(self) -> Self::Out {
        let mut powers = [0.0f32; FRAME_SAMPLES];
        for ((power, &before), &now) in powers.iter_mut().zip(self.samples).zip(&self.samples[1..]) {
            let difference = f32::from(now) - f32::from(before);
            *power = difference * difference;
        }
        let total = sum(&powers);
        (placed(&powers, self.third, 1.0 / total.max(1.0)), total)
    }
}

/// `scale` times the powers of this third of the thirteen frames, by place.
#[inline(always)]
fn placed(powers: &[f32; FRAME_SAMPLES], third: usize, scale: f32) -> [f32; PLACES] {
    let (from, mut places) = (third * FRAME_SAMPLES, [0.0f32; PLACES]);
    for frame in third * FRAMES / 3..=(third + 1) * FRAMES / 3 {
        let (first, last) = (start(frame).max(from), start(frame + 1).min(from + FRAME_SAMPLES));
        let here = powers.get(first - from..last.max(first) - from).unwrap_or_default();
        let places = &mut places[first - start(frame)..];
        places.iter_mut().zip(here).for_each(|(place, power)| *place += scale * power);
    }
    places
}

/// What lies in `SLOT` places in a row, from each place on; the frame's end meets its beginning.
#[inline(always)]
fn slots(places: &[f32; PLACES]) -> [f32; PLACES] {
    let mut row = [0.0f32; ROW];
    row[..PLACES].copy_from_slice(places);
    row[PLACES..PLACES + SLOT].copy_from_slice(&places[..SLOT]);
    // Two, four and eight in a row, and the two after them.
    let two: [f32; ROW - 2] = core::array::from_fn(|n| row[n] + row[n + 1]);
    let four: [f32; ROW - 4] = core::array::from_fn(|n| two[n] + two[n + 2]);
    let eight: [f32; ROW - 8] = core::array::from_fn(|n| four[n] + four[n + 4]);
    core::array::from_fn(|n| eight[n] + two[n + 8])
}

/// The place from which on `SLOT` places hold most, and how much that is.
#[inline(always)]
fn fullest(places: &[f32; PLACES]) -> (usize, f32) {
    let sums = slots(places);
    let most = greatest(&sums);
    (sums.iter().position(|&sum| sum == most).unwrap_or(0), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_has_its_place() {
        for frame in 0..FRAMES {
            let length = start(frame + 1) - start(frame);
            assert!(length == PLACES || length == PLACES - 1, "{length} samples");
        }
        assert_eq!((start(0), start(FRAMES)), (0, SAMPLES));
        // As a count of single samples has it: place n⁄13 of sample n after the last frame's beginning, in thirteenths.
        let powers = core::array::from_fn(|n| 1.0 + n as f32);
        for third in 0..3 {
            let mut expected = [0.0f32; PLACES];
            for (n, power) in powers.iter().enumerate() {
                expected[(third * FRAME_SAMPLES + n) * FRAMES % SAMPLES / FRAMES] += 2.0 * power;
            }
            assert_eq!(placed(&powers, third, 2.0), expected);
        }
    }

    #[test]
    fn the_fullest_places_may_lie_over_the_end() {
        let mut places = [0.0; PLACES];
        (places[PLACES - 1], places[SLOT - 2], places[SLOT - 1]) = (0.25, 0.5, 0.125);
        assert_eq!(fullest(&places), (PLACES - 1, 0.75));
        (places[PLACES - 1], places[3]) = (0.0, 0.125);
        assert_eq!(fullest(&places), (0, 0.75));
    }
}
