//! Tones as PCM: exact sines in a cadence, for slices of any length.

use core::f64::consts::TAU;

use super::plans::{Cadence, Segment};
use crate::Error;
use crate::frame::{Dbfs, WIRE_RATE};

/// Plays a cadence.
///
/// Each segment starts at phase 0, so it starts without a click; one that lasts a whole number
/// of periods (all but the US special information tone) ends without one too.
#[derive(Clone, Debug)]
pub struct ToneGenerator {
    cadence: Cadence,
    /// RMS of one frequency and of each of two, 16-bit units.
    rms: [f64; 2],
    segment: usize,
    sample: u32,
}

impl ToneGenerator {
    /// A player of `cadence` at `level`, the RMS of a sounding segment.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] for a level outside −80 to −6.1 dBFS (above, a pair would clip),
    /// a frequency outside 0 to 4,000 Hz, a segment longer than a minute or a cadence of no
    /// length.
    pub fn new(cadence: Cadence, level: Dbfs) -> Result<Self, Error> {
        let value = f64::from(level.0);
        Error::check((-80.0..=-6.1).contains(&level.0), "tone.level", value, "from -80 to -6.1 dBFS")?;
        for Segment { hz, ms } in cadence.segments {
            let value = f64::from(*ms);
            Error::check(*ms <= 60_000, "tone.segment.ms", value, "at most 60000")?;
            for &hz in hz {
                Error::check(
                    (0.0..4_000.0).contains(&hz),
                    "tone.segment.hz",
                    f64::from(hz),
                    "from 0 to 4000",
                )?;
            }
        }
        let total: u64 = cadence.segments.iter().map(|segment| u64::from(segment.ms)).sum();
        Error::check(total > 0, "tone.cadence", total as f64, "longer than 0 ms")?;
        let rms = f64::from(level.to_rms());
        Ok(Self { cadence, rms: [rms, rms / 2f64.sqrt()], segment: 0, sample: 0 })
    }

    /// Writes the next samples and returns how many: fewer than `out` holds where a cadence that
    /// does not repeat is over. What lies behind them is left alone. Does not allocate.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        for (n, slot) in out.iter_mut().enumerate() {
            let Some(segment) = self.sounding() else { return n };
            *slot = self.value(segment.hz);
            self.sample += 1;
        }
        out.len()
    }

    /// Back to the start of the cadence.
    pub fn reset(&mut self) {
        (self.segment, self.sample) = (0, 0);
    }

    /// The segment of the next sample.
    fn sounding(&mut self) -> Option<Segment> {
        let segments = self.cadence.segments;
        // Segments of length 0 are passed over; a cadence has at least one that is longer.
        for _ in 0..=segments.len() {
            if self.segment == segments.len() && self.cadence.repeats {
                self.segment = 0;
            }
            let segment = *segments.get(self.segment)?;
            if self.sample < segment.ms * (WIRE_RATE / 1_000) {
                return Some(segment);
            }
            (self.segment, self.sample) = (self.segment + 1, 0);
        }
        None
    }

    fn value(&self, hz: [f32; 2]) -> i16 {
        let peak = self.rms[usize::from(hz[0] > 0.0 && hz[1] > 0.0)] * 2f64.sqrt();
        let t = f64::from(self.sample) / f64::from(WIRE_RATE);
        let wave: f64 = hz.iter().map(|&hz| (TAU * f64::from(hz) * t).sin()).sum();
        (peak * wave).round() as i16
    }
}

/// What is played when nothing else can be: 400 ms of 440 Hz at −20 dBFS, at 8 kHz.
///
/// Allocates: it is made once, not per frame.
pub fn beep() -> Vec<i16> {
    const CADENCE: Cadence = Cadence { segments: &[Segment::tone(440.0, 400)], repeats: false };
    let mut pcm = vec![0; 400 * WIRE_RATE as usize / 1_000];
    let mut tone =
        ToneGenerator { cadence: CADENCE, rms: [f64::from(Dbfs(-20.0).to_rms()); 2], segment: 0, sample: 0 };
    let written = tone.fill(&mut pcm);
    debug_assert_eq!(written, pcm.len());
    pcm
}
