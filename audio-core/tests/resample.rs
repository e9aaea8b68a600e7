//! Resampling: exact counts, no dependence on chunking, and the signal where it belongs.

use std::f64::consts::TAU;

use audio_core::framer::Framer;
use audio_core::resample::{Resampler, resample_all};
use proptest::prelude::*;

const PAIRS: [(u32, u32); 12] = [
    (8_000, 8_000),
    (8_000, 16_000),
    (16_000, 8_000),
    (8_000, 24_000),
    (24_000, 8_000),
    (8_000, 48_000),
    (48_000, 8_000),
    (22_050, 8_000),
    (44_100, 8_000),
    (8_000, 44_100),
    (11_025, 8_000),
    (32_000, 8_000),
];

/// Half of full scale.
fn tone(rate: u32, hz: f64, n: usize) -> Vec<f32> {
    (0..n).map(|i| (0.5 * (TAU * hz * i as f64 / f64::from(rate)).sin()) as f32).collect()
}

/// Feeds `input` in the given chunk lengths (repeated) and flushes.
fn stream(mut resampler: Resampler, input: &[f32], chunks: &[usize], room: usize) -> Vec<f32> {
    let (mut out, mut buffer) = (Vec::new(), vec![0.0; room]);
    let (mut rest, mut lengths) = (input, chunks.iter().cycle());
    while !rest.is_empty() {
        let chunk = &rest[..rest.len().min(*lengths.next().expect("cycle"))];
        let mut done = 0;
        loop {
            let progress = resampler.process(&chunk[done..], &mut buffer);
            done += progress.consumed;
            out.extend_from_slice(&buffer[..progress.produced]);
            if done == chunk.len() && progress.produced < room {
                break;
            }
        }
        rest = &rest[chunk.len()..];
    }
    loop {
        let n = resampler.flush(&mut buffer);
        out.extend_from_slice(&buffer[..n]);
        if n == 0 {
            return out;
        }
    }
}

#[test]
fn twenty_milliseconds_in_are_twenty_milliseconds_out() {
    for (from, to) in [8_000, 16_000, 24_000, 48_000].map(|rate| (8_000, rate)) {
        for (from, to) in [(from, to), (to, from)] {
            let mut resampler = Resampler::new(from, to).expect("supported");
            let (input, mut output) = (vec![0.1; from as usize / 50], vec![0.0; to as usize / 50]);
            for _ in 0..100 {
                let progress = resampler.process(&input, &mut output);
                assert_eq!((progress.consumed, progress.produced), (input.len(), output.len()));
            }
        }
    }
}

