//! Sample-rate conversion, streaming, in any chunk length.
//!
//! One type, [`Resampler`]; what stands behind it is chosen by the ratio: a copy for equal rates,
//! a polyphase FIR between 8 and 16, 24 or 48 kHz, and rubato's FFT for all others (135 dB of
//! rejection; 10 ms of delay with 22.05, 32 and 44.1 kHz, 20 ms with 11.025 kHz). The delay need
//! not be a whole number of samples: [`Resampler::exact_delay`] says it with its fraction, and
//! `tests/resample_delay.rs` measures it by the phase of tones.
//!
//! The polyphase filters are equiripple, pass to 3400 Hz and stop from 4600 Hz, the telephone
//! band and its image; between the two they fall through 4 kHz without a promise. What
//! `examples/design_resampler` measures of them, the same in both directions:
//!
//! | kHz | [`Phase`] | taps | ripple 100–3400 Hz, dB | rejection from 4600 Hz, dB | group delay at 1 kHz, ms | at most, ms |
//! |---|---|--:|--:|--:|--:|--:|
//! | 8↔16 | minimum | 48 | 0.0066 | 86.6 | 0.198 | 0.641 |
//! | 8↔24 | minimum | 72 | 0.0063 | 86.3 | 0.234 | 0.681 |
//! | 8↔48 | minimum | 144 | 0.0060 | 85.6 | 0.253 | 0.696 |
//! | 8↔16 | linear | 59 | 0.0096 | 85.2 | 1.813 | 1.813 |
//! | 8↔24 | linear | 89 | 0.0095 | 86.1 | 1.833 | 1.833 |
//! | 8↔48 | linear | 179 | 0.0090 | 86.6 | 1.854 | 1.854 |
//!
//! Ripple is the greatest gain less the least. `tests/resample_quality.rs` measures the same of a
//! running [`Resampler`], tone by tone, and prints it with `--nocapture`.

mod block;
mod polyphase;
mod stream;
mod taps;

pub use stream::{Progress, Resampler};

use crate::Error;

/// How a filter between 8 and 16, 24 or 48 kHz spreads its delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// As little delay as the response allows, more of it at the edge of the band than below:
    /// for talk.
    #[default]
    Minimum,
    /// The same delay at every frequency: where the shape of the wave counts.
    Linear,
}

/// Resamples a whole recording at once, aligned: no delay at the start, not a part of a sample,
/// and `input.len() × ratio` samples, rounded up. By FFT at every ratio. Allocates; for files, not
/// for streams.
pub fn resample_all(input: &[f32], from: u32, to: u32) -> Result<Vec<f32>, Error> {
    let mut resampler = Resampler::with_fft(from, to)?;
    let delay = resampler.delay();
    let mut output = vec![0.0; resampler.expected(input.len() as u64) as usize + delay];
    let streamed = resampler.process(input, &mut output).produced;
    resampler.flush(&mut output[streamed..]);
    output.drain(..delay);
    Ok(output)
}
