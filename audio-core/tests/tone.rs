//! Call-progress tones: the plans as played, the beep, and the veto on tones and on speech.

use audio_core::codec::ulaw;
use audio_core::frame::{Dbfs, FRAME_SAMPLES, PcmFrame};
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};
use audio_core::tone::plans::{self, Cadence, ISRAEL, Segment, UNITED_STATES};
use audio_core::tone::{ToneGenerator, ToneVeto, beep};
use proptest::prelude::*;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn play(cadence: Cadence, level: f32, samples: usize) -> Vec<i16> {
    let mut pcm = vec![0; samples];
    let written = ToneGenerator::new(cadence, Dbfs(level)).expect("valid").fill(&mut pcm);
    pcm.truncate(written);
    pcm
}

/// What the veto says of each frame.
fn vetoed(pcm: &[i16]) -> Vec<bool> {
    let mut veto = ToneVeto::new();
    let frames = pcm.chunks_exact(FRAME_SAMPLES);
    frames.map(|frame| veto.is_tone(frame.try_into().expect("a whole frame"))).collect()
}

/// White noise of the given RMS, uniform.
fn noise(samples: usize, rms: f32, mut seed: u32) -> Vec<f32> {
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    };
    (0..samples).map(|_| next() * rms * 3f32.sqrt()).collect()
}

/// 20 ms frames of `pcm` that lie, with the five before them, in one sounding segment.
fn steady(cadence: Cadence, frames: usize) -> Vec<bool> {
    let total: u32 = cadence.segments.iter().map(|segment| segment.ms).sum();
    let sounding = |ms: u32| {
        let mut left = ms % total;
        let mut which = cadence.segments.iter().enumerate();
        which.find(|(_, segment)| {
            let inside = left < segment.ms;
            left = left.saturating_sub(if inside { 0 } else { segment.ms });
            inside
        })
    };
    let continuous = cadence.segments.len() == 1;
    (0..frames as u32)
        .map(|frame| {
            let (first, last) = ((frame * 20).checked_sub(100), frame * 20 + 19);
            let Some(first) = first else { return false };
            let (before, now) = (sounding(first), sounding(last));
            let same = before.map(|(n, _)| n) == now.map(|(n, _)| n) && (continuous || last - first < 120);
            same && now.is_some_and(|(_, segment)| segment.hz[0] > 0.0)
        })
        .collect()
}

#[test]
fn the_plans_are_those_of_e_180() {
    let ms = |cadence: Cadence| cadence.segments.iter().map(|segment| segment.ms).collect::<Vec<_>>();
    assert_eq!((ISRAEL.busy.segments[0].hz, ms(ISRAEL.busy)), ([400.0, 0.0], vec![500, 500]));
    assert_eq!(ms(ISRAEL.ringback), [1_000, 3_000]);
    assert_eq!(ms(ISRAEL.congestion), [250, 250]);
    assert_eq!(
        (UNITED_STATES.dial.segments[0].hz, ms(UNITED_STATES.ringback)),
        ([350.0, 440.0], vec![2_000, 4_000])
    );
    for plan in plans::ALL {
        for (name, cadence) in plan.tones() {
            let pcm = play(cadence, -16.0, 8 * 14_000);
            let mut at = 0;
            for segment in cadence.segments {
                let n = segment.ms as usize * 8;
                let level = Dbfs::of(&pcm[at..at + n]);
                let want = if segment.hz[0] > 0.0 { -16.0 } else { Dbfs::SILENCE.0 };
                assert!((level.0 - want).abs() < 0.1, "{} {name}: {level}", plan.country);
                at += n;
            }
            let rest = if cadence.repeats { pcm.len() - at } else { 0 };
            assert_eq!(pcm.len(), at + rest, "{} {name}", plan.country);
        }
    }
}

#[test]
fn the_beep_is_400_ms_of_440_hz_at_minus_20_dbfs() {
    let pcm = beep();
    assert_eq!(pcm.len(), 3_200);
    assert!((Dbfs::of(&pcm).0 + 20.0).abs() < 0.01);
    for (n, &sample) in pcm.iter().enumerate() {
        let exact = 3_276.8 * 2f64.sqrt() * (std::f64::consts::TAU * 440.0 * n as f64 / 8_000.0).sin();
        assert!((f64::from(sample) - exact).abs() <= 0.5 + 1e-3, "sample {n}");
    }
}

