//! What the short filters between 8 and 16, 24 or 48 kHz do to tones, through the public type:
//! gain, images, aliases and delay by least-squares fits of sines.

use std::f64::consts::TAU;

use audio_core::resample::{Phase, Resampler};

const WIRE: u32 = 8_000;
const HIGH: [u32; 3] = [16_000, 24_000, 48_000];
const PHASES: [Phase; 2] = [Phase::Minimum, Phase::Linear];
/// Amplitude of the tones.
const LEVEL: f64 = 0.5;

/// Half a second of a tone through a resampler in chunks of 20 ms, without its beginning.
struct Heard {
    rate: f64,
    /// Index of the first sample kept.
    first: usize,
    samples: Vec<f32>,
}

impl Heard {
    fn new(from: u32, to: u32, phase: Phase, hz: f64) -> Self {
        let mut resampler = Resampler::with_phase(from, to, phase).expect("supported");
        let input: Vec<f32> = (0..from * 3 / 5)
            .map(|i| (LEVEL * (TAU * hz * f64::from(i) / f64::from(from)).sin()) as f32)
            .collect();
        let mut output = vec![0.0; resampler.output_bound(input.len())];
        let (mut done, mut made) = (0, 0);
        for chunk in input.chunks(from as usize / 50) {
            let progress = resampler.process(chunk, &mut output[made..]);
            (done, made) = (done + progress.consumed, made + progress.produced);
        }
        assert_eq!((done, made), (input.len(), output.len()));
        let first = to as usize / 10;
        Self { rate: f64::from(to), first, samples: output.split_off(first) }
    }

    /// Amplitude of the sine at `hz` relative to what went in, and its phase in radians.
    fn sine(&self, hz: f64) -> (f64, f64) {
        let (mut ss, mut sc, mut cc, mut ys, mut yc) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (i, &y) in self.samples.iter().enumerate() {
            let (s, c) = (TAU * hz * (self.first + i) as f64 / self.rate).sin_cos();
            (ss, sc, cc) = (ss + s * s, sc + s * c, cc + c * c);
            (ys, yc) = (ys + f64::from(y) * s, yc + f64::from(y) * c);
        }
        // At 0 Hz and half the rate one of the two vanishes: the ridge settles it.
        let (ss, cc) = (ss + 1e-9, cc + 1e-9);
        let determinant = ss * cc - sc * sc;
        let (a, b) = ((ys * cc - yc * sc) / determinant, (yc * ss - ys * sc) / determinant);
        (a.hypot(b) / LEVEL, b.atan2(a))
    }
}

fn db(ratio: f64) -> f64 {
    20.0 * ratio.max(1e-12).log10()
}

/// The filters by direction.
fn all() -> impl Iterator<Item = (u32, u32, Phase)> {
    let pairs = HIGH.into_iter().flat_map(|high| [(WIRE, high), (high, WIRE)]);
    pairs.flat_map(|(from, to)| PHASES.map(|phase| (from, to, phase)))
}

#[test]
fn the_telephone_band_keeps_its_level() {
    for (from, to, phase) in all() {
        let gains = (0..=66).map(|i| {
            let hz = 100.0 + 50.0 * f64::from(i);
            db(Heard::new(from, to, phase, hz).sine(hz).0)
        });
        let (least, most) = gains.fold((f64::MAX, f64::MIN), |(l, m), g| (l.min(g), m.max(g)));
        let ripple = most - least;
        println!("{from} to {to} {phase:?}: ripple {ripple:.4} dB");
        assert!(ripple <= 0.01 && most.abs() <= 0.01, "{from} to {to} {phase:?}: {least}..{most} dB");
    }
}

