//! How loud a line is.

use crate::faint::audible;
use crate::frame::{Dbfs, FRAME_SAMPLES, PcmFrame, rms};

/// Part of the short-term power that each frame replaces: 125 ms, the time weighting "fast" of
/// IEC 61672-1.
const FAST: f32 = 0.148;
/// The held peak falls by so much a frame: 20 dB in 1.5 s, near the 1.7 s of IEC 60268-10's type I.
const FALL: f32 = 0.27;

/// What the meter shows after a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// RMS of the frame.
    pub rms: Dbfs,
    /// The frame's greatest magnitude; 0 dBFS is 32,768.
    pub peak: Dbfs,
    /// RMS over about 125 ms.
    pub short_term: Dbfs,
    /// The peak, falling by 13 dB a second.
    pub held_peak: Dbfs,
}

/// Meters a line, frame by frame. Digital silence is [`Dbfs::SILENCE`].
#[derive(Clone, Debug)]
pub struct Meter {
    level: Level,
    /// Mean square in 16-bit units.
    power: f32,
}

impl Meter {
    /// Silence so far.
    pub const fn new() -> Self {
        let silence = Dbfs::SILENCE;
        Self {
            level: Level { rms: silence, peak: silence, short_term: silence, held_peak: silence },
            power: 0.0,
        }
    }

    /// Takes a frame and returns what it shows.
    pub fn process(&mut self, pcm: &PcmFrame) -> Level {
        let rms = rms(pcm);
        let peak = Dbfs::from_rms(f32::from(peak(pcm)));
        self.power = audible(self.power + FAST * (rms * rms - self.power));
        let held = peak.0.max(self.level.held_peak.0 - FALL).max(Dbfs::SILENCE.0);
        self.level = Level {
            rms: Dbfs::from_rms(rms),
            peak,
            short_term: Dbfs::from_rms(self.power.sqrt()),
            held_peak: Dbfs(held),
        };
        self.level
    }

    /// What was shown last.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Back to silence.
    pub const fn reset(&mut self) {
        *self = Self::new();
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}

/// The greatest magnitude, 0 to 32,768.
pub(super) fn peak(pcm: &[i16; FRAME_SAMPLES]) -> u16 {
    pcm.iter().fold(0, |peak, sample| peak.max(sample.unsigned_abs()))
}
