//! Loss concealment: what it may never do, and how good it is.

mod conceal_common;

use audio_core::jitter::conceal::Concealer;
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};
use conceal_common::{Noise, gap, power, power_db, tone, voice};
use proptest::prelude::*;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What is asked of a concealer.
#[derive(Clone, Debug)]
enum Step {
    Good(Vec<i16>),
    Lost(usize),
    /// Lost, what follows is known; does it follow?
    Joined(usize, Vec<i16>, bool),
    Reset,
}

fn block() -> impl Strategy<Value = Vec<i16>> {
    (0usize..700, any::<u32>(), 0u32..4).prop_map(|(count, seed, kind)| {
        let mut noise = Noise(seed);
        match kind {
            0 => vec![0; count],
            1 => (0..count).map(|i| if i / 13 % 2 == 0 { i16::MAX } else { i16::MIN }).collect(),
            2 => tone(100.0 + f64::from(seed % 3_500), 20_000.0, count),
            _ => (0..count).map(|_| noise.next()).collect(),
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => block().prop_map(Step::Good),
        3 => (0usize..700).prop_map(Step::Lost),
        2 => (0usize..400, block(), any::<bool>()).prop_map(|(n, next, follows)| Step::Joined(n, next, follows)),
        1 => Just(Step::Reset),
    ]
}

/// Everything that was played.
fn run(concealer: &mut Concealer, steps: &[Step]) -> Vec<i16> {
    let mut played = Vec::new();
    let good = |concealer: &mut Concealer, pcm: &[i16]| {
        let mut pcm = pcm.to_vec();
        concealer.good(&mut pcm);
        pcm
    };
    for step in steps {
        match step {
            Step::Good(pcm) => played.extend(good(concealer, pcm)),
            Step::Lost(count) => played.extend(gap(concealer, *count, None)),
            Step::Joined(count, next, follows) => {
                played.extend(gap(concealer, *count, Some(next)));
                if *follows {
                    played.extend(good(concealer, next));
                }
            }
            Step::Reset => concealer.reset(),
        }
    }
    played
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any lengths, the same result twice, and after a reset.
    #[test]
    fn any_sequence_is_concealed_the_same_way_twice(steps in prop::collection::vec(step(), 1..24)) {
        let mut concealer = Concealer::new();
        let first = run(&mut concealer, &steps);
        concealer.reset();
        prop_assert!(first == run(&mut concealer, &steps), "a reset left something behind");
        prop_assert!(first == run(&mut Concealer::new(), &steps), "not deterministic");
    }

    /// Nothing concealed is louder than the 20 ms before it, over any 5 ms, by more than the comfort
    /// noise's variance allows.
    #[test]
    fn a_gap_is_never_louder_than_what_came_before(pcm in block(), count in 1usize..1_600) {
        let mut concealer = Concealer::new();
        let mut heard = vec![0; 160];
        heard.extend(pcm);
        concealer.good(&mut heard);
        // Over 5 ms; a shorter rest counts as if silence followed.
        let power = |piece: &[i16]| piece.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / 40.0;
        let loudest = heard[heard.len() - 160..].chunks(40).map(power).fold(0.0, f64::max);
        for piece in gap(&mut concealer, count, None).chunks(40) {
            prop_assert!(power(piece) <= 1.5 * loudest + 4.0, "{} after {loudest}", power(piece));
        }
    }

    /// However a gap is cut in calls, it sounds the same.
    #[test]
    fn a_gap_in_pieces_is_the_same_gap(cuts in prop::collection::vec(1usize..200, 1..8)) {
        let (mut whole, mut pieces) = (Concealer::new(), Concealer::new());
        let mut pcm = voice(2_000);
        whole.good(&mut pcm.clone());
        pieces.good(&mut pcm);
        let once = gap(&mut whole, cuts.iter().sum(), None);
        let often: Vec<i16> = cuts.iter().flat_map(|&count| gap(&mut pieces, count, None)).collect();
        prop_assert_eq!(once, often);
    }

    /// However the good signal behind a gap is cut in calls, its beginning is blended to the end.
    #[test]
    fn recovery_in_pieces_is_blended_to_its_end(cut in 1usize..79) {
        let signal = voice(3_000);
        let played = |size: usize| {
            let mut concealer = Concealer::new();
            concealer.good(&mut signal[..2_000].to_vec());
            let mut out = gap(&mut concealer, 480, None);
            for piece in signal[2_480..2_640].chunks(size) {
                let mut piece = piece.to_vec();
                concealer.good(&mut piece);
                out.extend(piece);
            }
            out
        };
        let (whole, pieces) = (played(160), played(cut));
        // The likeness is taken from the first piece only, so the gains may differ a little.
        let error: f64 = whole.iter().zip(&pieces).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        prop_assert!(error < 0.3 * 640.0 * power(&whole), "{error}");
        prop_assert_eq!(&whole[560..], &signal[2_560..2_640]);
        prop_assert_eq!(&pieces[560..], &signal[2_560..2_640]);
    }
}

/// The real-time law: nothing allocates after `new`.
#[test]
fn no_call_reaches_the_allocator() {
    let mut concealer = Concealer::new();
    let (signal, mut out) = (voice(16_000), [0i16; 480]);
    let ((), calls) = count_on_this_thread(|| {
        for (n, pcm) in signal.chunks_exact(80).enumerate() {
            match n % 7 {
                2 => concealer.conceal(&mut out[..80], Some(pcm)),
                5 => concealer.conceal(&mut out, if n % 2 == 0 { None } else { Some(pcm) }),
                _ => {
                    out[..80].copy_from_slice(pcm);
                    concealer.good(&mut out[..80]);
                }
            }
        }
        concealer.reset();
    });
    assert_eq!(calls, 0);
}

#[test]
fn a_stream_without_gaps_is_not_touched() {
    let signal = voice(4_000);
    let mut concealer = Concealer::new();
    for pcm in signal.chunks(77) {
        let mut played = pcm.to_vec();
        concealer.good(&mut played);
        assert_eq!(played, pcm);
        assert!(!concealer.is_concealing());
    }
    gap(&mut concealer, 80, None);
    assert!(concealer.is_concealing());
}

#[test]
fn silence_stays_silence() {
    let mut concealer = Concealer::new();
    assert!(gap(&mut concealer, 400, None).iter().all(|&s| s == 0), "before the first block");
    concealer.good(&mut voice(8_000));
    concealer.good(&mut [0; 16_000]);
    assert!(gap(&mut concealer, 4_000, None).iter().all(|&s| s == 0));
    let mut after = [0; 160];
    concealer.good(&mut after);
    assert_eq!(after, [0; 160]);
}

/// 440 Hz goes on for 20 ms, in phase.
#[test]
fn a_tone_stays_a_tone() {
    let signal = tone(440.0, 8_000.0, 4_160);
    let mut concealer = Concealer::new();
    concealer.good(&mut signal[..4_000].to_vec());
    let out = gap(&mut concealer, 160, None);
    for (span, least_db) in [(0..80, 14.0), (80..160, 8.0)] {
        let clean = &signal[4_000..][span.clone()];
        let error: Vec<i16> = clean.iter().zip(&out[span.clone()]).map(|(a, b)| a - b).collect();
        let snr = power_db(clean) - power_db(&error);
        assert!(snr > least_db, "{span:?}: {snr:.1} dB");
    }
    // With the other side known the tone is exact.
    let mut concealer = Concealer::new();
    concealer.good(&mut signal[..4_000].to_vec());
    let out = gap(&mut concealer, 80, Some(&signal[4_080..]));
    let error: Vec<i16> = signal[4_000..4_080].iter().zip(&out).map(|(a, b)| a - b).collect();
    let snr = power_db(&signal[4_000..4_080]) - power_db(&error);
    assert!(snr > 25.0, "{snr:.1} dB");
}

/// A known future joins without a cross-fade; another one than announced is blended.
#[test]
fn what_follows_as_announced_is_not_touched() {
    let signal = voice(4_000);
    let mut concealer = Concealer::new();
    concealer.good(&mut signal[..2_000].to_vec());
    gap(&mut concealer, 80, Some(&signal[2_080..2_160]));
    let mut next = signal[2_080..2_240].to_vec();
    concealer.good(&mut next);
    assert_eq!(next, signal[2_080..2_240]);

    gap(&mut concealer, 80, Some(&signal[2_320..2_400]));
    let mut other = signal[2_337..2_497].to_vec();
    concealer.good(&mut other);
    assert_ne!(other[..32], signal[2_337..2_369]);
    assert_eq!(other[80..], signal[2_417..2_497]);
}

/// A long gap fades into the background's level and colour, and comes back from it gently.
#[test]
fn a_long_gap_decays_into_the_background() {
    let mut noise = Noise(5);
    let mut background: Vec<i16> = Vec::new();
    let mut low = 0.0f64;
    for _ in 0..16_000 {
        // One pole at 0.9: 26 dB between the lowest and the highest frequency.
        low = 0.9 * low + f64::from(noise.next()) / 600.0;
        background.push(low as i16);
    }
    let signal: Vec<i16> = voice(4_000).iter().zip(&background[8_000..]).map(|(a, b)| a / 2 + b).collect();
    let mut concealer = Concealer::new();
    concealer.good(&mut background[..8_000].to_vec());
    concealer.good(&mut signal.clone());
    let out = gap(&mut concealer, 4_000, None);

    let (before, behind) = (power_db(&signal[3_840..]), power_db(&background));
    assert!(power_db(&out[..80]) > before - 6.0, "the first 10 ms hold");
    assert!(power_db(&out[320..400]) < before - 6.0, "fading at 40 ms");
    let steady = &out[800..];
    assert!((power_db(steady) - behind).abs() < 2.0, "{} dB, background {behind}", power_db(steady));
    let tilt = |x: &[i16]| {
        let lagged: f64 = x.windows(2).map(|w| f64::from(w[0]) * f64::from(w[1])).sum();
        lagged / (power(x) * x.len() as f64)
    };
    assert!((tilt(steady) - tilt(&background)).abs() < 0.05, "{} {}", tilt(steady), tilt(&background));

    let mut back = voice(160);
    let real = back.clone();
    concealer.good(&mut back);
    assert!(power(&back[..20]) < 0.2 * power(&real[..20]).max(power(&real[..80])), "fades in");
    assert_eq!(back[80..], real[80..]);
}

/// Where the media clock stood still (a stall) the recovery neither swells nor dips.
#[test]
fn a_stall_is_left_without_a_swell_or_a_hole() {
    let signal = voice(8_000);
    for stalled in [37, 80, 101, 160, 233] {
        let mut concealer = Concealer::new();
        concealer.good(&mut signal[..4_000].to_vec());
        gap(&mut concealer, stalled, None);
        let mut next = signal[4_000..4_160].to_vec();
        concealer.good(&mut next);
        let level = power_db(&next[..53]) - power_db(&signal[4_000..4_053]);
        assert!((-9.0..1.0).contains(&level), "{stalled}: {level:.1} dB");
    }
}

/// An announced future that never comes: the gap goes on from there without a step.
#[test]
fn a_future_that_never_comes_is_no_click() {
    let signal = tone(300.0, 8_000.0, 4_400);
    let steepest = signal.windows(2).map(|w| (w[1] - w[0]).abs()).max();
    for known in [16, 30, 80] {
        let mut concealer = Concealer::new();
        concealer.good(&mut signal[..4_000].to_vec());
        let mut out = gap(&mut concealer, 160, Some(&signal[4_160..4_160 + known]));
        out.extend(gap(&mut concealer, 80, None));
        // Nor does another signal than announced begin with one.
        out.extend(gap(&mut concealer, 80, Some(&signal[4_320..4_320 + known])));
        let mut other = signal[4_333..4_400].to_vec();
        concealer.good(&mut other);
        out.extend(other);
        let step = out.windows(2).map(|w| (w[1] - w[0]).abs()).max();
        assert!(step < steepest.map(|s| s + s / 5), "{known}: {step:?}, the tone has {steepest:?}");
    }
}
