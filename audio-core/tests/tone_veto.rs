//! The tone veto inside the voice detector: tones are no speech, speech over tones is, and speech
//! alone is what it was without the veto.

use audio_core::codec::ulaw;
use audio_core::dtmf::{Digit, DtmfConfig, DtmfGenerator};
use audio_core::frame::{Dbfs, FRAME_SAMPLES, PcmFrame};
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};
use audio_core::tone::plans::{self, Cadence, ISRAEL, Segment};
use audio_core::tone::{ToneGenerator, ToneVeto, beep};
use audio_core::vad::{Change, Detection, KavVad, SpeechDetector, Vad, VadConfig, VadKind};
use proptest::prelude::*;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn config(tone_veto: bool) -> VadConfig {
    let mut config = VadConfig::hebrew();
    config.tone_veto = tone_veto;
    config
}

fn detections(kind: VadKind, config: VadConfig, pcm: &[i16]) -> Vec<Detection> {
    let mut detector = SpeechDetector::new(kind, config).expect("valid");
    let frames = pcm.chunks_exact(FRAME_SAMPLES);
    frames.map(|frame| detector.process(frame.try_into().expect("a whole frame"))).collect()
}

/// How often speech starts.
fn starts(kind: VadKind, veto: bool, pcm: &[i16]) -> usize {
    let starts = |found: &&Detection| matches!(found.change, Some(Change::Start { .. }));
    detections(kind, config(veto), pcm).iter().filter(starts).count()
}

fn play(cadence: Cadence, samples: usize) -> Vec<i16> {
    let mut pcm = vec![0; samples];
    let written = ToneGenerator::new(cadence, Dbfs(-20.0)).expect("valid").fill(&mut pcm);
    pcm.truncate(written);
    pcm
}

/// Everything that is sent down a line and is no voice, with its name.
fn tones() -> Vec<(String, Vec<i16>)> {
    const FAX: [(&str, &[Segment]); 2] = [
        ("CNG", &[Segment::tone(1_100.0, 500), Segment::pause(3_000)]),
        ("CED", &[Segment::pause(200), Segment::tone(2_100.0, 3_000)]),
    ];
    const ALONE: [(&str, &[Segment]); 6] = [
        ("hum", &[Segment::tone(100.0, 1_000), Segment::pause(500)]),
        ("414 Hz", &[Segment::tone(414.0, 500), Segment::pause(500)]),
        ("425 Hz", &[Segment::tone(425.0, 500), Segment::pause(500)]),
        ("450 Hz", &[Segment::tone(450.0, 500), Segment::pause(500)]),
        ("1 kHz", &[Segment::tone(1_000.0, 1_000), Segment::pause(500)]),
        ("400 + 450 Hz", &[Segment::pair(400.0, 450.0, 400), Segment::pause(200)]),
    ];
    let mut all = Vec::new();
    for plan in plans::ALL {
        for (name, cadence) in plan.tones() {
            // Three rounds of the Israeli special information tone; no other tone ends in a stub.
            all.push((format!("{} {name}", plan.country), play(cadence, 8 * 5_970)));
        }
    }
    for (name, segments) in FAX.into_iter().chain(ALONE) {
        all.push((name.to_owned(), play(Cadence { segments, repeats: true }, 8 * 5_000)));
    }
    let mut digits = vec![0; 16 * 1_600];
    let mut generator = DtmfGenerator::new("0123456789*#ABCD", DtmfConfig::default()).expect("valid");
    assert_eq!(generator.fill(&mut digits), digits.len());
    all.push(("DTMF".to_owned(), digits));
    all.push(("beep".to_owned(), beep()));
    all
}

/// A second of line at −60 dBFS and `shift` samples, then `pcm` in noise `snr_db` below −20 dBFS,
/// then another second, all of it through µ-law.
fn line(pcm: &[i16], shift: usize, snr_db: f32) -> Vec<i16> {
    let mut seed = 7u32;
    let mut noise = |level: f32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((seed >> 8) as f32 / (1u32 << 23) as f32 - 1.0) * Dbfs(level).to_rms() * 3f32.sqrt()
    };
    let quiet: Vec<f32> = (0..8_000 + shift).map(|_| noise(-60.0)).collect();
    let middle: Vec<f32> = pcm.iter().map(|&s| f32::from(s) + noise((-20.0 - snr_db).max(-60.0))).collect();
    let end: Vec<f32> = (0..8_000).map(|_| noise(-60.0)).collect();
    let all = quiet.into_iter().chain(middle).chain(end);
    all.map(|sample| ulaw::decode(ulaw::encode(sample as i16))).collect()
}

