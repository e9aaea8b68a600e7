//! The conversion itself, and which one a ratio gets.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use crate::Error;
use crate::resample::Phase;
use crate::resample::polyphase::Polyphase;

/// Rates this crate converts between, in Hz.
const RATES: core::ops::RangeInclusive<u32> = 4_000..=192_000;
/// A block longer than this (half a second at 48 kHz) means the rates have too little in common.
const MAX_BLOCK: usize = 24_000;

/// Lengths in samples, input and output.
pub(super) type Lengths = (usize, usize);

/// A converter of blocks.
pub(super) enum Block {
    /// Equal rates.
    Copy(usize),
    /// 2, 3 and 6 times 8 kHz.
    Polyphase(Polyphase),
    /// rubato 5 `Fft`, `FixedSync::Both`: windowed sinc (Blackman-Harris squared), overlap-add.
    /// Its filter has as many taps as a block has input samples and the peak at half of them,
    /// rounded down.
    Fft(Box<Fft<f32>>),
}

impl Block {
    /// The converter for `input` → `output` Hz. For talk `phase` is given: a polyphase where there
    /// is one, else the shortest block. Without it, for recordings: blocks of even length on both
    /// sides, whose delay is a whole number of samples. Allocates.
    pub(super) fn new(input: u32, output: u32, phase: Option<Phase>) -> Result<Self, Error> {
        let refuse = |reason: String| Error::Resample { input, output, reason };
        if !RATES.contains(&input) || !RATES.contains(&output) {
            return Err(refuse("rates must lie between 4000 and 192000 Hz".into()));
        }
        if input == output {
            return Ok(Self::Copy(input.div_ceil(50) as usize));
        }
        if let Some(polyphase) = phase.and_then(|phase| Polyphase::new(input, output, phase)) {
            return Ok(Self::Polyphase(polyphase));
        }
        let (granule_in, granule_out) = (input / gcd(input, output), output / gcd(input, output));
        let smallest = granule_in.max(granule_out) as usize;
        if smallest > MAX_BLOCK {
            return Err(refuse(format!("the smallest common block is {smallest} samples")));
        }
        // 20 ms blocks where the ratio allows; rubato rounds up to the smallest common block.
        let (rate_in, rate_out) = (input as usize, output as usize);
        let mut granules = (rate_in / 50).div_ceil(granule_in as usize);
        if phase.is_none() && (granule_in % 2 == 1 || granule_out % 2 == 1) {
            granules = granules.next_multiple_of(2);
        }
        let block = granules * granule_in as usize;
        let window = rubato::WindowFunction::BlackmanHarris2;
        let fft = Fft::new_custom(rate_in, rate_out, block, 1, 1, window, FixedSync::Both)
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self::Fft(Box::new(fft)))
    }

    /// The most that [`convert`](Self::convert) takes at once.
    pub(super) fn largest(&self) -> Lengths {
        match self {
            Self::Copy(block) => (*block, *block),
            Self::Polyphase(polyphase) => polyphase.block(),
            Self::Fft(fft) => (fft.fft_size_in(), fft.fft_size_out()),
        }
    }

    /// What [`convert`](Self::convert) takes any multiple of.
    pub(super) fn smallest(&self) -> Lengths {
        match self {
            Self::Copy(_) => (1, 1),
            Self::Polyphase(polyphase) => polyphase.granule(),
            Self::Fft(_) => self.largest(),
        }
    }

    /// Delay in output samples.
    pub(super) fn delay(&self) -> f64 {
        match self {
            Self::Copy(_) => 0.0,
            Self::Polyphase(polyphase) => polyphase.delay(),
            Self::Fft(fft) => {
                let (n_in, n_out) = (fft.fft_size_in(), fft.fft_size_out());
                (n_in / 2) as f64 * n_out as f64 / n_in as f64
            }
        }
    }

    /// Converts a multiple of [`smallest`](Self::smallest), up to [`largest`](Self::largest).
    pub(super) fn convert(&mut self, input: &[f32], output: &mut [f32]) {
        match self {
            Self::Copy(_) => output.copy_from_slice(input),
            Self::Polyphase(polyphase) => polyphase.convert(input, output),
            Self::Fft(fft) => {
                let (n_in, n_out) = (input.len(), output.len());
                let done = InterleavedSlice::new(input, 1, n_in).is_ok_and(|source| {
                    InterleavedSlice::new_mut(output, 1, n_out)
                        .is_ok_and(|mut sink| fft.process_into_buffer(&source, &mut sink, None).is_ok())
                });
                // The lengths are fixed at construction, so rubato has nothing to refuse.
                debug_assert!(done, "block lengths differ from rubato's");
            }
        }
    }

    /// Forgets what was heard. Does not allocate.
    pub(super) fn reset(&mut self) {
        match self {
            Self::Copy(_) => {}
            Self::Polyphase(polyphase) => polyphase.reset(),
            Self::Fft(fft) => fft.reset(),
        }
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
