//! Digits at the limits of ITU-T Q.24, in noise and µ-law.

use std::f64::consts::TAU;

use audio_core::codec::ulaw;
use audio_core::dtmf::{Digit, DtmfDetector};

/// A linear congruential generator (Knuth's MMIX constants): the same digits on every run.
struct Dice(u64);

impl Dice {
    /// Uniform in (0, 1).
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Normal with variance 1 (Box and Muller).
    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (TAU * self.uniform()).cos()
    }
}

/// How many of `wanted` digits are not heard as themselves and once.
pub(crate) fn missed(wanted: u32) -> u32 {
    let mut dice = Dice(24);
    (0..wanted).map(|n| u32::from(!is_heard(n as usize, &mut dice))).sum()
}

fn is_heard(n: usize, dice: &mut Dice) -> bool {
    let Some(digit) = Digit::all().nth(n % 16) else { return false };
    let [row_hz, column_hz] =
        [digit.row_hz(), digit.column_hz()].map(|hz| f64::from(hz) * dice.between(0.985, 1.015));
    let ratio = 10f64.powf(dice.between(-8.0, 4.0) / 20.0);
    // The stronger tone's peak: −30 to −9 dBFS as RMS.
    let peak = 32_768.0 * 2f64.sqrt() * 10f64.powf(dice.between(-30.0, -9.2) / 20.0);
    let [row, column] = if ratio > 1.0 { [peak / ratio, peak] } else { [peak, peak * ratio] };
    let noise = ((row * row + column * column) / 2.0 / 10f64.powf(1.5)).sqrt();
    let before = 300 + n % 20;
    let (length, phases) =
        (dice.between(320.0, 480.0) as usize, [dice.between(0.0, TAU), dice.between(0.0, TAU)]);
    let pcm: Vec<i16> = (0..before + length + 480)
        .map(|at| {
            let mut sample = noise * dice.normal();
            if (before..before + length).contains(&at) {
                let t = TAU * (at - before) as f64 / 8_000.0;
                sample += row * (row_hz * t + phases[0]).sin() + column * (column_hz * t + phases[1]).sin();
            }
            ulaw::decode(ulaw::encode(sample.round() as i16))
        })
        .collect();
    let mut heard = Vec::new();
    let mut detector = DtmfDetector::new();
    detector.process(&pcm, |event| heard.push(event.digit));
    detector.flush(|event| heard.push(event.digit));
    heard == [digit]
}