/// A vowel as it is sung: a pulse train of steady pitch through three resonances.
fn vowel(pitch: f32, formants: [f32; 3], samples: usize) -> Vec<i16> {
    let mut state = [[0.0f32; 2]; 3];
    let (mut phase, mut out) = (0.0f32, Vec::with_capacity(samples));
    for _ in 0..samples {
        phase += pitch / 8_000.0;
        let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
        phase = phase.fract();
        let mut sample = pulse;
        for (memory, hz) in state.iter_mut().zip(formants) {
            // Bandwidth 80 Hz.
            let radius = (-std::f32::consts::PI * 80.0 / 8_000.0).exp();
            let turn = std::f32::consts::TAU * hz / 8_000.0;
            sample += 2.0 * radius * turn.cos() * memory[0] - radius * radius * memory[1];
            *memory = [sample, memory[0]];
        }
        out.push(sample);
    }
    let rms = (out.iter().map(|s| s * s).sum::<f32>() / samples as f32).sqrt().max(f32::MIN_POSITIVE);
    out.iter().map(|s| (s * 3_000.0 / rms).clamp(-32_768.0, 32_767.0) as i16).collect()
}

#[test]
fn no_tone_starts_speech_wherever_it_falls_in_a_frame() {
    for &kind in VadKind::ALL {
        for (name, pcm) in tones() {
            let (mut with, mut without) = (0, 0);
            for shift in (0..FRAME_SAMPLES).step_by(20) {
                let pcm = line(&pcm, shift, 40.0);
                with += starts(kind, true, &pcm);
                without += starts(kind, false, &pcm);
            }
            assert_eq!(with, 0, "{kind}: {name}; {without} without the veto");
            // Each detector is deaf to some tones by itself; the level rule to none of these.
            assert!(without > 0 || kind != VadKind::Rms, "{kind}: {name} proves nothing");
        }
    }
}

#[test]
fn in_noise_15_db_below_a_tone_speech_ends_soon() {
    for &kind in VadKind::ALL {
        let pcm = line(&play(ISRAEL.dial, 8 * 10_000), 0, 15.0);
        let found = detections(kind, config(true), &pcm);
        let speaking = found.iter().filter(|found| found.speaking).count();
        assert!(speaking <= 40, "{kind}: {speaking} of 500 frames");
    }
}

#[test]
fn while_the_veto_holds_the_score_stays_below_the_thresholds() {
    let mut config = config(true);
    (config.start_threshold, config.continue_threshold) = (0.6, 0.3);
    let found = detections(VadKind::Rms, config, &play(ISRAEL.dial, 16_000));
    assert!(found[3..].iter().all(|found| found.score <= 0.15 && !found.voiced));
}

#[test]
fn a_voice_that_comes_in_over_a_tone_starts_speech() {
    let tone = play(ISRAEL.dial, 8 * 3_000);
    for below_db in [0.0, 3.0, 6.0, 10.0] {
        // The level rule's noise floor has climbed under the tone: the score alone decides here.
        let mut config = config(true);
        config.noise_margin_db = 0.0;
        let voice = vowel(130.0, [700.0, 1_200.0, 2_500.0], 8_000);
        let gain = Dbfs(-20.0 - below_db).to_rms() / Dbfs::of(&voice).to_rms();
        let mut pcm = tone.clone();
        for (sample, voice) in pcm[8_000..16_000].iter_mut().zip(&voice) {
            *sample += (f32::from(*voice) * gain) as i16;
        }
        let found = detections(VadKind::Rms, config, &pcm);
        let first = found.iter().position(|found| matches!(found.change, Some(Change::Start { .. })));
        // Three voiced frames make a start; the window may hide the first.
        assert!(first.is_some_and(|first| (52..=54).contains(&first)), "{below_db} dB below: {first:?}");
        let voiced = found[53..100].iter().filter(|found| found.voiced).count();
        assert_eq!(voiced, 47, "{below_db} dB below");
        assert!(found[105..].iter().all(|found| !found.voiced), "the tone alone again");
    }
}