#[test]
fn a_recording_keeps_its_length_and_its_place() {
    for (from, to) in PAIRS {
        let n = from as usize / 3;
        let out = resample_all(&tone(from, 440.0, n), from, to).expect("supported");
        assert_eq!(out.len(), (n * to as usize).div_ceil(from as usize), "{from} to {to}");
        let ideal = tone(to, 440.0, out.len());
        let middle = out.len() / 4..out.len() * 3 / 4;
        let worst = middle.map(|i| (out[i] - ideal[i]).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{from} to {to}: {worst}");
    }
}

#[test]
fn what_lies_above_the_new_band_is_gone() {
    for from in [16_000, 24_000, 48_000] {
        let out = resample_all(&tone(from, 5_000.0, from as usize), from, 8_000).expect("ok");
        let peak = out[1_000..7_000].iter().fold(0.0f32, |m, s| m.max(s.abs()));
        assert!(peak < 0.5e-5, "{from}: alias {peak}");
    }
}

#[test]
fn sixteen_bit_samples_saturate() {
    let mut resampler = Resampler::new(8_000, 16_000).expect("supported");
    let square: Vec<i16> = (0..1_600).map(|i| if i % 40 < 20 { i16::MAX } else { i16::MIN }).collect();
    let mut out = vec![0; 3_200];
    assert_eq!(resampler.process_i16(&square, &mut out).produced, 3_200);
    assert!(out.contains(&i16::MAX) && out.contains(&i16::MIN));
}

#[test]
fn reset_forgets() {
    let mut resampler = Resampler::new(8_000, 16_000).expect("supported");
    let (input, mut first, mut again) = (tone(8_000, 300.0, 480), [0.0; 960], [0.0; 960]);
    resampler.process(&input, &mut first);
    resampler.process(&input[..77], &mut again);
    resampler.reset();
    resampler.process(&input, &mut again);
    assert_eq!(first, again);
}

#[test]
fn impossible_rates_are_named() {
    let error = Resampler::new(8_000, 0).expect_err("no rate").to_string();
    assert!(error.starts_with("cannot resample from 8000 Hz to 0 Hz"), "{error}");
    assert!(Resampler::new(44_101, 8_000).is_err());
}

#[test]
fn a_framer_hands_out_whole_frames_of_the_same_audio() {
    for rate in [8_000, 16_000, 48_000] {
        let samples = tone(rate, 400.0, rate as usize);
        let ints: Vec<i16> = samples.iter().map(|s| (s * 32_768.0).round() as i16).collect();
        let (mut a, mut b) = (Framer::new(rate).expect("ok"), Framer::new(rate).expect("ok"));
        let (mut from_float, mut from_int) = (Vec::new(), Vec::new());
        for chunk in samples.chunks(333) {
            a.push_f32(chunk, |frame| from_float.push(*frame));
        }
        for chunk in ints.chunks(1_111) {
            b.push_i16(chunk, |frame| from_int.push(*frame));
        }
        assert_eq!((from_float.len(), from_int.len()), (50, 50));
        for (x, y) in from_float.iter().flatten().zip(from_int.iter().flatten()) {
            assert!((x - y).abs() <= 1);
        }
    }
}

/// One flush with room enough starts over: nothing of one stream is heard in the next.
#[test]
fn a_flush_starts_over() {
    for (from, to) in PAIRS {
        let mut resampler = Resampler::new(from, to).expect("supported");
        let mut out = vec![0.0; 20_000];
        assert_eq!(resampler.flush(&mut out), 0, "{from} → {to}: nothing went in");
        let first = tone(from, 1_000.0, 500);
        let came = resampler.process(&first, &mut out).produced;
        let left = resampler.flush(&mut out);
        assert!(came + left > 0, "{from} → {to}");
        let silence = vec![0.0; 640];
        let mut heard = resampler.process(&silence, &mut out).produced;
        assert!(out[..heard].iter().all(|&x| x == 0.0), "{from} → {to}: the first stream is heard");
        heard += resampler.flush(&mut out);
        assert_eq!(heard as u64, resampler.expected(640) + resampler.delay() as u64, "{from} → {to}");
    }
}

/// Whole frames of the stream that a resampler alone makes, however the input was cut.
fn framed(rate: u32, input: &[i16], cut: impl Iterator<Item = usize>) -> (Vec<i16>, Vec<i16>) {
    let mut framer = Framer::new(rate).expect("supported");
    let mut frames = Vec::new();
    let (mut rest, mut cut) = (input, cut);
    while let (false, Some(n)) = (rest.is_empty(), cut.next()) {
        let (chunk, later) = rest.split_at(n.min(rest.len()));
        framer.push_i16(chunk, |frame| frames.extend_from_slice(frame));
        rest = later;
    }
    let mut resampler = Resampler::new(rate, 8_000).expect("supported");
    let mut whole = vec![0; resampler.output_bound(input.len())];
    let made = resampler.process_i16(input, &mut whole).produced;
    whole.truncate(made - made % 160);
    (frames, whole)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Any cut and any room change no bit, in floats and in 16 bits, by any method.
    #[test]
    fn cutting_changes_nothing(
        pair in prop::sample::select(&PAIRS[..]),
        fft in any::<bool>(),
        n in 0usize..3_000,
        chunks in prop::collection::vec(1usize..700, 1..5),
        room in 1usize..900,
    ) {
        let input: Vec<f32> = (0..n).map(|i| ((i * 7_919) % 1_000) as f32 / 1_000.0 - 0.5).collect();
        let build = if fft { Resampler::with_fft } else { Resampler::new };
        let built = || build(pair.0, pair.1).expect("supported");
        let whole = stream(built(), &input, &[n.max(1)], 1 << 16);
        let cut = stream(built(), &input, &chunks, room);
        // Nothing in gives nothing out, without the delay's silence.
        let law = if n == 0 { 0 } else { built().expected(n as u64) + built().delay() as u64 };
        prop_assert_eq!(cut.len() as u64, law);
        prop_assert!(whole == cut);
    }

    /// `output_bound` is room enough, and what was promised comes.
    #[test]
    fn the_bound_is_enough(
        pair in prop::sample::select(&PAIRS[..]),
        chunks in prop::collection::vec(0usize..2_000, 1..8),
    ) {
        let mut resampler = Resampler::new(pair.0, pair.1).expect("supported");
        for n in chunks {
            let mut out = vec![0i16; resampler.output_bound(n)];
            let progress = resampler.process_i16(&vec![1_000; n], &mut out);
            prop_assert_eq!(progress.consumed, n);
            prop_assert_eq!(progress.produced, out.len());
        }
    }

    /// Any two rates: an error, or a resampler that keeps the law of lengths.
    #[test]
    fn any_rates_are_refused_or_resampled(from in 0u32..200_000, to in 0u32..200_000, n in 1usize..500) {
        let (from, to) = (from / 25 * 25, to / 25 * 25);
        match resample_all(&vec![0.25; n], from, to) {
            Ok(out) => prop_assert_eq!(out.len() as u64, (n as u64 * u64::from(to)).div_ceil(from.into())),
            Err(error) => prop_assert!(error.to_string().starts_with("cannot resample from"), "{error}"),
        }
    }

    #[test]
    fn a_framer_is_a_resampler_in_frames(
        rate in prop::sample::select(&[8_000u32, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000][..]),
        input in prop::collection::vec(any::<i16>(), 0..6_000),
        chunks in prop::collection::vec(1usize..1_500, 1..6),
    ) {
        let (frames, whole) = framed(rate, &input, chunks.into_iter().cycle());
        prop_assert!(frames == whole);
    }
}
