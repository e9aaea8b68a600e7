//! Is this frame a call-progress tone? A yes may silence a voice detector, so doubt means no.
//!
//! The last 60 ms are Hann-windowed and measured in bins of 16.7 Hz. A steady sine puts all of
//! its power into five bins; summed and divided by the power under the window (Parseval) they
//! give the share that the tone explains. A sung or hummed note can pass that too, but not for
//! long: its pitch and level move, and a tone's do not.

use super::{goertzel_coefficient, hann, powers};
use crate::frame::{FRAME_SAMPLES, PcmFrame, WIRE_RATE};

/// Three frames.
const WINDOW: usize = 3 * FRAME_SAMPLES;
const BIN_HZ: f32 = WIRE_RATE as f32 / WINDOW as f32;
/// Bins per pass, and the first bin of each pass: 300–667, 850–1083, 1317–1550, 1700–1933 Hz.
const BANK: usize = 8;
const FIRST_BINS: [usize; 12] = [16, 24, 32, 50, 58, 66, 78, 86, 94, 102, 110, 118];
const BINS: usize = BANK * FIRST_BINS.len();
/// Quietest tone: −48 dBFS, as mean square.
const MIN_POWER: f32 = 1.6e-5;
/// Least share of the power in the tone: noise at 15 dB leaves 0.97.
const MIN_EXPLAINED: f32 = 0.93;
/// Least share of the weaker of two tones.
const MIN_PARTNER: f32 = 0.1;
/// Largest change between frames: of a single tone's frequency in Hz, of any power as a ratio.
const MAX_DRIFT_HZ: f32 = 2.0;
const MAX_STEP: f32 = 1.15;
/// Alike windows in a row that make a tone: 60 ms and three times 20 ms.
const MIN_STREAK: u32 = 4;

/// Single tones as ranges in Hz: the 400 to 450 Hz family of ITU-T E.180 with some tolerance,
/// and the three steps of special information tones (E.180 and the US variants).
const SINGLES: [(f32, f32); 4] = [(380.0, 460.0), (900.0, 1_020.0), (1_350.0, 1_450.0), (1_750.0, 1_850.0)];
/// Pairs in Hz: the North American precise tone plan.
const PAIRS: [(f32, f32); 3] = [(350.0, 440.0), (440.0, 480.0), (480.0, 620.0)];

/// What one window looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Single { hz: f32 },
    Pair { index: usize },
}

/// Says of each 20 ms frame whether a steady call-progress tone fills it.
///
/// The first yes comes within 120 ms of a tone's start. Takes tones down to −48 dBFS and noise up
/// to 15 dB below them. Causal; does not allocate.
#[derive(Clone, Debug)]
pub struct ToneVeto {
    window: [f32; WINDOW],
    coefficients: [[f32; BANK]; FIRST_BINS.len()],
    samples: [f32; WINDOW],
    last: Option<(Shape, f32)>,
    streak: u32,
}

impl Default for ToneVeto {
    fn default() -> Self {
        Self::new()
    }
}

impl ToneVeto {
    /// A detector that has heard nothing.
    pub fn new() -> Self {
        let bank = |first: usize| core::array::from_fn(|k| goertzel_coefficient((first + k) as f32 * BIN_HZ));
        Self {
            window: hann(),
            coefficients: FIRST_BINS.map(bank),
            samples: [0.0; WINDOW],
            last: None,
            streak: 0,
        }
    }

    /// The next frame: is it a steady tone? Frames must be consecutive.
    pub fn is_tone(&mut self, frame: &PcmFrame) -> bool {
        self.samples.copy_within(FRAME_SAMPLES.., 0);
        for (slot, &sample) in self.samples[WINDOW - FRAME_SAMPLES..].iter_mut().zip(frame) {
            *slot = f32::from(sample) / 32_768.0;
        }
        let seen = self.look();
        let alike = match (self.last, seen) {
            (Some((before, was)), Some((now, is))) => {
                let steady = is <= was * MAX_STEP && was <= is * MAX_STEP;
                steady && before.is_like(now)
            }
            _ => false,
        };
        self.streak = if alike { self.streak + 1 } else { u32::from(seen.is_some()) };
        self.last = seen;
        self.streak >= MIN_STREAK
    }

