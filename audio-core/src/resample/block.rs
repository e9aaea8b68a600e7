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
    Fft(Box<Fft<f32>>),
}

impl Block {
    /// The converter for `input` → `output` Hz; a polyphase where there is one if `phase` is
    /// given. Allocates.
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
        let smallest = (input / gcd(input, output)).max(output / gcd(input, output)) as usize;
        if smallest > MAX_BLOCK {
            return Err(refuse(format!("the smallest common block is {smallest} samples")));
        }
        // 20 ms blocks where the ratio allows; rubato rounds up to the smallest common block.
        let (rate_in, rate_out, block) = (input as usize, output as usize, input as usize / 50);
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
    pub(super) fn delay(&self) -> usize {
        match self {
            Self::Copy(_) => 0,
            Self::Polyphase(polyphase) => polyphase.delay(),
            Self::Fft(fft) => fft.output_delay(),
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
