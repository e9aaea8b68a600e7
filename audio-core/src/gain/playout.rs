//! Gain and limiter in a row, for a line that is played.

use super::agc::between;
use super::{Agc, Limiter, PlayoutGainConfig};
use crate::Error;
use crate::frame::{Dbfs, PcmFrame};

/// A frame of a speech synthesiser's is voice from this level on; its pauses are all but silent.
const SPEAKING: Dbfs = Dbfs(-50.0);

/// [`Agc`], then [`Limiter`], without clipping in between.
#[derive(Clone, Debug)]
pub struct PlayoutGain {
    agc: Agc,
    limiter: Limiter,
}

impl PlayoutGain {
    /// Checks the settings.
    pub fn new(config: PlayoutGainConfig) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self { agc: Agc::new(config.agc)?, limiter: Limiter::new(config.limiter)? })
    }

    /// Evens out and limits a frame of synthesised speech in place; what is above -50 dBFS counts as
    /// voice. Returns whether a sample may have changed.
    pub fn process(&mut self, pcm: &mut PcmFrame) -> bool {
        self.process_voice(pcm, Dbfs::of(pcm) >= SPEAKING)
    }

    /// The same where it is known whether a frame is voice.
    pub fn process_voice(&mut self, pcm: &mut PcmFrame, voice: bool) -> bool {
        let (from, to) = self.agc.step(pcm, voice);
        if from == 1.0 && to == 1.0 {
            let before = *pcm;
            self.limiter.process(pcm);
            return before != *pcm;
        }
        let mut x = pcm.map(f32::from);
        for (n, x) in x.iter_mut().enumerate() {
            *x *= between(from, to, n);
        }
        self.limiter.limit(&mut x);
        for (sample, x) in pcm.iter_mut().zip(&x) {
            *sample = *x as i16;
        }
        true
    }

    /// The gain, to read.
    pub const fn agc(&self) -> &Agc {
        &self.agc
    }

    /// The limiter, to read.
    pub const fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// Back to the state after `new`.
    pub const fn reset(&mut self) {
        self.agc.reset();
        self.limiter.reset();
    }
}
