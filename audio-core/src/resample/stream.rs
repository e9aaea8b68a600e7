//! Any chunk length in, any chunk length out, around a converter of fixed blocks.

use core::fmt;

use crate::Error;
use crate::resample::block::Block;

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
/// Input leaves in blocks of 20 ms where the rates allow (8, 16, 24, 32, 48 kHz), so a 20 ms
/// chunk in gives exactly a 20 ms chunk out. What comes out does not depend on how the input was
/// cut. Allocates only in `new`.
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
    input: Box<[f32]>,
    filled: usize,
    output: Box<[f32]>,
    /// `output[drained..]` has not been handed out; equal to its length when all has.
    drained: usize,
    consumed: u64,
    produced: u64,
}

/// A sample as an embedder has it.
trait Pcm: Copy {
    fn into_f32(self) -> f32;
    fn from_f32(value: f32) -> Self;
}

impl Pcm for f32 {
    fn into_f32(self) -> f32 {
        self
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
        // `as` saturates.
        (value * 32_768.0).round() as Self
    }
}

impl Resampler {
    /// Builds a resampler from `input` to `output` Hz, each 4 000 to 192 000. Allocates.
    pub fn new(input: u32, output: u32) -> Result<Self, Error> {
        let (block, n_in, n_out) = Block::new(input, output)?;
        Ok(Self {
            block,
            rates: (input, output),
            input: vec![0.0; n_in].into_boxed_slice(),
            filled: 0,
            output: vec![0.0; n_out].into_boxed_slice(),
            drained: n_out,
            consumed: 0,
            produced: 0,
        })
    }

    /// Delay of the signal in output samples, beyond the wait for a whole block.
    pub fn delay(&self) -> usize {
        self.block.delay()
    }

    /// Samples that `input` samples become, without the delay: `input × ratio`, rounded up.
    pub fn expected(&self, input: u64) -> u64 {
        (input * u64::from(self.rates.1)).div_ceil(u64::from(self.rates.0))
    }

    /// An output length that always takes everything `input` samples can produce.
    pub fn output_bound(&self, input: usize) -> usize {
        let blocks = (self.filled + input) / self.input.len();
        blocks * self.output.len() + (self.output.len() - self.drained)
    }

    /// Takes from `input` (in [-1, 1)) and writes to `output` until one of them is used up.
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
        self.drained = self.output.len();
        self.consumed = 0;
        self.produced = 0;
    }

    fn run<S: Pcm>(&mut self, input: &[S], output: &mut [S]) -> Progress {
        let mut progress = Progress::default();
        loop {
            progress.produced += self.drain(&mut output[progress.produced..]);
            if self.drained < self.output.len() {
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
            if self.filled < self.input.len() {
                return progress;
            }
            self.convert();
        }
    }

    fn run_out<S: Pcm>(&mut self, output: &mut [S]) -> usize {
        let total = self.expected(self.consumed) + self.delay() as u64;
        let mut written = 0;
        while self.produced < total && written < output.len() {
            if self.drained == self.output.len() {
                self.input[self.filled..].fill(0.0);
                self.convert();
            }
            let left = usize::try_from(total - self.produced).unwrap_or(usize::MAX);
            let end = output.len().min(written + left);
            written += self.drain(&mut output[written..end]);
        }
        if self.produced >= total && written == 0 {
            self.reset();
        }
        written
    }

    fn convert(&mut self) {
        self.block.convert(&self.input, &mut self.output);
        self.filled = 0;
        self.drained = 0;
    }

    fn drain<S: Pcm>(&mut self, output: &mut [S]) -> usize {
        let ready = &self.output[self.drained..];
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