#[test]
fn images_and_aliases_are_85_db_down() {
    for (from, to, phase) in all() {
        let mut worst = f64::MIN;
        if to > from {
            for hz in (0..=66).map(|i| 100.0 + 50.0 * f64::from(i)) {
                let heard = Heard::new(from, to, phase, hz);
                for carrier in (1..=to / WIRE / 2).map(|k| f64::from(k * WIRE)) {
                    for image in [carrier - hz, carrier + hz] {
                        if image <= f64::from(to) / 2.0 {
                            worst = worst.max(db(heard.sine(image).0));
                        }
                    }
                }
            }
        } else {
            let steps = (f64::from(from) / 2.0 - 4_600.0) as u32 / 37;
            for hz in (0..=steps).map(|i| 4_600.0 + 37.0 * f64::from(i)) {
                // At multiples of 4 kHz the amplitude of the alias depends on the phase.
                let alias = (hz - (hz / 8_000.0).round() * 8_000.0).abs();
                if alias > 20.0 && alias < 3_980.0 {
                    worst = worst.max(db(Heard::new(from, to, phase, hz).sine(alias).0));
                }
            }
        }
        println!("{from} to {to} {phase:?}: rejection {:.1} dB", -worst);
        assert!(worst <= -85.0, "{from} to {to} {phase:?}: {worst} dB");
    }
}

#[test]
fn the_delay_is_short_and_as_reported() {
    for (from, to, phase) in all() {
        // By the phase 2 Hz to either side, against the input's clock. Coming down, a sample is
        // dated by the newest it was formed from, which adds all but one of a group.
        let waited = 1_000.0 * f64::from((from / to).saturating_sub(1)) / f64::from(from);
        let delay = |hz: f64| {
            let [low, high] = [hz - 2.0, hz + 2.0].map(|hz| Heard::new(from, to, phase, hz).sine(hz).1);
            1_000.0 * (low - high).rem_euclid(TAU) / (TAU * 4.0)
        };
        let largest = (0..=66).map(|i| delay(100.0 + 50.0 * f64::from(i))).fold(0.0, f64::max) + waited;
        let reported = Resampler::with_phase(from, to, phase).expect("supported").exact_delay();
        let at_1_khz = delay(1_000.0) * f64::from(to) / 1_000.0;
        println!("{from} to {to} {phase:?}: at most {largest:.3} ms, {at_1_khz:.2} samples at 1 kHz");
        let allowed = if phase == Phase::Linear { 1.9 } else { 0.7 };
        assert!(largest <= allowed, "{from} to {to} {phase:?}: {largest} ms");
        let off = (at_1_khz - reported).abs();
        assert!(off <= 0.01, "{from} to {to} {phase:?}: {reported}, not {at_1_khz}");
    }
}

#[test]
fn every_sample_leaves_as_soon_as_it_can() {
    for high in HIGH {
        let factor = (high / WIRE) as usize;
        let (mut up, mut down) =
            (Resampler::new(WIRE, high).expect("supported"), Resampler::new(high, WIRE).expect("supported"));
        let mut out = [0.0; 16];
        for i in 1..=1_000 {
            assert_eq!(up.process(&[0.5], &mut out).produced, factor);
            assert_eq!(down.process(&[0.5], &mut out).produced, usize::from(i % factor == 0));
        }
    }
}

#[test]
fn the_default_is_minimum_phase_and_other_ratios_ignore_the_choice() {
    let delay = |from, to, phase| Resampler::with_phase(from, to, phase).expect("supported").delay();
    for high in HIGH {
        let default = Resampler::new(WIRE, high).expect("supported").delay();
        assert_eq!(default, delay(WIRE, high, Phase::Minimum));
        assert!(default < delay(WIRE, high, Phase::Linear));
    }
    assert_eq!(delay(44_100, WIRE, Phase::Minimum), delay(44_100, WIRE, Phase::Linear));
    assert_eq!(Resampler::with_fft(WIRE, 16_000).expect("supported").delay(), 160);
}

#[test]
fn cutting_changes_no_bit_and_the_count_is_exact() {
    for (from, to, phase) in all() {
        let input: Vec<f32> = (0..1_003u32).map(|i| ((i * 7_919) % 1_000) as f32 / 1_000.0 - 0.5).collect();
        let [whole, cut] = [input.len(), 7].map(|chunk| {
            let mut resampler = Resampler::with_phase(from, to, phase).expect("supported");
            let total = resampler.expected(input.len() as u64) as usize + resampler.delay();
            let (mut out, mut made) = (vec![0.0; total + 100], 0);
            for chunk in input.chunks(chunk) {
                made += resampler.process(chunk, &mut out[made..]).produced;
            }
            made += resampler.flush(&mut out[made..]);
            assert_eq!(made, total, "{from} to {to} {phase:?}");
            out
        });
        assert!(whole == cut, "{from} to {to} {phase:?}");
    }
}