    /// Back to the state after construction.
    pub fn reset(&mut self) {
        (self.samples, self.last, self.streak) = ([0.0; WINDOW], None, 0);
    }

    /// The last window's shape and mean square, if it is one of the tones.
    fn look(&self) -> Option<(Shape, f32)> {
        let mut windowed = [0.0f32; WINDOW];
        let mut sum = 0.0f32;
        for ((out, &x), &w) in windowed.iter_mut().zip(&self.samples).zip(&self.window) {
            *out = x * w;
            sum += *out * *out;
        }
        // The squared weights sum to 3/8 of the length.
        let power = sum / (0.375 * WINDOW as f32);
        if power < MIN_POWER {
            return None;
        }
        let mut bins = [0.0f32; BINS];
        for (coefficients, out) in self.coefficients.iter().zip(bins.chunks_exact_mut(BANK)) {
            out.copy_from_slice(&powers(&windowed, coefficients));
        }
        // Parseval: both halves of the spectrum sum to WINDOW times the energy.
        let share = 2.0 / (WINDOW as f32 * sum);
        let spectrum = Spectrum { bins: bins.map(|bin| bin * share) };
        spectrum.shape().map(|shape| (shape, power))
    }
}

impl Shape {
    fn is_like(self, other: Self) -> bool {
        match (self, other) {
            (Self::Single { hz: a }, Self::Single { hz: b }) => (a - b).abs() <= MAX_DRIFT_HZ,
            (Self::Pair { index: a }, Self::Pair { index: b }) => a == b,
            _ => false,
        }
    }
}

/// Shares of the window's power, by bin.
struct Spectrum {
    bins: [f32; BINS],
}

impl Spectrum {
    /// Share of one bin, by its number in the full transform.
    fn bin(&self, number: usize) -> f32 {
        let bank = FIRST_BINS.iter().rposition(|&first| first <= number);
        bank.and_then(|bank| {
            let k = number - FIRST_BINS[bank];
            (k < BANK).then(|| self.bins[bank * BANK + k])
        })
        .unwrap_or(0.0)
    }

    fn sum(&self, bins: core::ops::RangeInclusive<usize>) -> f32 {
        bins.map(|number| self.bin(number)).sum()
    }

    fn shape(&self) -> Option<Shape> {
        self.single()
            .or_else(|| PAIRS.iter().position(|&pair| self.is_pair(pair)).map(|index| Shape::Pair { index }))
    }

    fn single(&self) -> Option<Shape> {
        let peak = (0..BINS).fold(0, |a, b| if self.bins[b] > self.bins[a] { b } else { a });
        let number = FIRST_BINS[peak / BANK] + peak % BANK;
        if self.sum(number - 2..=number + 2) < MIN_EXPLAINED {
            return None;
        }
        let [below, middle, above] = [number - 1, number, number + 1].map(|n| self.bin(n).sqrt());
        let delta = 2.0 * (above - below) / (below + 2.0 * middle + above);
        let hz = (number as f32 + delta) * BIN_HZ;
        let known = SINGLES.iter().any(|&(low, high)| (low..=high).contains(&hz));
        known.then_some(Shape::Single { hz })
    }

    fn is_pair(&self, (low, high): (f32, f32)) -> bool {
        let [low, high] = [low, high].map(|hz| (hz / BIN_HZ).round() as usize);
        let (below, above) = (low - 2..=low + 2, (high - 2).max(low + 3)..=high + 2);
        let partners = self.sum(low - 1..=low + 1).min(self.sum(high - 1..=high + 1));
        partners >= MIN_PARTNER && self.sum(below) + self.sum(above) >= MIN_EXPLAINED
    }
}
