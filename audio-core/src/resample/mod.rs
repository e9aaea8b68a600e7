//! Sample-rate conversion, streaming, in any chunk length.
//!
//! One type, [`Resampler`]; what stands behind it is chosen by the ratio. Today that is a copy
//! for equal rates and rubato's FFT for all others (10 ms of delay, 135 dB of rejection). A
//! short-delay polyphase for 8↔16, 8↔24 and 8↔48 kHz will take its place in `Block` without a
//! change of interface.

mod block;
mod stream;

pub use stream::{Progress, Resampler};

use crate::Error;

/// Resamples a whole recording at once, aligned: no delay at the start, `input.len() × ratio`
/// samples, rounded up. Allocates; for files, not for streams.
pub fn resample_all(input: &[f32], from: u32, to: u32) -> Result<Vec<f32>, Error> {
    let mut resampler = Resampler::new(from, to)?;
    let delay = resampler.delay();
    let mut output = vec![0.0; resampler.expected(input.len() as u64) as usize + delay];
    let streamed = resampler.process(input, &mut output).produced;
    resampler.flush(&mut output[streamed..]);
    output.drain(..delay);
    Ok(output)
}