#[test]
fn sung_vowels_of_perfectly_steady_pitch_are_voices() {
    let formants = [
        [700.0, 1_200.0, 2_500.0],
        [500.0, 1_800.0, 2_500.0],
        [300.0, 2_300.0, 3_000.0],
        [500.0, 900.0, 2_400.0],
        [300.0, 800.0, 2_300.0],
    ];
    for formants in formants {
        // The last three: all but as high as the buzz of a mobile telephone, and an octave below it. Its very pitch, to a tenth
        // of a hertz for a second, is nobody's.
        for pitch in [85.0, 100.0, 120.0, 150.0, 180.0, 210.0, 215.8, 217.5, 108.1] {
            let pcm = vowel(pitch, formants, 16_000);
            let mut veto = ToneVeto::new();
            let frames = pcm.chunks_exact(FRAME_SAMPLES);
            let tones = frames.filter(|frame| veto.is_tone((*frame).try_into().expect("a frame"))).count();
            assert_eq!(tones, 0, "{pitch} Hz, {formants:?}");
        }
    }
}

/// A mobile telephone's transmitter beside a loudspeaker: a click where a slot of 15/26 ms begins and one where it ends, 217
/// times a second, but for every 26th; `every` second group of so many alone, where nothing is said (DTX). At −26 dBFS.
fn buzz(samples: usize, every: Option<usize>) -> Vec<i16> {
    let (frame, slot) = (8.0 * 120.0 / 26.0, 8.0 * 15.0 / 26.0);
    let (mut before, mut state) = (0.0f32, 0.0f32);
    let wave: Vec<f32> = (0..samples)
        .map(|n| {
            let (turns, at) = ((n as f32 / frame) as usize, n as f32 % frame);
            let sent = at < slot && turns % 26 != 25 && every.is_none_or(|every| turns / every % 2 == 0);
            let now = f32::from(u8::from(sent));
            // No line carries a constant: a high-pass at 200 Hz.
            state = 0.855 * (state + now - before);
            before = now;
            state
        })
        .collect();
    let rms = (wave.iter().map(|s| s * s).sum::<f32>() / samples as f32).sqrt();
    wave.iter().map(|s| (s / rms * Dbfs(-26.0).to_rms()).clamp(-32_768.0, 32_767.0) as i16).collect()
}

#[test]
fn the_buzz_of_a_mobile_telephone_is_no_voice() {
    for every in [None, Some(26), Some(51), Some(102)] {
        for snr_db in [40.0, 26.0] {
            let pcm = line(&buzz(8 * 4_000, every), 0, snr_db);
            let found = detections(VadKind::Rms, config(true), &pcm);
            let without = detections(VadKind::Rms, config(false), &pcm);
            // The level rule takes all of it for voice; from 200 ms on the veto leaves little, however it pauses.
            let voiced =
                |found: &[Detection]| found[60..250].iter().filter(|found| found.score > 0.5).count();
            let (left, all) = (voiced(&found), voiced(&without));
            assert!(all > 80 && left * 10 <= all, "{every:?}, {snr_db} dB: {left} frames of {all}");
        }
    }
}

#[test]
fn a_buzz_that_becomes_quieter_still_buzzes() {
    for quieter_db in [6.0, 10.0, 15.0] {
        let mut pcm = buzz(8 * 5_000, None);
        let gain = 10f32.powf(-quieter_db / 20.0);
        pcm[8 * 2_000..].iter_mut().for_each(|sample| *sample = (f32::from(*sample) * gain) as i16);
        let pcm = line(&pcm, 0, 34.0);
        let mut veto = ToneVeto::new();
        let tones: Vec<bool> =
            pcm.as_chunks::<FRAME_SAMPLES>().0.iter().map(|frame| veto.is_tone(frame)).collect();
        // The line is quiet for a second, and then the buzz is loud for two.
        assert!(tones[65..150].iter().all(|&tone| tone), "{quieter_db} dB: while it is loud");
        assert!(tones[200..300].iter().all(|&tone| tone), "{quieter_db} dB: a second after it fell");
    }
}

#[test]
fn a_voice_over_the_buzz_is_heard() {
    let mut pcm = buzz(8 * 3_000, None);
    pcm.iter_mut().for_each(|sample| *sample /= 4); // −38 dBFS
    let voice = vowel(137.0, [700.0, 1_200.0, 2_500.0], 8_000);
    for below_db in [10.0, 20.0, 26.0] {
        let gain = Dbfs(-below_db).to_rms() / Dbfs::of(&voice).to_rms();
        let mut pcm = pcm.clone();
        for (sample, voice) in pcm[8_000..16_000].iter_mut().zip(&voice) {
            *sample += (f32::from(*voice) * gain) as i16;
        }
        let mut veto = ToneVeto::new();
        let tones: Vec<bool> =
            pcm.as_chunks::<FRAME_SAMPLES>().0.iter().map(|frame| veto.is_tone(frame)).collect();
        assert!(tones[15..50].iter().all(|&tone| tone), "{below_db} dB: the buzz before");
        let heard = tones[50..100].iter().take_while(|&&tone| tone).count();
        assert!(heard <= 2 && tones[55..100].iter().all(|&tone| !tone), "{below_db} dB: {heard} frames");
        assert!(tones[115..150].iter().all(|&tone| tone), "{below_db} dB: the buzz after");
    }
}

