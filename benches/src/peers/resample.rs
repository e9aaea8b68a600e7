//! Resamplers from other crates and libraries. What works in floats is wrapped by [`in_floats`].

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Async, FixedAsync, Resampler as _, SincInterpolationParameters, WindowFunction};

use super::Resample;
use super::floats::in_floats;

pub(super) fn all(from: u32, to: u32) -> Vec<(&'static str, Resample)> {
    #[allow(unused_mut)]
    let mut all = vec![("rubato_async_sinc_256", rubato_async(from, to))];
    #[cfg(peer_speexdsp)]
    for (name, quality) in [("speexdsp_q3", 3), ("speexdsp_q5", 5)] {
        all.push((name, super::speexdsp::resampler(from, to, quality)));
    }
    #[cfg(peer_samplerate)]
    all.push(("samplerate_sinc_fastest", super::samplerate::resampler(from, to)));
    #[cfg(peer_soxr)]
    all.push(("soxr_hq", super::soxr::resampler(from, to)));
    all
}

/// rubato's sinc of 256 points with its own choice of cutoff and cubic interpolation.
fn rubato_async(from: u32, to: u32) -> Resample {
    let parameters = SincInterpolationParameters::new(256, WindowFunction::BlackmanHarris2);
    let ratio = f64::from(to) / f64::from(from);
    let chunk = from as usize / 50;
    let mut inner =
        Async::<f32>::new_sinc(ratio, 1.0, &parameters, chunk, 1, FixedAsync::Input).expect("a usual ratio");
    in_floats(move |input, output| {
        let (n_in, n_out) = (input.len(), output.len());
        let source = InterleavedSlice::new(input, 1, n_in).expect("the lengths agree");
        let mut sink = InterleavedSlice::new_mut(output, 1, n_out).expect("the lengths agree");
        inner.process_into_buffer(&source, &mut sink, None).map_or(0, |(_, produced)| produced)
    })
}
