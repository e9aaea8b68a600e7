//! Lines to listen to: silence, noise, pulses like a voice's, squares at full scale, any samples.

use audio_core::frame::{FRAME_SAMPLES, PcmFrame};
use proptest::prelude::*;

/// One stretch, at most 400 ms long.
fn stretch() -> BoxedStrategy<Vec<i16>> {
    let length = 0usize..3_200;
    let noise = (length.clone(), any::<u32>(), 0i32..8_000).prop_map(|(length, mut state, peak)| {
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as i32 - 32_768) * peak / 32_768
        };
        (0..length).map(|_| draw() as i16).collect()
    });
    let pulses = (length.clone(), 20usize..120, 500i32..30_000).prop_map(|(length, period, peak)| {
        (0..length).map(|n| (peak >> (n % period).min(15)) as i16).collect()
    });
    let square = (length.clone(), 1usize..200).prop_map(|(length, half)| {
        (0..length).map(|n| if n / half % 2 == 0 { i16::MAX } else { i16::MIN }).collect()
    });
    prop_oneof![
        length.prop_map(|length| vec![0; length]),
        noise,
        pulses,
        square,
        prop::collection::vec(any::<i16>(), 0..500),
    ]
    .boxed()
}

/// A line of a second and a half at most.
pub(crate) fn line() -> impl Strategy<Value = Vec<i16>> {
    prop::collection::vec(stretch(), 0..5).prop_map(|stretches| stretches.concat())
}

/// The whole frames of a line.
pub(crate) fn frames() -> impl Strategy<Value = Vec<PcmFrame>> {
    line().prop_map(|pcm| {
        pcm.chunks_exact(FRAME_SAMPLES).map(|chunk| core::array::from_fn(|n| chunk[n])).collect()
    })
}

/// Lengths of the pieces a stream is cut into, to be repeated.
pub(crate) fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1usize..700, 1..5)
}

/// `stream` in pieces of these lengths, over and over.
pub(crate) fn cut<'a, T>(stream: &'a [T], lengths: &'a [usize]) -> impl Iterator<Item = &'a [T]> {
    let (mut rest, mut lengths) = (stream, lengths.iter().cycle());
    core::iter::from_fn(move || {
        let length = lengths.next().copied().unwrap_or(1).min(rest.len());
        let (piece, more) = rest.split_at(length);
        rest = more;
        (!piece.is_empty()).then_some(piece)
    })
}