/// A-AUD-007: onset and end are those without the veto.
#[cfg(feature = "tape")]
#[test]
fn on_every_recording_of_the_fixtures_nothing_changes() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let (mut folders, mut files) = (vec![root], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("fixtures").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "wav") {
                let pcm = audio_core::tape::read_wav_8k(&path).expect("a recording");
                for &kind in VadKind::ALL {
                    let [on, off] = [true, false].map(|veto| detections(kind, config(veto), &pcm));
                    assert_eq!(on, off, "{kind}: {}", path.display());
                }
                files += 1;
            }
        }
    }
    assert!(files > 50, "only {files} recordings");
}

#[test]
fn a_reset_and_a_lost_frame_clear_the_veto() {
    let tone = play(ISRAEL.dial, 8_000);
    let frames: Vec<&PcmFrame> =
        tone.chunks_exact(FRAME_SAMPLES).map(|frame| frame.try_into().expect("a frame")).collect();
    for kind in [VadKind::Rms, VadKind::Kav] {
        // So low that a score which the veto let be is above what it leaves of one.
        let least = 1e-4;
        let detector = |veto| {
            let mut config = config(veto);
            (config.start_threshold, config.continue_threshold) = (least, least);
            SpeechDetector::new(kind, config).expect("valid")
        };
        let (mut with, mut without) = (detector(true), detector(false));
        let fresh: Vec<Detection> = frames.iter().map(|frame| with.process(frame)).collect();
        let own: Vec<Detection> = frames.iter().map(|frame| without.process(frame)).collect();
        assert!(own[..20].iter().all(|found| found.score > least), "{kind}: the veto has something to do");
        assert_eq!(fresh[0].score, own[0].score, "{kind}: the veto takes its time");
        assert_eq!(fresh[10].score, least / 2.0, "{kind}: it holds");

        with.reset();
        let again: Vec<Detection> = frames.iter().map(|frame| with.process(frame)).collect();
        assert_eq!(again, fresh, "{kind}");

        with.process_lost();
        without.process_lost();
        let (with, without) = (with.process(frames[0]), without.process(frames[0]));
        assert_eq!(with.score, without.score, "{kind}: the tone must show itself again");
        assert!(with.score > least, "{kind}");
    }
}

/// The detector and the veto share what both look at, and neither hears the difference.
#[test]
fn beside_the_kav_detector_the_veto_says_what_it_says_alone() {
    let mut pcm: Vec<i16> =
        tones().into_iter().flat_map(|(_, tone)| tone[..4_000.min(tone.len())].to_vec()).collect();
    pcm.extend(line(&vowel(130.0, [700.0, 1_200.0, 2_500.0], 16_000), 37, 20.0));
    let mut over = play(ISRAEL.dial, 16_000);
    over.iter_mut()
        .zip(vowel(180.0, [500.0, 1_800.0, 2_500.0], 8_000))
        .for_each(|(tone, voice)| *tone += voice / 2);
    pcm.extend(over);
    #[cfg(feature = "tape")]
    {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls/booking/caller.wav");
        pcm.extend(&audio_core::tape::read_wav_8k(&path).expect("a recording")[..20 * 8_000]);
    }

    // So low that the veto lowers what this detector gives a tone.
    let mut config = config(true);
    (config.start_threshold, config.continue_threshold) = (1e-4, 1e-4);
    let tone_score = config.start_threshold.min(config.continue_threshold) / 2.0;
    let mut both = SpeechDetector::new(VadKind::Kav, config).expect("valid");
    let (mut vad, mut veto) = (KavVad::new(), ToneVeto::new());
    let (mut tones, mut lowered) = (0, 0);
    for (n, frame) in pcm.as_chunks::<FRAME_SAMPLES>().0.iter().enumerate() {
        if n % 97 == 90 {
            both.reset();
            vad.reset();
            veto.reset();
        } else if n % 41 == 40 {
            both.process_lost();
            veto.reset();
        }
        let (score, is_tone) = (vad.score(frame), veto.is_tone(frame));
        let expected = if is_tone { score.min(tone_score) } else { score };
        assert_eq!(both.process(frame).score.to_bits(), expected.to_bits(), "frame {n}");
        tones += u32::from(is_tone);
        lowered += u32::from(expected < score);
    }
    assert!(tones > 300 && lowered > 300, "{tones} tones, {lowered} scores lowered");
}

