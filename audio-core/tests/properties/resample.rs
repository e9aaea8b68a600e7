//! The resampler as a linear, time-invariant system with exact counts.

use audio_core::Error;
use audio_core::resample::{Phase, Resampler, resample_all};
use proptest::prelude::*;

use crate::cases;
use crate::sound::line;

const WIRE: u32 = 8_000;
const HIGH: [u32; 3] = [16_000, 24_000, 48_000];

#[derive(Clone, Copy, Debug)]
enum Way {
    Minimum,
    Linear,
    Fft,
}

fn build(from: u32, to: u32, way: Way) -> Result<Resampler, Error> {
    match way {
        Way::Minimum => Resampler::new(from, to),
        Way::Linear => Resampler::with_phase(from, to, Phase::Linear),
        Way::Fft => Resampler::with_fft(from, to),
    }
}

/// Both directions between the wire and a higher rate, in every way.
fn conversion() -> impl Strategy<Value = (u32, u32, Way)> {
    let way = prop::sample::select(vec![Way::Minimum, Way::Linear, Way::Fft]);
    (prop::sample::select(&HIGH[..]), any::<bool>(), way).prop_map(|(high, up, way)| {
        let (from, to) = if up { (WIRE, high) } else { (high, WIRE) };
        (from, to, way)
    })
}

fn floats(pcm: &[i16]) -> Vec<f32> {
    pcm.iter().map(|&s| f32::from(s) / 32_768.0).collect()
}

/// All of the output, the end included.
fn run(resampler: &mut Resampler, input: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; resampler.output_bound(input.len())];
    let progress = resampler.process(input, &mut out);
    assert_eq!(progress.consumed, input.len(), "the bound is too small");
    out.truncate(progress.produced);
    let mut rest = vec![0.0; 20_000];
    let n = resampler.flush(&mut rest);
    out.extend_from_slice(&rest[..n]);
    out
}

proptest! {
    #![proptest_config(cases(48))]

    /// A power of two changes no mantissa: half the input is half the output, to the bit.
    #[test]
    fn half_the_input_is_half_the_output((from, to, way) in conversion(), pcm in line()) {
        let mut resampler = build(from, to, way).expect("supported");
        let whole = run(&mut resampler, &floats(&pcm));
        let half: Vec<f32> = floats(&pcm).iter().map(|x| x / 2.0).collect();
        let half = run(&mut resampler, &half);
        prop_assert!(whole.iter().zip(&half).all(|(a, b)| a / 2.0 == *b));
    }

    /// Silence in front is silence in front of the same signal. By FFT, up to its rounding.
    #[test]
    fn a_delay_is_a_delay((from, to, way) in conversion(), pcm in line(), frames in 0usize..8) {
        let mut resampler = build(from, to, way).expect("supported");
        let now = run(&mut resampler, &floats(&pcm));
        prop_assume!(!pcm.is_empty());
        let mut late = vec![0.0; frames * (from as usize / 50)];
        late.extend(floats(&pcm));
        let late = run(&mut resampler, &late);
        let shift = frames * (to as usize / 50);
        prop_assert_eq!(late.len(), now.len() + shift);
        prop_assert!(late[..shift].iter().all(|&x| x == 0.0));
        prop_assert!(now.iter().zip(&late[shift..]).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn counts_are_exact((from, to, way) in conversion(), pcm in line()) {
        let mut resampler = build(from, to, way).expect("supported");
        let expected = resampler.expected(pcm.len() as u64);
        prop_assert_eq!(expected, (pcm.len() as u64 * u64::from(to)).div_ceil(u64::from(from)));
        let out = run(&mut resampler, &floats(&pcm));
        let all = if pcm.is_empty() { 0 } else { expected + resampler.delay() as u64 };
        prop_assert_eq!(out.len() as u64, all);
        prop_assert_eq!(resample_all(&floats(&pcm), from, to).expect("supported").len() as u64, expected);
    }

    #[test]
    fn sixteen_bits_are_the_rounded_floats((from, to, way) in conversion(), pcm in line()) {
        let mut resampler = build(from, to, way).expect("supported");
        let whole = run(&mut resampler, &floats(&pcm));
        let mut out = vec![0; resampler.output_bound(pcm.len())];
        let produced = resampler.process_i16(&pcm, &mut out).produced;
        let mut rest = vec![0; 20_000];
        let flushed = resampler.flush_i16(&mut rest);
        prop_assert_eq!(produced + flushed, whole.len());
        for (int, float) in out[..produced].iter().chain(&rest[..flushed]).zip(&whole) {
            let rounded = (float * 32_768.0).round() as i16;
            prop_assert!((i32::from(*int) - i32::from(rounded)).abs() <= 1, "{int} is not {float}");
        }
    }

    #[test]
    fn a_reset_leaves_nothing((from, to, way) in conversion(), pcm in line(), other in line()) {
        let mut resampler = build(from, to, way).expect("supported");
        let fresh = run(&mut resampler, &floats(&pcm));
        let mut out = vec![0.0; resampler.output_bound(other.len())];
        resampler.process(&floats(&other), &mut out);
        resampler.reset();
        prop_assert!(run(&mut resampler, &floats(&pcm)) == fresh);
    }

    #[test]
    fn what_is_no_sample_counts_as_silence((from, to, way) in conversion(), pcm in line(), bits in any::<u32>()) {
        let mut resampler = build(from, to, way).expect("supported");
        let odd = [f32::NAN, f32::INFINITY, f32::MIN, f32::from_bits(bits | 0x7f00_0000)];
        let mut input = floats(&pcm);
        let hostile: Vec<f32> = input.iter().enumerate().map(|(n, &x)| if n % 7 == 3 { odd[n % 4] } else { x }).collect();
        input.iter_mut().skip(3).step_by(7).for_each(|x| *x = 0.0);
        prop_assert!(run(&mut resampler, &hostile) == run(&mut resampler, &input));
    }

    #[test]
    fn a_refusal_names_both_rates(from in any::<u32>(), to in any::<u32>()) {
        match Resampler::new(from, to) {
            Ok(_) => prop_assert!([from, to].iter().all(|rate| (4_000..=192_000).contains(rate))),
            Err(Error::Resample { input, output, .. }) => prop_assert_eq!((input, output), (from, to)),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