#[test]
fn settings_out_of_range_are_named() {
    const LONG: &[Segment] = &[Segment::tone(400.0, 70_000)];
    const HIGH: &[Segment] = &[Segment::tone(4_000.0, 100)];
    const EMPTY: &[Segment] = &[Segment::pause(0)];
    let error = |segments, level| {
        let cadence = Cadence { segments, repeats: true };
        ToneGenerator::new(cadence, Dbfs(level)).expect_err("invalid").to_string()
    };
    assert!(error(ISRAEL.busy.segments, -3.0).contains("tone.level"));
    assert!(error(HIGH, -20.0).contains("tone.segment.hz"));
    assert!(error(LONG, -20.0).contains("tone.segment.ms"));
    assert!(error(EMPTY, -20.0).contains("tone.cadence"));
    assert!(error(&[], -20.0).contains("tone.cadence"));
}

#[test]
fn every_steady_frame_of_every_plan_is_vetoed_also_in_noise_and_mu_law() {
    for plan in plans::ALL {
        for (name, cadence) in plan.tones() {
            for (level, snr) in [(-12.0, 60.0), (-30.0, 60.0), (-20.0, 15.0), (-20.0, 20.0), (-40.0, 20.0)] {
                let pcm = play(cadence, level, 8 * 12_000);
                let hiss = noise(pcm.len(), Dbfs(level - snr).to_rms(), 5);
                let line = |(&s, n): (&i16, &f32)| ulaw::decode(ulaw::encode((f32::from(s) + n) as i16));
                let pcm: Vec<i16> = pcm.iter().zip(&hiss).map(line).collect();
                let said = vetoed(&pcm);
                let want = steady(cadence, said.len());
                let missed = want.iter().zip(&said).filter(|&(&want, &said)| want && !said).count();
                let case = format!("{} {name} at {level} dBFS, {snr} dB", plan.country);
                assert!(want.iter().any(|&want| want) || name == "call waiting", "{case}");
                let of = want.iter().filter(|&&want| want).count();
                // At the limit a burst of noise may delay the first yes beyond the 100 ms that
                // `steady` grants.
                let allowed = if snr > 15.0 { 0 } else { of / 30 };
                assert!(missed <= allowed, "{case}: {missed} of {of}");
            }
        }
    }
}

#[test]
fn the_400_hz_family_is_vetoed_whatever_its_member() {
    const FAMILY: [&[Segment]; 4] = [
        &[Segment::tone(400.0, 1_000)],
        &[Segment::tone(414.0, 1_000)],
        &[Segment::tone(425.0, 1_000)],
        &[Segment::tone(450.0, 1_000)],
    ];
    for segments in FAMILY {
        let said = vetoed(&play(Cadence { segments, repeats: false }, -20.0, 8_000));
        let first = said.iter().position(|&tone| tone).expect("a tone");
        assert!((1..=2).contains(&first) && !said[first..].contains(&false), "{segments:?}: {said:?}");
    }
}

#[test]
fn noise_silence_and_a_gliding_tone_are_no_tones() {
    let hiss: Vec<i16> = noise(80_000, 2_000.0, 1).iter().map(|&s| s as i16).collect();
    assert!(!vetoed(&hiss).contains(&true));
    assert!(!vetoed(&[0; 8_000]).contains(&true));
    // 390 to 450 Hz in half a second: a voice that sings.
    let glide = |n: usize| {
        let t = n as f32 / 8_000.0;
        8_000.0 * (std::f32::consts::TAU * (390.0 + 60.0 * t) * t).sin()
    };
    let glide: Vec<i16> = (0..4_000).map(|n| glide(n) as i16).collect();
    assert!(!vetoed(&glide).contains(&true));
}