#[test]
fn the_veto_is_on_unless_it_is_turned_off() {
    assert!(
        VadConfig::default().tone_veto && VadConfig::hebrew().tone_veto && VadConfig::general().tone_veto
    );
    let tone = play(ISRAEL.dial, 8_000);
    let off = detections(VadKind::Rms, config(false), &tone);
    assert!(off.iter().all(|found| found.score > 0.5));
}

/// Configurations written before the veto existed still read, and it is on.
#[cfg(all(feature = "serde", feature = "tape"))]
#[test]
fn a_configuration_without_the_field_reads() {
    let config: VadConfig = serde_json::from_str(r#"{"hangover_ms": 400}"#).expect("reads");
    assert!(config.tone_veto && config.hangover_ms == 400);
    let config: VadConfig = serde_json::from_str(r#"{"tone_veto": false}"#).expect("reads");
    assert!(!config.tone_veto);
}

#[test]
fn the_detector_with_the_veto_makes_no_call_into_the_allocator() {
    let tone = line(&play(ISRAEL.busy, 16_000), 0, 20.0);
    let mut detector = SpeechDetector::new(VadKind::default(), config(true)).expect("valid");
    let mut capped = 0;
    let ((), calls) = count_on_this_thread(|| {
        for frame in tone.chunks_exact(FRAME_SAMPLES) {
            if let Ok(frame) = frame.try_into() {
                capped += u32::from(detector.process(frame).score <= 0.25);
            }
        }
        detector.process_lost();
        detector.reset();
    });
    assert_eq!(calls, 0);
    assert!(capped > 40, "{capped}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes in: no panic, a score in [0, 1], never above the score without the veto, and
    /// after a reset the same again.
    #[test]
    fn any_samples_are_survived_and_only_lower_the_score(
        pcm in prop::collection::vec(any::<i16>(), 0..4_000),
        hz in prop::collection::vec((20f32..4_000.0, 0f32..30_000.0), 0..3),
    ) {
        // Noise alone is never a tone: sines of any kind on top of an eighth of it.
        let wave = |n: usize, &(hz, peak): &(f32, f32)| peak * (std::f32::consts::TAU * hz * n as f32 / 8e3).sin();
        let mixed = |(n, &s): (usize, &i16)| {
            (f32::from(s) / 8.0 + hz.iter().map(|part| wave(n, part)).sum::<f32>()).clamp(-32_768.0, 32_767.0)
        };
        let pcm: Vec<i16> = pcm.iter().enumerate().map(|sample| mixed(sample) as i16).collect();
        let on = detections(VadKind::Rms, config(true), &pcm);
        let off = detections(VadKind::Rms, config(false), &pcm);
        for (on, off) in on.iter().zip(&off) {
            prop_assert!((0.0..=1.0).contains(&on.score) && on.score <= off.score);
        }
        let mut detector = SpeechDetector::new(VadKind::Rms, config(true)).expect("valid");
        for round in 0..2 {
            for (frame, on) in pcm.chunks_exact(FRAME_SAMPLES).zip(&on) {
                prop_assert_eq!(detector.process(frame.try_into().expect("a frame")), *on, "round {}", round);
            }
            detector.reset();
        }
    }

    /// Any two keys' tones at any level above the floor: a tone from the third whole frame on.
    #[test]
    fn every_key_is_a_tone_from_its_third_frame_on(key in 0usize..16, level in -40f32..-8.0, shift in 0usize..160) {
        let digit = Digit::all().nth(key).expect("a key").to_string();
        let config = DtmfConfig { level: Dbfs(level), duration_ms: 200, ..DtmfConfig::default() };
        let mut pcm = vec![0i16; shift + 1_600];
        DtmfGenerator::new(&digit, config).expect("valid").fill(&mut pcm[shift..]);
        let mut veto = ToneVeto::new();
        let said: Vec<bool> =
            pcm.chunks_exact(FRAME_SAMPLES).map(|frame| veto.is_tone(frame.try_into().expect("a frame"))).collect();
        let first = shift.div_ceil(FRAME_SAMPLES);
        prop_assert!(said[first + 2..10].iter().all(|&tone| tone), "{:?}", said);
    }
}
