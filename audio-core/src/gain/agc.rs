//! A slow gain that brings speech to a target level.
//!
//! What counts is the active speech level, as in ITU-T P.56: the mean power over the time in which
//! somebody speaks. Activity is P.56's too, a margin of 15.9 dB under the level itself, and the
//! caller's word for it that the frame is voice at all. P.56 measures a file; here the older speech
//! fades away. In pauses and on noise the gain stands still: nothing pumps.

use super::{AgcConfig, factor, meter::peak};
use crate::Error;
use crate::frame::{Dbfs, FRAME_MS, FRAME_SAMPLES, PcmFrame, rms};

/// Frames further below the active level do not count: P.56's margin, in power (15.9 dB).
const MARGIN: f32 = 0.025_7;
/// Frames of activity over which the level is measured, 3 s.
const MEMORY: u32 = 150;
/// Frames of activity before which the gain stands still, 200 ms.
const FIRST: u32 = 10;
/// Quieter is no speech to learn from, -60 dBFS: mean square.
const AUDIBLE: f32 = 1_073.7;
/// Frames of voice below the margin in a row after which the level measured is doubted, 1 s: speech more
/// than 15.9 dB quieter than before would never count. It fades by 3 dB a second then.
const DOUBT: u32 = 50;
const FADE: f32 = 0.986;

/// Evens out the level of a voice. `Send`; no allocation at all.
#[derive(Clone, Debug)]
pub struct Agc {
    config: AgcConfig,
    /// Mean square of active speech, 16-bit units.
    active: f32,
    /// Frames of activity, up to [`MEMORY`], and of voice too quiet for it in a row.
    heard: u32,
    quiet: u32,
    gain_db: f32,
    /// The factor at the end of the last frame.
    gain: f32,
}

impl Agc {
    /// Checks the settings.
    pub fn new(config: AgcConfig) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self { config, active: 0.0, heard: 0, quiet: 0, gain_db: 0.0, gain: 1.0 })
    }

    /// Applies the gain to a frame in place. It learns from the frame only if it is `voice`. Returns
    /// whether a sample was clipped: a limiter behind it has to come first where that may be, see
    /// [`PlayoutGain`](super::PlayoutGain).
    pub fn process(&mut self, pcm: &mut PcmFrame, voice: bool) -> bool {
        let (from, to) = self.step(pcm, voice);
        if from == 1.0 && to == 1.0 {
            return false;
        }
        let loudest = f32::from(peak(pcm)) * from.max(to);
        for (n, sample) in pcm.iter_mut().enumerate() {
            // Saturates.
            *sample = (f32::from(*sample) * between(from, to, n)).round() as i16;
        }
        loudest > f32::from(i16::MAX)
    }

    /// Learns, and returns the factors from which and to which the gain runs over this frame.
    pub(super) fn step(&mut self, pcm: &PcmFrame, voice: bool) -> (f32, f32) {
        if voice {
            let rms = rms(pcm);
            self.learn(rms * rms);
        }
        let from = core::mem::replace(&mut self.gain, factor(self.gain_db));
        (from, self.gain)
    }

    fn learn(&mut self, power: f32) {
        if power < AUDIBLE {
            return;
        }
        if power < MARGIN * self.active {
            self.quiet = (self.quiet + 1).min(DOUBT);
            if self.quiet >= DOUBT {
                self.active *= FADE;
            }
            return;
        }
        self.quiet = 0;
        self.heard = (self.heard + 1).min(MEMORY);
        self.active += (power - self.active) / self.heard as f32;
        if self.heard >= FIRST {
            let most = self.config.rate_db_per_s * FRAME_MS as f32 / 1_000.0;
            let level = Dbfs::from_rms(self.active.sqrt()).0;
            let wanted =
                (self.config.target_dbfs - level).clamp(-self.config.max_cut_db, self.config.max_gain_db);
            self.gain_db += (wanted - self.gain_db).clamp(-most, most);
        }
    }

    /// The gain in use, in dB.
    pub const fn gain_db(&self) -> f32 {
        self.gain_db
    }

    /// Active speech level of what came in over the last 3 s of speech; `None` before 200 ms of it.
    pub fn active_level(&self) -> Option<Dbfs> {
        (self.heard >= FIRST).then(|| Dbfs::from_rms(self.active.sqrt()))
    }

    /// Back to the state after `new`.
    pub const fn reset(&mut self) {
        (self.active, self.heard, self.quiet) = (0.0, 0, 0);
        (self.gain_db, self.gain) = (0.0, 1.0);
    }
}

/// The factor at sample `n` of a frame.
#[inline]
pub(super) fn between(from: f32, to: f32, n: usize) -> f32 {
    from + (to - from) * ((n + 1) as f32 / FRAME_SAMPLES as f32)
}
