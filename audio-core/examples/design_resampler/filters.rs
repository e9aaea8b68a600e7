//! The six prototypes: their specification, and what they measure.

use std::f64::consts::TAU;

use crate::minimum::minimum;
use crate::remez::{LowPass, design};

/// Rate of the wire in Hz.
pub(crate) const WIRE: f64 = 8_000.0;
/// End of the telephone band in Hz.
pub(crate) const PASS: f64 = 3_400.0;
/// Its image in Hz: what lies above may not come through.
pub(crate) const STOP: f64 = WIRE - PASS;
/// Allowed deviation of the gain in the pass band: ±0.003 dB.
const PASS_DEVIATION: f64 = 3.5e-4;

/// The factors between 8 kHz and 16, 24 and 48 kHz.
pub(crate) const FACTORS: [usize; 3] = [2, 3, 6];

/// One prototype at `factor` × 8 kHz, gain 1 at 0 Hz.
pub(crate) struct Filter {
    pub(crate) factor: usize,
    pub(crate) taps: Vec<f64>,
}

/// The minimum-phase prototype of a factor: 24 taps a phase. More rejection costs delay at 3400
/// Hz, which must stay below 0.7 ms and grows with the factor.
pub(crate) fn minimum_phase(factor: usize) -> Filter {
    let rejection = match factor {
        2 => 87.0,
        3 => 86.5,
        _ => 85.6,
    };
    unity(factor, &minimum(spec(factor, rejection), PASS_DEVIATION, 24 * factor))
}

/// The linear-phase prototype: 30 taps a phase, the last of which is 0. One more than the middle
/// is a multiple of the factor, so that the delay is a whole number of samples at 8 kHz too.
pub(crate) fn linear_phase(factor: usize) -> Filter {
    let weight = if factor == 2 { 89.2 } else { 90.0 };
    unity(factor, &design(spec(factor, weight), 15 * factor - 1).0)
}

/// `rejection` in dB beside the deviation allowed in the pass band: with the number of taps given
/// it only divides the error between the bands.
fn spec(factor: usize, rejection: f64) -> LowPass {
    let rate = WIRE * factor as f64;
    let stop_deviation = 10f64.powf(-rejection / 20.0);
    LowPass { pass: PASS / rate, stop: STOP / rate, stop_over_pass: stop_deviation / PASS_DEVIATION }
}

fn unity(factor: usize, taps: &[f64]) -> Filter {
    let sum: f64 = taps.iter().sum();
    Filter { factor, taps: taps.iter().map(|tap| tap / sum).collect() }
}

impl Filter {
    /// Sampling rate in Hz.
    pub(crate) fn rate(&self) -> f64 {
        WIRE * self.factor as f64
    }

    /// Gain in dB at `hz`.
    pub(crate) fn gain(&self, hz: f64) -> f64 {
        let (re, im) = self.moments(hz).0;
        10.0 * (re * re + im * im).max(1e-30).log10()
    }

    /// Group delay in ms at `hz`.
    pub(crate) fn delay(&self, hz: f64) -> f64 {
        let ((re, im), (ramp_re, ramp_im)) = self.moments(hz);
        1_000.0 * (ramp_re * re + ramp_im * im) / (re * re + im * im) / self.rate()
    }

    /// Spread of the gain over 100–3400 Hz in dB.
    pub(crate) fn ripple(&self) -> f64 {
        let gains = || steps(100.0, PASS).map(|hz| self.gain(hz));
        gains().fold(f64::MIN, f64::max) - gains().fold(f64::MAX, f64::min)
    }

    /// Least attenuation from 4600 Hz up in dB.
    pub(crate) fn rejection(&self) -> f64 {
        -steps(STOP, self.rate() / 2.0).map(|hz| self.gain(hz)).fold(f64::MIN, f64::max)
    }

    /// Largest group delay over 100–3400 Hz in ms.
    pub(crate) fn largest_delay(&self) -> f64 {
        steps(100.0, PASS).map(|hz| self.delay(hz)).fold(f64::MIN, f64::max)
    }

    /// The transform of the taps at `hz`, and that of tap × index.
    fn moments(&self, hz: f64) -> ((f64, f64), (f64, f64)) {
        let (mut plain, mut ramp) = ((0.0, 0.0), (0.0, 0.0));
        for (i, tap) in self.taps.iter().enumerate() {
            let (sin, cos) = (-TAU * hz / self.rate() * i as f64).sin_cos();
            plain = (plain.0 + tap * cos, plain.1 + tap * sin);
            ramp = (ramp.0 + i as f64 * tap * cos, ramp.1 + i as f64 * tap * sin);
        }
        (plain, ramp)
    }
}

/// Frequencies from `low` to `high` Hz, both included, at most 4 Hz apart.
pub(crate) fn steps(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let n = ((high - low) / 4.0).ceil() as usize;
    (0..=n).map(move |i| low + (high - low) * i as f64 / n as f64)
}
