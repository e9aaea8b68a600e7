//! Any chunk length in, any chunk length out, around a converter of blocks.

use core::fmt;

use crate::Error;
use crate::resample::Phase;
use crate::resample::block::{Block, Lengths};

/// How far one call got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Input samples taken; the rest was not looked at because the output was full.
    pub consumed: usize,
    /// Output samples written.
    pub produced: usize,
}

/// A mono streaming resampler.
///
/// Between 8 and 16, 24 or 48 kHz every sample leaves as soon as it can be formed; other rates go
/// in blocks, of 20 ms where they allow it. Either way a 20 ms chunk in gives exactly a 20 ms
/// chunk out (8, 16, 24, 32, 48 kHz). What comes out does not depend on how the input was cut.
/// Allocates only when built.
///
/// ```
/// use audio_core::resample::Resampler;
/// let mut up = Resampler::new(8_000, 24_000)?;
/// let mut out = [0.0; 480];
/// let progress = up.process(&[0.0; 160], &mut out);
/// assert_eq!((progress.consumed, progress.produced), (160, 480));
/// # Ok::<(), audio_core::Error>(())
/// ```
pub struct Resampler {
    block: Block,
    rates: (u32, u32),
    /// What the converter takes a multiple of.
    granule: Lengths,
    /// `input[..filled]` has not been converted.
    input: Box<[f32]>,
    filled: usize,
    /// `output[drained..ready]` has not been handed out.
    output: Box<[f32]>,
    drained: usize,
    ready: usize,
    consumed: u64,
    produced: u64,
}

/// A sample as an embedder has it.
trait Pcm: Copy {
    fn into_f32(self) -> f32;
    fn from_f32(value: f32) -> Self;
}

/// A sample beyond this is none: summed up in a filter such numbers overflow.
const LARGEST: f32 = 1e6;

impl Pcm for f32 {
    fn into_f32(self) -> f32 {
        // NaN compares false. Inside it would spread, and rubato's FFT panics on it.
        if self.abs() <= LARGEST { self } else { 0.0 }
    }
    fn from_f32(value: f32) -> Self {
        value
    }
}

impl Pcm for i16 {
    fn into_f32(self) -> f32 {
        f32::from(self) / 32_768.0
    }
    fn from_f32(value: f32) -> Self {
        // Rounds half away from zero; `round` is a call without SSE4.1. `as` saturates.
        let scaled = value * 32_768.0;
        (scaled + 0.5f32.copysign(scaled)) as Self
    }
}

impl Resampler {
    /// Builds a resampler from `input` to `output` Hz, each 4 000 to 192 000, of minimum phase
    /// where the module's table has one. Allocates.
    pub fn new(input: u32, output: u32) -> Result<Self, Error> {
        Self::with_phase(input, output, Phase::Minimum)
    }

    /// Like [`new`](Self::new) with a choice between 8 and 16, 24 or 48 kHz; at other rates, of
    /// linear phase all, `phase` has no say. Allocates.
    pub fn with_phase(input: u32, output: u32, phase: Phase) -> Result<Self, Error> {
        Block::new(input, output, Some(phase)).map(|block| Self::around(block, (input, output)))
    }

    /// Always rubato's FFT, for recordings: 135 dB of rejection, and at every ratio a delay of a
    /// whole number of samples. That is 10 ms where 20 ms are an even number of samples at both
    /// rates (8, 16, 24, 32, 44.1, 48 kHz) and more elsewhere. Allocates.
    pub fn with_fft(input: u32, output: u32) -> Result<Self, Error> {
        Block::new(input, output, None).map(|block| Self::around(block, (input, output)))
    }

    fn around(block: Block, rates: (u32, u32)) -> Self {
        let (n_in, n_out) = block.largest();
        Self {
            granule: block.smallest(),
            block,
            rates,
            input: vec![0.0; n_in].into_boxed_slice(),
            filled: 0,
            output: vec![0.0; n_out].into_boxed_slice(),
            drained: 0,
            ready: 0,
            consumed: 0,
            produced: 0,
        }
    }

    /// Delay of the signal in output samples, beyond the wait for a whole block:
    /// [`exact_delay`](Self::exact_delay), rounded.
    pub fn delay(&self) -> usize {
        self.exact_delay().round() as usize
    }

