//! The framer at any rate, in any pieces: every frame is whole, in order, and what the resampler
//! says, whichever of the two sample types went in.
#![no_main]

use arbitrary::Arbitrary;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WIRE_RATE};
use audio_core::framer::Framer;
use audio_core::resample::Resampler;
use fuzz_kit::sound::{Line, cut};
use libfuzzer_sys::fuzz_target;

const USUAL: [u32; 4] = [8_000, 16_000, 48_000, 44_100];

#[derive(Arbitrary, Debug)]
struct Input {
    rate: Rate,
    line: Line,
    cuts: Vec<u8>,
    /// Bits for samples that no microphone sends.
    hostile: Vec<f32>,
}

#[derive(Arbitrary, Debug)]
enum Rate {
    Usual(u8),
    Supported(u32),
    Any(u32),
}

fuzz_target!(|input: Input| {
    let rate = match input.rate {
        Rate::Usual(index) => USUAL[usize::from(index) % USUAL.len()],
        Rate::Supported(rate) => 4_000 + rate % 188_001,
        Rate::Any(rate) => rate,
    };
    let Ok(mut framer) = Framer::new(rate) else {
        assert!(Resampler::new(rate, WIRE_RATE).is_err());
        return;
    };
    let pcm = input.line.pcm(20_000);
    let mut resampler = Resampler::new(rate, WIRE_RATE).expect("the framer was built");
    let mut expected = vec![0; resampler.output_bound(pcm.len())];
    let produced = resampler.process_i16(&pcm, &mut expected).produced;
    let expected: Vec<&[i16]> = expected[..produced].chunks_exact(FRAME_SAMPLES).collect();

    let mut frames: Vec<PcmFrame> = Vec::new();
    for piece in cut(&pcm, &input.cuts) {
        framer.push_i16(piece, |frame| frames.push(*frame));
    }
    assert!(frames.iter().map(|frame| &frame[..]).eq(expected.iter().copied()));

    // Anything at all, then a reset: nothing of it is left.
    framer.push_f32(&input.hostile, |_| {});
    framer.reset();
    let floats: Vec<f32> = pcm.iter().map(|&s| f32::from(s) / 32_768.0).collect();
    let mut from_floats: Vec<PcmFrame> = Vec::new();
    for piece in cut(&floats, &input.cuts) {
        framer.push_f32(piece, |frame| from_floats.push(*frame));
    }
    assert_eq!(frames.len(), from_floats.len());
    for (a, b) in frames.iter().flatten().zip(from_floats.iter().flatten()) {
        assert!((i32::from(*a) - i32::from(*b)).abs() <= 1, "{a} and {b}");
    }
});
