//! The embedder's edge: any chunk length, any usual rate, in; whole 20 ms frames at 8 kHz out.

use crate::Error;
use crate::frame::{FRAME_SAMPLES, PcmFrame};
use crate::resample::Resampler;

/// Cuts a stream into wire frames.
///
/// ```
/// use audio_core::framer::Framer;
/// let mut framer = Framer::new(16_000)?;
/// let mut frames = 0;
/// framer.push_i16(&[0; 1_000], |_frame| frames += 1);
/// assert_eq!(frames, 3);
/// # Ok::<(), audio_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Framer {
    resampler: Resampler,
    frame: PcmFrame,
    filled: usize,
}

impl Framer {
    /// For input at `rate` Hz: 8, 16, 48 kHz or any rate [`Resampler`] takes. Allocates.
    pub fn new(rate: u32) -> Result<Self, Error> {
        let resampler = Resampler::new(rate, crate::frame::WIRE_RATE)?;
        Ok(Self { resampler, frame: [0; FRAME_SAMPLES], filled: 0 })
    }

    /// Takes 16-bit samples; calls `each` for every frame they complete.
    pub fn push_i16(&mut self, mut samples: &[i16], mut each: impl FnMut(&PcmFrame)) {
        loop {
            let room = &mut self.frame[self.filled..];
            let progress = self.resampler.process_i16(samples, room);
            samples = &samples[progress.consumed..];
            if !self.advance(progress.produced, &mut each) {
                return;
            }
        }
    }

    /// Takes samples in [-1, 1); calls `each` for every frame they complete.
    pub fn push_f32(&mut self, mut samples: &[f32], mut each: impl FnMut(&PcmFrame)) {
        let mut converted = [0.0f32; FRAME_SAMPLES];
        loop {
            let room = &mut self.frame[self.filled..];
            let progress = self.resampler.process(samples, &mut converted[..room.len()]);
            samples = &samples[progress.consumed..];
            for (sample, value) in room.iter_mut().zip(&converted[..progress.produced]) {
                *sample = (value * 32_768.0).round() as i16;
            }
            if !self.advance(progress.produced, &mut each) {
                return;
            }
        }
    }

    /// Forgets the unfinished frame and the resampler's state. Does not allocate.
    pub fn reset(&mut self) {
        self.resampler.reset();
        self.filled = 0;
    }

    /// Notes `produced` new samples; true when a frame was completed and there may be more.
    fn advance(&mut self, produced: usize, each: &mut impl FnMut(&PcmFrame)) -> bool {
        self.filled += produced;
        if self.filled < FRAME_SAMPLES {
            return false;
        }
        each(&self.frame);
        self.filled = 0;
        true
    }
}
