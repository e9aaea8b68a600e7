//! Where in time the output of a resampler lies: the delay of a tone, measured by its phase, is the
//! one that is reported, at every rate, in both directions, by every method.

use std::f64::consts::TAU;

use audio_core::resample::{Phase, Resampler, resample_all};

const RATES: [u32; 11] =
    [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];

/// Every rate to and from that of the wire.
fn pairs() -> impl Iterator<Item = (u32, u32)> {
    RATES.into_iter().flat_map(|rate| [(8_000, rate), (rate, 8_000)])
}

fn tone(rate: u32, hz: f64, n: usize) -> Vec<f32> {
    (0..n).map(|i| (0.5 * (TAU * hz * i as f64 / f64::from(rate)).sin()) as f32).collect()
}

/// How many samples `output` lies behind a sine of `hz` that begins at its first sample, less
/// than half a period either way, by a least-squares fit to its middle.
fn lag(output: &[f32], rate: u32, hz: f64) -> f64 {
    let step = TAU * hz / f64::from(rate);
    let (mut ss, mut sc, mut cc, mut ys, mut yc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (i, &y) in output.iter().enumerate().skip(output.len() / 4).take(output.len() / 2) {
        let (s, c) = (step * i as f64).sin_cos();
        (ss, sc, cc) = (ss + s * s, sc + s * c, cc + c * c);
        (ys, yc) = (ys + f64::from(y) * s, yc + f64::from(y) * c);
    }
    let (a, b) = (ys * cc - yc * sc, yc * ss - ys * sc);
    -b.atan2(a) / step
}

/// The delay of a stream in output samples, beyond the reported one.
fn unreported(mut resampler: Resampler, (from, to): (u32, u32), hz: f64) -> f64 {
    let input = tone(from, hz, from as usize);
    let mut output = vec![0.0; resampler.output_bound(input.len())];
    let made = resampler.process(&input, &mut output).produced;
    assert_eq!(made, output.len());
    let delay = resampler.exact_delay();
    assert!((delay - resampler.delay() as f64).abs() <= 0.5, "{delay} is {}", resampler.delay());
    // The tone as it would lie without the delay: the rest of the lag is less than a sample.
    let skipped = (delay as usize).min(output.len());
    lag(&output[skipped..], to, hz) - (delay - skipped as f64)
}

#[test]
fn the_delay_is_the_reported_one_to_a_hundredth_of_a_sample() {
    for pair in pairs() {
        let mut worst = 0.0f64;
        for hz in [300.0, 1_000.0, 2_000.0, 3_000.0] {
            let linear = Resampler::with_phase(pair.0, pair.1, Phase::Linear).expect("supported");
            let fft = Resampler::with_fft(pair.0, pair.1).expect("supported");
            assert_eq!(fft.exact_delay().fract(), 0.0, "{pair:?}");
            worst = worst.max(unreported(linear, pair, hz).abs()).max(unreported(fft, pair, hz).abs());
        }
        let linear = Resampler::with_phase(pair.0, pair.1, Phase::Linear).expect("supported");
        println!("{} to {}: {:.3} samples, off by {worst:.4} at most", pair.0, pair.1, linear.exact_delay());
        assert!(worst < 0.01, "{pair:?}: {worst} samples");
    }
}

/// A recording lies where it was, whatever its rate: no delay is left, not a part of a sample.
#[test]
fn a_recording_is_not_moved() {
    for (from, to) in pairs() {
        for hz in [300.0, 1_000.0, 3_000.0] {
            let output = resample_all(&tone(from, hz, from as usize), from, to).expect("supported");
            let lag = lag(&output, to, hz);
            assert!(lag.abs() < 0.001, "{from} to {to} at {hz} Hz: {lag} samples");
        }
    }
}
