//! The conversion itself: one fixed block in, one fixed block out.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use crate::Error;

/// Rates this crate converts between, in Hz.
const RATES: core::ops::RangeInclusive<u32> = 4_000..=192_000;
/// A block longer than this (half a second at 48 kHz) means the rates have too little in common.
const MAX_BLOCK: usize = 24_000;

/// A converter of fixed blocks.
pub(super) enum Block {
    /// Equal rates.
    Copy,
    /// rubato 5 `Fft`, `FixedSync::Both`: windowed sinc (Blackman-Harris squared), overlap-add.
    Fft(Box<Fft<f32>>),
}

impl Block {
    /// The converter for `input` → `output` Hz and its block lengths. Allocates.
    pub(super) fn new(input: u32, output: u32) -> Result<(Self, usize, usize), Error> {
        let refuse = |reason: String| Error::Resample { input, output, reason };
        if !RATES.contains(&input) || !RATES.contains(&output) {
            return Err(refuse("rates must lie between 4000 and 192000 Hz".into()));
        }
        if input == output {
            let block = input.div_ceil(50) as usize;
            return Ok((Self::Copy, block, block));
        }
        let smallest = (input / gcd(input, output)).max(output / gcd(input, output)) as usize;
        if smallest > MAX_BLOCK {
            return Err(refuse(format!("the smallest common block is {smallest} samples")));
        }
        // 20 ms blocks where the ratio allows; rubato rounds up to the smallest common block.
        let (rate_in, rate_out, block) = (input as usize, output as usize, input as usize / 50);
        let fft = Fft::new_custom(
            rate_in,
            rate_out,
            block,
            1,
            1,
            rubato::WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(|error| refuse(error.to_string()))?;
        let (block_in, block_out) = (fft.fft_size_in(), fft.fft_size_out());
        Ok((Self::Fft(Box::new(fft)), block_in, block_out))
    }

    /// Delay in output samples.
    pub(super) fn delay(&self) -> usize {
        match self {
            Self::Copy => 0,
            Self::Fft(fft) => fft.output_delay(),
        }
    }

    /// Converts one block; the slices have the lengths `new` returned.
    pub(super) fn convert(&mut self, input: &[f32], output: &mut [f32]) {
        match self {
            Self::Copy => output.copy_from_slice(input),
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
        if let Self::Fft(fft) = self {
            fft.reset();
        }
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