    /// Delay of the signal in output samples, with its fraction: output sample `n` is the input
    /// at the time of output sample `n - exact_delay`. Minimum phase delays low notes less than
    /// high ones: this is its delay at 1 kHz. Whole numbers come from linear phase, from
    /// [`with_fft`](Self::with_fft) and wherever a 20 ms block has an even number of samples on
    /// both sides; 11.025 and 22.05 kHz have fractions.
    pub fn exact_delay(&self) -> f64 {
        self.block.delay()
    }

    /// Samples that `input` samples become, without the delay: `input × ratio`, rounded up.
    pub fn expected(&self, input: u64) -> u64 {
        (input * u64::from(self.rates.1)).div_ceil(u64::from(self.rates.0))
    }

    /// An output length that always takes everything `input` samples can produce.
    pub fn output_bound(&self, input: usize) -> usize {
        let granules = (self.filled + input) / self.granule.0;
        granules * self.granule.1 + (self.ready - self.drained)
    }

    /// Takes from `input` (in [-1, 1)) and writes to `output` until one of them is used up. NaN,
    /// infinities and magnitudes above 1e6 count as 0.
    pub fn process(&mut self, input: &[f32], output: &mut [f32]) -> Progress {
        self.run(input, output)
    }

    /// Like [`process`](Self::process) for 16-bit samples; results are rounded and saturated.
    pub fn process_i16(&mut self, input: &[i16], output: &mut [i16]) -> Progress {
        self.run(input, output)
    }

    /// Ends the stream: writes what is still inside, so that in total `expected + delay` samples
    /// have come out, and starts over. If `output` is too short, call again until 0 is returned.
    pub fn flush(&mut self, output: &mut [f32]) -> usize {
        self.run_out(output)
    }

    /// Like [`flush`](Self::flush) for 16-bit samples.
    pub fn flush_i16(&mut self, output: &mut [i16]) -> usize {
        self.run_out(output)
    }

    /// Back to the state after `new`. Does not allocate.
    pub fn reset(&mut self) {
        self.block.reset();
        self.filled = 0;
        self.drained = 0;
        self.ready = 0;
        self.consumed = 0;
        self.produced = 0;
    }

    fn run<S: Pcm>(&mut self, input: &[S], output: &mut [S]) -> Progress {
        let mut progress = Progress::default();
        loop {
            progress.produced += self.drain(&mut output[progress.produced..]);
            if self.drained < self.ready {
                return progress;
            }
            let chunk = &input[progress.consumed..];
            let n = chunk.len().min(self.input.len() - self.filled);
            for (slot, &sample) in self.input[self.filled..].iter_mut().zip(&chunk[..n]) {
                *slot = sample.into_f32();
            }
            self.filled += n;
            self.consumed += n as u64;
            progress.consumed += n;
            if self.filled < self.granule.0 {
                return progress;
            }
            self.convert(self.filled / self.granule.0);
        }
    }

    fn run_out<S: Pcm>(&mut self, output: &mut [S]) -> usize {
        if self.consumed == 0 {
            return 0;
        }
        let total = self.expected(self.consumed) + self.delay() as u64;
        let mut written = 0;
        while self.produced < total && written < output.len() {
            if self.drained == self.ready {
                self.input[self.filled..].fill(0.0);
                self.filled = self.input.len();
                self.convert(self.filled / self.granule.0);
            }
            let left = usize::try_from(total - self.produced).unwrap_or(usize::MAX);
            let end = output.len().min(written + left);
            written += self.drain(&mut output[written..end]);
        }
        if self.produced >= total {
            self.reset();
        }
        written
    }

    /// Converts the first `granules` of the input; what is left of it moves to the front.
    fn convert(&mut self, granules: usize) {
        let (taken, ready) = (granules * self.granule.0, granules * self.granule.1);
        self.block.convert(&self.input[..taken], &mut self.output[..ready]);
        self.input.copy_within(taken..self.filled, 0);
        self.filled -= taken;
        self.drained = 0;
        self.ready = ready;
    }

    fn drain<S: Pcm>(&mut self, output: &mut [S]) -> usize {
        let ready = &self.output[self.drained..self.ready];
        let n = ready.len().min(output.len());
        for (slot, &sample) in output.iter_mut().zip(&ready[..n]) {
            *slot = S::from_f32(sample);
        }
        self.drained += n;
        self.produced += n as u64;
        n
    }
}

impl fmt::Debug for Resampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resampler").field("rates", &self.rates).finish_non_exhaustive()
    }
}
