//! The resampler at any pair of rates, in any pieces, with any bits for samples: exact counts, no
//! dependence on the cuts, and a NaN that goes in leaves again.
#![no_main]

use arbitrary::Arbitrary;
use audio_core::Error;
use audio_core::resample::{Phase, Resampler, resample_all};
use fuzz_kit::sound::{Line, cut};
use libfuzzer_sys::fuzz_target;

const USUAL: [u32; 8] = [8_000, 16_000, 24_000, 48_000, 32_000, 44_100, 22_050, 11_025];

#[derive(Arbitrary, Debug)]
struct Input {
    rates: Rates,
    way: Way,
    samples: Samples,
    cuts: Vec<u8>,
    room: u16,
}

#[derive(Arbitrary, Debug)]
enum Rates {
    Usual(u8, u8),
    Supported(u32, u32),
    Any(u32, u32),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Way {
    Minimum,
    Linear,
    Fft,
}

#[derive(Arbitrary, Debug)]
enum Samples {
    Floats(Vec<f32>),
    Ints(Line),
}

fn build((from, to): (u32, u32), way: Way) -> Result<Resampler, Error> {
    match way {
        Way::Minimum => Resampler::new(from, to),
        Way::Linear => Resampler::with_phase(from, to, Phase::Linear),
        Way::Fft => Resampler::with_fft(from, to),
    }
}

fuzz_target!(|input: Input| {
    let pick = |index: u8| USUAL[usize::from(index) % USUAL.len()];
    let rates = match input.rates {
        Rates::Usual(from, to) => (pick(from), pick(to)),
        Rates::Supported(from, to) => (4_000 + from % 188_001, 4_000 + to % 188_001),
        Rates::Any(from, to) => (from, to),
    };
    let mut resampler = match build(rates, input.way) {
        Ok(resampler) => resampler,
        Err(Error::Resample { input, output, reason }) => {
            assert!((input, output) == rates && !reason.is_empty());
            return;
        }
        Err(error) => panic!("another kind of error: {error}"),
    };
    let room = usize::from(input.room).max(1);
    let floats = match &input.samples {
        Samples::Floats(floats) => floats.clone(),
        Samples::Ints(line) => line.pcm(6_000).iter().map(|&s| f32::from(s) / 32_768.0).collect(),
    };
    let whole = stream(&mut resampler, &[&floats], 1 << 17);
    let count = resampler.expected(floats.len() as u64) + resampler.delay() as u64;
    assert_eq!(whole.len() as u64, if floats.is_empty() { 0 } else { count });
    // Flushed, it starts over: the same object again, cut up.
    let pieces = stream(&mut resampler, &cut(&floats, &input.cuts), room);
    assert!(same(&whole, &pieces), "the cuts are heard");
    if floats.iter().all(|x| x.abs() <= 1.0) {
        assert!(whole.iter().all(|y| y.abs() < 4.0), "louder than its filter can be");
        let aligned = resample_all(&floats, rates.0, rates.1).expect("the rates are supported");
        assert_eq!(aligned.len() as u64, resampler.expected(floats.len() as u64));
    }
    if let Samples::Ints(line) = &input.samples {
        integers(&mut resampler, &line.pcm(6_000), &whole);
    }
    recovers(&mut resampler, rates, &floats);
});

/// Equal to the bit, any NaN for any other.
fn same(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan())
}

/// All of the pieces, then a flush.
fn stream(resampler: &mut Resampler, pieces: &[&[f32]], room: usize) -> Vec<f32> {
    let (mut out, mut buffer) = (Vec::new(), vec![0.0; room]);
    for piece in pieces {
        let bound = resampler.output_bound(piece.len());
        let (mut done, before) = (0, out.len());
        loop {
            let progress = resampler.process(&piece[done..], &mut buffer);
            done += progress.consumed;
            out.extend_from_slice(&buffer[..progress.produced]);
            if done == piece.len() && progress.produced < room {
                break;
            }
            assert!(progress.produced == room, "stopped with room and samples left");
        }
        assert!(out.len() - before <= bound, "more came out than the bound says");
    }
    loop {
        let n = resampler.flush(&mut buffer);
        out.extend_from_slice(&buffer[..n]);
        if n == 0 {
            return out;
        }
    }
}

/// 16-bit samples give the same, rounded and saturated.
fn integers(resampler: &mut Resampler, pcm: &[i16], floats: &[f32]) {
    let mut out = vec![0; resampler.output_bound(pcm.len())];
    let progress = resampler.process_i16(pcm, &mut out);
    assert_eq!(progress.consumed, pcm.len(), "the bound is too small");
    let mut rest = vec![0; floats.len() + 1];
    let flushed = resampler.flush_i16(&mut rest);
    let ints = out[..progress.produced].iter().chain(&rest[..flushed]);
    assert_eq!(progress.produced + flushed, floats.len());
    for (&int, &float) in ints.zip(floats) {
        let rounded = (float * 32_768.0).round() as i16;
        assert!((i32::from(int) - i32::from(rounded)).abs() <= 1, "{int} is not {float}");
    }
}

/// Whatever went in, after 160 ms of silence the output is finite, and after a reset it is silence.
fn recovers(resampler: &mut Resampler, rates: (u32, u32), hostile: &[f32]) {
    let [from, to] = [rates.0, rates.1].map(|rate| rate as usize / 50);
    if !USUAL.contains(&rates.0) || !USUAL.contains(&rates.1) {
        return;
    }
    let mut out = vec![0.0; resampler.output_bound(hostile.len())];
    resampler.process(hostile, &mut out);
    let silence = vec![0.0; 8 * from];
    let mut out = vec![0.0; resampler.output_bound(silence.len())];
    let produced = resampler.process(&silence, &mut out).produced;
    assert!(out[produced - to..produced].iter().all(|y| y.is_finite()), "NaN stays inside");
    resampler.process(hostile, &mut out);
    resampler.reset();
    let produced = resampler.process(&silence, &mut out).produced;
    assert!(out[..produced].iter().all(|&y| y == 0.0), "heard after a reset");
}
