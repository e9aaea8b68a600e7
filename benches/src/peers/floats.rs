//! A resampler of floats as one of 16-bit samples, as ours is.

use super::Resample;

/// Around a converter of floats.
pub(super) fn in_floats(mut convert: impl FnMut(&[f32], &mut [f32]) -> usize + 'static) -> Resample {
    let (mut input, mut output) = (Vec::new(), Vec::new());
    Box::new(move |from, to| {
        input.clear();
        input.extend(from.iter().map(|&sample| f32::from(sample) / 32_768.0));
        output.resize(to.len(), 0.0);
        let produced = convert(&input, &mut output);
        for (slot, &sample) in to.iter_mut().zip(&output[..produced]) {
            *slot = (sample * 32_768.0) as i16;
        }
        produced
    })
}
