//! One side of a call on its way to 8 kHz and to its file.

use std::path::Path;

use audio_core::frame::WIRE_RATE;
use audio_core::resample::Resampler;
use audio_core::tape::{WavSpec, WavWriter};

use super::ImportError;

/// Samples of what is still inside a resampler that are taken at a time.
const TAIL: usize = 8_000;

pub(super) struct Track {
    wav: WavWriter,
    /// None at 8 kHz.
    resampler: Option<Resampler>,
    /// Samples that the resampler's delay puts in front.
    early: usize,
    out: Vec<i16>,
}

impl Track {
    /// `recording` is where the samples come from, for errors.
    pub(super) fn create(path: &Path, rate: u32, recording: &Path) -> Result<Self, ImportError> {
        let resampler = match rate {
            WIRE_RATE => None,
            rate => Some(
                Resampler::with_fft(rate, WIRE_RATE)
                    .map_err(|source| ImportError::Signal { path: recording.to_path_buf(), source })?,
            ),
        };
        let early = resampler.as_ref().map_or(0, Resampler::delay);
        Ok(Self { wav: WavWriter::create(path, WavSpec::MONO_8K)?, resampler, early, out: Vec::new() })
    }

    pub(super) fn push(&mut self, pcm: &[i16]) -> Result<(), ImportError> {
        let Some(resampler) = &mut self.resampler else { return Ok(self.wav.write(pcm)?) };
        self.out.resize(resampler.output_bound(pcm.len()), 0);
        let produced = resampler.process_i16(pcm, &mut self.out).produced;
        self.take(produced)
    }

    /// Ends the file; returns its length in samples.
    pub(super) fn finish(mut self) -> Result<u64, ImportError> {
        while let Some(resampler) = &mut self.resampler {
            self.out.resize(TAIL, 0);
            let produced = resampler.flush_i16(&mut self.out);
            if produced == 0 {
                break;
            }
            self.take(produced)?;
            if produced < TAIL {
                break;
            }
        }
        let samples = self.wav.frames();
        self.wav.finish()?;
        Ok(samples)
    }

    fn take(&mut self, produced: usize) -> Result<(), ImportError> {
        let skipped = self.early.min(produced);
        self.early -= skipped;
        Ok(self.wav.write(&self.out[skipped..produced])?)
    }
}
