//! DTMF signals as PCM: two sines, level, twist, duration and pause.

use core::f64::consts::TAU;

use super::Digit;
use crate::Error;
use crate::frame::{Dbfs, WIRE_RATE};

/// How digits sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DtmfConfig {
    /// RMS level of both tones together. 0 dBm0 is −6.18 dBFS (ITU-T G.711 §8: a full-scale
    /// sine is +3.17 dBm0 in µ-law).
    pub level: Dbfs,
    /// Column tone over row tone in dB, −12 to 12. Telephones send 1 to 4: lines lose more at
    /// high frequencies.
    pub twist_db: f32,
    /// Length of a digit in milliseconds, 1 to 10,000. Q.24 receivers take 40 ms and more.
    pub duration_ms: u32,
    /// Silence after a digit in milliseconds, 0 to 10,000. Q.24 receivers need 30 to 70 ms.
    pub pause_ms: u32,
}

impl Default for DtmfConfig {
    /// −13 dBFS, 2 dB of twist, 100 ms of digit and 100 ms of pause.
    fn default() -> Self {
        Self { level: Dbfs(-13.0), twist_db: 2.0, duration_ms: 100, pause_ms: 100 }
    }
}

/// Plays a string of digits into slices of any length.
#[derive(Clone, Debug)]
pub struct DtmfGenerator {
    digits: Box<[Digit]>,
    /// Peak of the row tone and of the column tone, 16-bit units.
    amplitudes: [f64; 2],
    on: u32,
    period: u32,
    /// Which digit, and the sample within its period.
    index: usize,
    sample: u32,
}

impl DtmfGenerator {
    /// A player of `digits` (`0`–`9`, `*`, `#`, `A`–`D`).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownName`] for a character that is no key; [`Error::OutOfRange`] for a
    /// setting outside its range, which includes a level at which the sum of the tones clips.
    pub fn new(digits: &str, config: DtmfConfig) -> Result<Self, Error> {
        let digits = digits
            .chars()
            .map(|name| {
                Digit::from_char(name).ok_or_else(|| Error::UnknownName {
                    field: "dtmf.digits",
                    given: name.to_string(),
                    choices: "0|1|2|3|4|5|6|7|8|9|*|#|A|B|C|D",
                })
            })
            .collect::<Result<_, _>>()?;
        let DtmfConfig { level, twist_db, duration_ms, pause_ms } = config;
        let within = |low: f32, value: f32, high: f32| (low..=high).contains(&value);
        Error::check(within(-12.0, twist_db, 12.0), "dtmf.twist_db", f64::from(twist_db), "from -12 to 12")?;
        Error::check(
            within(1.0, duration_ms as f32, 10_000.0),
            "dtmf.duration_ms",
            f64::from(duration_ms),
            "from 1 to 10000",
        )?;
        Error::check(pause_ms <= 10_000, "dtmf.pause_ms", f64::from(pause_ms), "at most 10000")?;
        // Power r of the column over the row: row² (1 + r) / 2 = rms².
        let ratio = 10f64.powf(f64::from(twist_db) / 10.0);
        let row = f64::from(level.to_rms()) * (2.0 / (1.0 + ratio)).sqrt();
        let amplitudes = [row, row * ratio.sqrt()];
        Error::check(
            within(-80.0, level.0, 0.0) && amplitudes.iter().sum::<f64>() <= 32_767.0,
            "dtmf.level",
            f64::from(level.0),
            "from -80 dBFS to where the peak of both tones stays below full scale (-6 for equal tones)",
        )?;
        let samples = |ms: u32| ms * (WIRE_RATE / 1_000);
        let on = samples(duration_ms);
        Ok(Self { digits, amplitudes, on, period: on + samples(pause_ms), index: 0, sample: 0 })
    }

    /// Writes the next samples and returns how many: fewer than `out` holds once the last
    /// digit's pause is over, then 0. What lies behind them is left alone. Does not allocate.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        let mut written = 0;
        for slot in out {
            let Some(&digit) = self.digits.get(self.index) else { break };
            *slot = if self.sample < self.on {
                let t = f64::from(self.sample) / f64::from(WIRE_RATE);
                let tone = |hz: f32, peak: f64| peak * (TAU * f64::from(hz) * t).sin();
                let [row, column] = self.amplitudes;
                (tone(digit.row_hz(), row) + tone(digit.column_hz(), column)).round() as i16
            } else {
                0
            };
            written += 1;
            self.sample += 1;
            if self.sample == self.period {
                (self.index, self.sample) = (self.index + 1, 0);
            }
        }
        written
    }

    /// Back to the first digit.
    pub fn reset(&mut self) {
        (self.index, self.sample) = (0, 0);
    }
}