#[cfg(feature = "tape")]
#[test]
fn no_frame_of_the_fixtures_speech_is_vetoed() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut folders = vec![root];
    let (mut frames, mut tones) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("fixtures").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "wav") {
                let said = vetoed(&audio_core::tape::read_wav_8k(&path).expect("a recording"));
                frames += said.len();
                let count = said.iter().filter(|&&tone| tone).count();
                if count > 0 {
                    tones.push((path, count));
                }
            }
        }
    }
    assert!(frames > 5_000, "only {frames} frames");
    assert!(tones.is_empty(), "{tones:?} of {frames}");
}

#[test]
fn generating_and_vetoing_make_no_call_into_the_allocator() {
    let mut generator = ToneGenerator::new(UNITED_STATES.congestion, Dbfs(-20.0)).expect("valid");
    let mut veto = ToneVeto::new();
    let (mut frame, mut tones): (PcmFrame, u32) = ([0; FRAME_SAMPLES], 0);
    let ((), calls) = count_on_this_thread(|| {
        for _ in 0..500 {
            generator.fill(&mut frame);
            tones += u32::from(veto.is_tone(&frame));
        }
        veto.reset();
        generator.reset();
    });
    assert_eq!(calls, 0);
    assert!(tones > 100, "{tones}");
}

proptest! {
    #[test]
    fn chunk_lengths_change_nothing(chunks in prop::collection::vec(1usize..900, 1..30), which in 0usize..12) {
        let cadence = plans::ALL[which / 6].tones()[which % 6].1;
        let whole = play(cadence, -20.0, 12_000);
        let mut generator = ToneGenerator::new(cadence, Dbfs(-20.0)).expect("valid");
        let mut pieces = Vec::new();
        for &length in chunks.iter().cycle() {
            let mut chunk = vec![0; length.min(12_000 - pieces.len())];
            let written = generator.fill(&mut chunk);
            pieces.extend_from_slice(&chunk[..written]);
            if written == 0 { break }
        }
        prop_assert_eq!(pieces, whole);
    }

    /// And noise at full scale is no tone.
    #[test]
    fn any_frames_are_survived(frames in prop::collection::vec(any::<i16>(), 1_600)) {
        prop_assert_eq!(vetoed(&frames), vec![false; 10]);
    }

    #[test]
    fn a_reset_makes_both_new(frames in prop::collection::vec(any::<i16>(), 800), which in 0usize..12, heard in 0usize..50) {
        let cadence = plans::ALL[which / 6].tones()[which % 6].1;
        let tone = play(cadence, -20.0, 8_000);
        let mut veto = ToneVeto::new();
        for frame in tone.chunks_exact(FRAME_SAMPLES).take(heard).chain(frames.chunks_exact(FRAME_SAMPLES)) {
            veto.is_tone(frame.try_into().expect("a whole frame"));
        }
        veto.reset();
        let again: Vec<bool> =
            tone.chunks_exact(FRAME_SAMPLES).map(|f| veto.is_tone(f.try_into().expect("a whole frame"))).collect();
        prop_assert_eq!(again, vetoed(&tone));
        let mut generator = ToneGenerator::new(cadence, Dbfs(-20.0)).expect("valid");
        let mut pcm = vec![0; 8_000];
        generator.fill(&mut pcm[..heard * 37]);
        generator.reset();
        let written = generator.fill(&mut pcm);
        prop_assert_eq!(&pcm[..written], &tone[..]);
    }

    /// Any level, frequency and length: an error or samples that fit, never a panic.
    #[test]
    fn any_tone_is_played_or_refused(hz in any::<[f32; 2]>(), ms in 0u32..70_000, level in any::<f32>(), in_range in any::<bool>()) {
        let hz = if in_range { hz.map(|hz| if hz.is_finite() { hz.abs() % 4_000.0 } else { 440.0 }) } else { hz };
        let level = if in_range && level.is_finite() { -6.1 - level.abs() % 70.0 } else { level };
        let segments: &'static [Segment] = Box::leak(Box::new([Segment { hz, ms }]));
        let made = ToneGenerator::new(Cadence { segments, repeats: false }, Dbfs(level));
        if let Ok(mut generator) = made {
            let mut pcm = [0; 500];
            prop_assert_eq!(generator.fill(&mut pcm), (ms as usize * 8).min(500));
        }
    }
}
