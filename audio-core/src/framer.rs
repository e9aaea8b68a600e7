//! The embedder's edge: any chunk length, any usual rate, in; whole 20 ms frames at 8 kHz out; and back.

use crate::Error;
use crate::codec::ulaw;
use crate::frame::{FRAME_SAMPLES, PcmFrame, WIRE_RATE, WireFrame};
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
        let resampler = Resampler::new(rate, WIRE_RATE)?;
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

/// Cuts a stream into numbered and stamped wire frames: what a pipeline or a call takes.
///
/// ```
/// use audio_core::framer::{WireFramer, WirePlayer};
/// use audio_core::pipeline::{CallPipeline, PipelineConfig};
///
/// let mut call = CallPipeline::new(PipelineConfig::default())?;
/// let mut microphone = WireFramer::new(48_000)?;
/// let mut agent = WireFramer::new(16_000)?;
/// let mut loudspeaker = WirePlayer::new(48_000)?;
/// let mut played = 0;
/// microphone.push_f32(&[0.0; 4_800], |frame| call.push_wire(frame));
/// agent.push_i16(&[0; 1_600], |frame| {
///     let sent = call.process_agent(Some(frame));
///     sent.inspect(|frame| loudspeaker.push(frame, |samples: &[i16]| played += samples.len()));
/// });
/// assert_eq!((call.now().as_ms(), played), (100, 4_800));
/// # Ok::<(), audio_core::Error>(())
/// ```
#[derive(Debug)]
pub struct WireFramer {
    framer: Framer,
    seq: u32,
}

impl WireFramer {
    /// For input at `rate` Hz. Allocates; nothing after it does.
    pub fn new(rate: u32) -> Result<Self, Error> {
        Ok(Self { framer: Framer::new(rate)?, seq: 0 })
    }

    /// Takes 16-bit samples; calls `each` for every frame they complete.
    pub fn push_i16(&mut self, samples: &[i16], mut each: impl FnMut(&WireFrame)) {
        let seq = &mut self.seq;
        self.framer.push_i16(samples, |pcm| each(&numbered(pcm, seq)));
    }

    /// Takes samples in [-1, 1); calls `each` for every frame they complete.
    pub fn push_f32(&mut self, samples: &[f32], mut each: impl FnMut(&WireFrame)) {
        let seq = &mut self.seq;
        self.framer.push_f32(samples, |pcm| each(&numbered(pcm, seq)));
    }

    /// Another call: forgets everything and counts from 0. Does not allocate.
    pub fn reset(&mut self) {
        self.framer.reset();
        self.seq = 0;
    }
}

fn numbered(pcm: &PcmFrame, seq: &mut u32) -> WireFrame {
    let timestamp = seq.wrapping_mul(FRAME_SAMPLES as u32);
    let mut frame = WireFrame { seq: *seq, timestamp, ..WireFrame::SILENCE };
    ulaw::encode_slice(pcm, &mut frame.payload);
    *seq = seq.wrapping_add(1);
    frame
}

/// Turns wire frames into samples at any usual rate: the way back of [`WireFramer`].
#[derive(Debug)]
pub struct WirePlayer {
    resampler: Resampler,
    /// 20 ms at the rate.
    samples: Box<[i16]>,
}

impl WirePlayer {
    /// For output at `rate` Hz. Allocates; nothing after it does.
    pub fn new(rate: u32) -> Result<Self, Error> {
        let resampler = Resampler::new(WIRE_RATE, rate)?;
        Ok(Self { resampler, samples: vec![0; rate as usize / 50].into() })
    }

    /// Takes a frame; calls `each` with the samples that come of it, in one or more pieces.
    pub fn push(&mut self, frame: &WireFrame, mut each: impl FnMut(&[i16])) {
        let mut pcm = [0; FRAME_SAMPLES];
        let len = usize::from(frame.len).min(FRAME_SAMPLES);
        ulaw::decode_slice(&frame.payload[..len], &mut pcm);
        let mut rest = &pcm[..len];
        loop {
            let progress = self.resampler.process_i16(rest, &mut self.samples);
            rest = &rest[progress.consumed..];
            if progress.produced > 0 {
                each(&self.samples[..progress.produced]);
            }
            if progress.produced < self.samples.len() {
                return;
            }
        }
    }

    /// As [`push`](Self::push), with samples in [-1, 1).
    pub fn push_f32(&mut self, frame: &WireFrame, mut each: impl FnMut(&[f32])) {
        self.push(frame, |samples| {
            let mut converted = [0.0f32; FRAME_SAMPLES];
            for piece in samples.chunks(FRAME_SAMPLES) {
                for (x, &sample) in converted.iter_mut().zip(piece) {
                    *x = f32::from(sample) / 32_768.0;
                }
                each(&converted[..piece.len()]);
            }
        });
    }

    /// Forgets the resampler's state. Does not allocate.
    pub fn reset(&mut self) {
        self.resampler.reset();
    }
}
