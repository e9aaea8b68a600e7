//! DTMF against the receiver limits of ITU-T Q.24 and against speech.

use audio_core::codec::{alaw, ulaw};
use audio_core::dtmf::{COLUMN_HZ, Digit, DtmfConfig, DtmfDetector, DtmfEvent, DtmfGenerator, ROW_HZ};
use audio_core::frame::{Dbfs, SampleTime};
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};
use proptest::prelude::*;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// One signal: what Q.24 varies.
#[derive(Clone, Copy)]
struct Signal {
    digit: Digit,
    /// Relative frequency error and additional Hz, of the row and of the column.
    error: [(f32, f32); 2],
    /// RMS of the stronger tone.
    level: f32,
    /// Column over row.
    twist_db: f32,
    samples: usize,
}

impl Signal {
    fn of(digit: Digit) -> Self {
        Self { digit, error: [(0.0, 0.0); 2], level: -16.0, twist_db: 0.0, samples: 400 }
    }

    fn at(self, n: usize, phase: f64) -> f32 {
        let [row, column] = [-self.twist_db.max(0.0), self.twist_db.min(0.0)];
        [(self.digit.row_hz(), row), (self.digit.column_hz(), column)]
            .iter()
            .zip(self.error)
            .map(|(&(hz, db), (relative, absolute))| {
                let hz = f64::from(hz * (1.0 + relative) + absolute);
                let turn = std::f64::consts::TAU * hz * n as f64 / 8_000.0;
                Dbfs(self.level + db).to_rms() * 2f32.sqrt() * (turn + phase * hz).sin() as f32
            })
            .sum()
    }

    /// Mean square of both tones.
    fn power(self) -> f32 {
        Dbfs(self.level).to_rms().powi(2) * (1.0 + 10f32.powf(-self.twist_db.abs() / 10.0))
    }
}

/// White Gaussian noise of RMS 1.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 40) as f32 + 0.5) / (1u32 << 24) as f32
    }

    fn next(&mut self) -> f32 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f32::consts::TAU * self.uniform()).cos()
    }
}

/// Pause, signal, pause, with noise `snr_db` below the signal if any. An odd pause moves the
/// signal over the detector's 2.5 ms grid.
fn line(signal: Signal, pause: usize, snr_db: Option<f32>, seed: u64) -> Vec<i16> {
    let mut noise = Noise(seed);
    let rms = snr_db.map_or(0.0, |db| (signal.power() / 10f32.powf(db / 10.0)).sqrt());
    (0..pause + signal.samples + 480)
        .map(|n| {
            let tone = if (pause..pause + signal.samples).contains(&n) {
                signal.at(n - pause, (seed % 1_000) as f64)
            } else {
                0.0
            };
            (tone + rms * noise.next()).round().clamp(-32_768.0, 32_767.0) as i16
        })
        .collect()
}

fn events(pcm: &[i16]) -> Vec<DtmfEvent> {
    let mut found = Vec::new();
    let mut detector = DtmfDetector::new();
    detector.process(pcm, |event| found.push(event));
    detector.flush(|event| found.push(event));
    found
}

fn text(events: &[DtmfEvent]) -> String {
    events.iter().map(|event| event.digit.as_char()).collect()
}

/// How many of the sixteen digits, at eight places on the grid, are heard as themselves alone.
fn heard(snr_db: Option<f32>, change: impl Fn(Signal) -> Signal) -> (usize, usize) {
    let cases = || Digit::all().flat_map(|digit| (0..8).map(move |shift| (digit, shift)));
    let heard = cases().filter(|&(digit, shift)| {
        let pcm = line(change(Signal::of(digit)), 240 + 7 * shift, snr_db, shift as u64 + 1);
        text(&events(&pcm)) == digit.to_string()
    });
    (heard.count(), cases().count())
}

#[track_caller]
fn all(what: &str, snr_db: Option<f32>, change: impl Fn(Signal) -> Signal) {
    let (heard, of) = heard(snr_db, change);
    assert_eq!(heard, of, "{what}");
}

#[track_caller]
fn none(what: &str, change: impl Fn(Signal) -> Signal) {
    assert_eq!(heard(None, change).0, 0, "{what}");
}

#[test]
fn the_keypad_is_that_of_q_23() {
    assert_eq!(Digit::all().map(Digit::as_char).collect::<String>(), "123A456B789C*0#D");
    let eight = Digit::from_char('8').expect("a key");
    assert_eq!((eight.row_hz(), eight.column_hz()), (852.0, 1_336.0));
    assert!(Digit::all().all(|digit| Digit::from_char(digit.as_char()) == Some(digit)));
    assert_eq!((Digit::from_char('a'), Digit::from_char('E')), (Digit::from_char('A'), None));
    assert_eq!((ROW_HZ.len(), COLUMN_HZ.len()), (4, 4));
}

#[test]
fn frequencies_within_1_5_percent_and_2_hz_are_taken_and_beyond_3_5_percent_refused() {
    for snr in [None, Some(20.0), Some(15.0)] {
        for (row, column) in [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0), (0.0, 1.0), (-1.0, 0.0)] {
            let error = [(0.015 * row, 2.0 * row), (0.015 * column, 2.0 * column)];
            all(&format!("{error:?} at {snr:?} dB"), snr, |signal| Signal { error, ..signal });
        }
    }
    for percent in [-8.0, -6.0, -5.0, -4.0, -3.5, 3.5, 4.0, 5.0, 6.0, 8.0] {
        let off = (percent / 100.0, 0.0);
        none(&format!("row {percent} %"), |signal| Signal { error: [off, (0.0, 0.0)], ..signal });
        none(&format!("column {percent} %"), |signal| Signal { error: [(0.0, 0.0), off], ..signal });
        none(&format!("both {percent} %"), |signal| Signal { error: [off; 2], ..signal });
    }
}

#[test]
fn twist_of_8_db_is_taken_both_ways_and_11_db_refused() {
    for twist in -8..=8 {
        let twist_db = twist as f32;
        all(&format!("{twist} dB"), None, |signal| Signal { twist_db, ..signal });
        all(&format!("{twist} dB in noise"), Some(15.0), |signal| Signal { twist_db, ..signal });
    }
    for twist_db in [-15.0, -11.0, 11.0, 15.0] {
        none(&format!("{twist_db} dB"), |signal| Signal { twist_db, ..signal });
    }
}

#[test]
fn levels_from_minus_40_to_minus_6_dbfs_are_taken_and_minus_48_refused() {
    // Two tones of −9.1 dBFS each are the loudest that do not clip.
    for level in [-40.0, -35.0, -30.0, -25.0, -20.0, -15.0, -9.1] {
        all(&format!("{level} dBFS"), None, |signal| Signal { level, ..signal });
        all(&format!("{level} dBFS in noise"), Some(20.0), |signal| Signal { level, ..signal });
    }
    all("-6 dBFS, clipping", None, |signal| Signal { level: -6.0, ..signal });
    none("-48 dBFS", |signal| Signal { level: -48.0, ..signal });
}

#[test]
fn forty_milliseconds_are_a_digit_and_twenty_five_are_not() {
    for snr in [None, Some(20.0), Some(15.0)] {
        for ms in [40, 45, 50, 70, 200, 1_000] {
            all(&format!("{ms} ms at {snr:?} dB"), snr, |signal| Signal { samples: ms * 8, ..signal });
        }
    }
    for ms in [5, 10, 15, 20, 23, 24, 25] {
        none(&format!("{ms} ms"), |signal| Signal { samples: ms * 8, ..signal });
    }
}

#[test]
fn a_pause_of_40_ms_parts_two_digits_and_a_break_of_10_ms_does_not() {
    for digit in Digit::all() {
        let signal = Signal { samples: 320, ..Signal::of(digit) };
        let twice = |pause: usize| {
            let mut pcm = line(signal, 80, None, 1);
            pcm.truncate(80 + 320 + pause);
            pcm.extend(line(signal, 0, None, 1));
            text(&events(&pcm))
        };
        assert_eq!(twice(320), format!("{digit}{digit}"), "40 ms");
        assert_eq!(twice(80), digit.to_string(), "10 ms");
    }
}

/// A codec, there and back.
type Codec = fn(i16) -> i16;

#[test]
fn none_of_a_thousand_digits_is_missed_at_the_limits_in_noise_and_g_711() {
    let codecs: [(&str, Codec); 2] =
        [("µ-law", |s| ulaw::decode(ulaw::encode(s))), ("A-law", |s| alaw::decode(alaw::encode(s)))];
    for (name, codec) in codecs {
        assert_eq!(missed_of_a_thousand(codec), 0, "{name}");
    }
}

fn missed_of_a_thousand(codec: Codec) -> usize {
    let mut dice = Noise(9);
    let mut missed = 0;
    for n in 0..1_000u64 {
        let digit = Digit::all().nth(n as usize % 16).expect("sixteen keys");
        let mut error = || (0.03 * dice.uniform() - 0.015, 0.0);
        let error = [error(), error()];
        let twist_db = 12.0 * dice.uniform() - 8.0;
        let samples = 320 + (160.0 * dice.uniform()) as usize;
        let level = -30.0 + 18.0 * dice.uniform();
        let signal = Signal { digit, error, level, twist_db, samples };
        let pcm = line(signal, 300 + n as usize % 20, Some(15.0), n);
        let pcm: Vec<i16> = pcm.iter().map(|&s| codec(s)).collect();
        missed += usize::from(text(&events(&pcm)) != digit.to_string());
    }
    missed
}

#[test]
fn breaks_of_up_to_10_ms_anywhere_in_a_digit_leave_one_digit() {
    for digit in Digit::all() {
        for (ms, at) in [(2, 240), (5, 240), (5, 400), (10, 240), (10, 320), (10, 480)] {
            let mut pcm = line(Signal { samples: 800, ..Signal::of(digit) }, 100, Some(20.0), 3);
            pcm[100 + at..100 + at + 8 * ms].fill(0);
            assert_eq!(text(&events(&pcm)), digit.to_string(), "{ms} ms at {at}");
        }
    }
}

/// Both countries' dial tones, `below_db` under the digit's stronger tone.
fn with_dial_tone(below_db: f32) -> (usize, usize) {
    let mut heard = (0, 0);
    for tones in [&[350.0f32, 440.0][..], &[400.0]] {
        for digit in Digit::all() {
            let signal = Signal { samples: 800, ..Signal::of(digit) };
            let peak = Dbfs(signal.level - below_db).to_rms() * (2.0 / tones.len() as f32).sqrt();
            let dial = |n: usize| {
                let wave = |hz: &f32| (std::f32::consts::TAU * hz * n as f32 / 8_000.0).sin();
                peak * tones.iter().map(wave).sum::<f32>()
            };
            let pcm = line(signal, 800, None, 1);
            let pcm: Vec<i16> =
                pcm.iter().enumerate().map(|(n, &s)| (f32::from(s) + dial(n)) as i16).collect();
            let found = text(&events(&pcm));
            assert!(found.is_empty() || found == digit.to_string(), "{digit} is {found}");
            heard.0 += usize::from(!found.is_empty());
            heard.1 += 1;
        }
    }
    heard
}

#[test]
fn over_a_dial_tone_digits_are_heard_down_to_9_db_and_never_mistaken() {
    for below_db in [9.0, 12.0, 15.0, 20.0] {
        let (heard, of) = with_dial_tone(below_db);
        assert_eq!(heard, of, "{below_db} dB below");
    }
    for below_db in [6.0, 0.0, -6.0] {
        assert_eq!(with_dial_tone(below_db).0, 0, "{below_db} dB below");
    }
}

/// A tone with partials, as an instrument plays it.
fn note(hz: f32, partials: &[f32], n: usize) -> f32 {
    let turn = std::f32::consts::TAU * hz * n as f32 / 8_000.0;
    partials.iter().zip(1..).map(|(peak, k)| peak * (turn * k as f32).sin()).sum()
}

#[test]
fn no_digit_is_heard_in_chords() {
    // Every two notes of the equal-tempered scale from 220 to 1,661 Hz, 150 ms each.
    let scale: Vec<f32> = (0..36).map(|n| 220.0 * (n as f32 / 12.0).exp2()).collect();
    for partials in [&[1.0, 0.5, 0.3, 0.2][..], &[1.0, 0.4], &[0.6, 1.0, 0.5]] {
        let mut pcm = Vec::new();
        for (i, &low) in scale.iter().enumerate() {
            for &high in &scale[i + 1..] {
                let sample = |n: usize| 4_000.0 * (note(low, partials, n) + note(high, partials, n));
                pcm.extend((0..1_200).map(|n| sample(n) as i16));
            }
        }
        assert_eq!(text(&events(&pcm)), "", "{partials:?}");
    }
}

#[test]
fn few_digits_are_heard_in_sung_vowels_whose_formants_lie_on_the_keys() {
    let mut heard = String::new();
    for digit in Digit::all() {
        // The pitch glides from 90 to 450 Hz within four seconds, then holds on every semitone.
        let steady = (0..28).flat_map(|n| vec![90.0 * (n as f32 / 12.0).exp2(); 1_200]);
        let pitches: Vec<f32> =
            (0..32_000).map(|n| 90.0 + n as f32 / 32_000.0 * 360.0).chain(steady).collect();
        let formants = [digit.row_hz(), digit.column_hz()];
        let (mut phase, mut state) = (0.0f32, [[0.0f32; 2]; 2]);
        let pcm: Vec<i16> = pitches
            .iter()
            .map(|pitch| {
                phase += pitch / 8_000.0;
                let pulse = if phase >= 1.0 { 1_000.0 } else { 0.0 };
                phase = phase.fract();
                let mut out = pulse;
                for (memory, hz) in state.iter_mut().zip(formants) {
                    // Bandwidth 80 Hz, one resonance behind the other, as a throat has them.
                    let radius = (-std::f32::consts::PI * 80.0 / 8_000.0).exp();
                    let turn = std::f32::consts::TAU * hz / 8_000.0;
                    out += 2.0 * radius * turn.cos() * memory[0] - radius * radius * memory[1];
                    *memory = [out, memory[0]];
                }
                out.clamp(-32_768.0, 32_767.0) as i16
            })
            .collect();
        heard += &text(&events(&pcm));
    }
    // Two minutes of the worst there is: no noise, no breath, a pitch that stands still. What is
    // left are notes with two partials within the tolerance of a key and all others weak.
    assert!(heard.len() <= 4, "{heard}");
}

#[test]
fn two_partials_of_one_voice_are_no_digit_though_both_fit_a_key() {
    // A cock's crow at 0.95 and 1.05 times its speed: 680 and 1,360 Hz, 752 and 1,503 Hz.
    for hz in [676.0f32, 680.0, 684.0, 750.0, 752.0, 754.0, 831.0, 836.0] {
        let sample = |n: usize| 5_000.0 * note(hz, &[1.0, 0.8], n);
        let pcm: Vec<i16> = (0..2_400).map(|n| sample(n) as i16).collect();
        assert_eq!(text(&events(&pcm)), "", "{hz} Hz");
    }
}

#[test]
fn tones_with_strong_partials_are_no_keys() {
    for digit in Digit::all() {
        let sample = |partials: &[f32], n: usize| {
            5_000.0 * (note(digit.row_hz(), partials, n) + note(digit.column_hz(), partials, n))
        };
        let heard = |partials: &[f32]| {
            let pcm: Vec<i16> = (0..1_600).map(|n| sample(partials, n) as i16).collect();
            text(&events(&pcm))
        };
        assert_eq!(heard(&[1.0, 0.5]), "", "second partials 6 dB down");
        assert_eq!(heard(&[1.0, 0.0, 0.5]), "", "third partials 6 dB down");
        assert_eq!(heard(&[1.0, 0.1]), digit.to_string(), "20 dB down, as ETSI ES 201 235-2 allows a sender");
    }
}

#[test]
fn start_and_end_are_right_to_5_ms_and_the_held_key_is_known_early() {
    for shift in 0..20 {
        let signal = Signal { samples: 800, ..Signal::of(Digit::from_char('5').expect("a key")) };
        let pcm = line(signal, 800 + shift, None, 3);
        let found = events(&pcm);
        assert_eq!(found.len(), 1);
        let (start, end) = (SampleTime(800 + shift as u64), SampleTime(1_600 + shift as u64));
        assert!(found[0].start.0.abs_diff(start.0) <= 40, "start {:?} of {start:?}", found[0].start);
        assert!(found[0].end.0.abs_diff(end.0) <= 40, "end {:?} of {end:?}", found[0].end);
        let mut detector = DtmfDetector::new();
        detector.process(&pcm[..800 + shift + 360], |_| {});
        assert_eq!(detector.current(), Digit::from_char('5'), "after 45 ms");
    }
}

#[test]
fn the_generator_makes_what_was_asked_for() {
    let config = DtmfConfig { level: Dbfs(-20.0), twist_db: 3.0, duration_ms: 50, pause_ms: 40 };
    let mut pcm = vec![0i16; 20_000];
    let mut generator = DtmfGenerator::new("0123456789*#abcd", config).expect("valid");
    assert_eq!(generator.fill(&mut pcm), 16 * 720);
    assert!((Dbfs::of(&pcm[..400]).0 + 20.0).abs() < 0.3);
    assert_eq!(Dbfs::of(&pcm[400..720]), Dbfs::SILENCE);
    assert_eq!(text(&events(&pcm)), "0123456789*#ABCD");
    assert_eq!(generator.fill(&mut pcm), 0);
    generator.reset();
    assert_eq!(generator.fill(&mut pcm[..100]), 100);
    let error = |digits, config| DtmfGenerator::new(digits, config).expect_err("invalid").to_string();
    assert!(error("1x", config).contains("\"x\""));
    assert!(error("1", DtmfConfig { level: Dbfs(-2.0), ..config }).contains("dtmf.level"));
    assert!(error("1", DtmfConfig { twist_db: f32::NAN, ..config }).contains("dtmf.twist_db"));
    assert!(error("1", DtmfConfig { duration_ms: 0, ..config }).contains("dtmf.duration_ms"));
}

#[test]
fn noise_single_tones_and_silence_are_no_digits() {
    let mut noise = Noise(4);
    let white: Vec<i16> = (0..480_000).map(|_| (2_000.0 * noise.next()) as i16).collect();
    assert_eq!(text(&events(&white)), "");
    for hz in ROW_HZ.iter().chain(&COLUMN_HZ) {
        let tone = |n: usize| 8_000.0 * (std::f32::consts::TAU * hz * n as f32 / 8_000.0).sin();
        let pcm: Vec<i16> = (0..8_000).map(|n| tone(n) as i16).collect();
        assert_eq!(text(&events(&pcm)), "", "{hz} Hz");
    }
    assert_eq!(text(&events(&[0; 8_000])), "");
}

#[cfg(feature = "tape")]
#[test]
fn no_digit_is_heard_in_the_speech_of_the_fixtures() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut folders = vec![root];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("fixtures").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "wav") {
                let pcm = audio_core::tape::read_wav_8k(&path).expect("a recording");
                assert_eq!(text(&events(&pcm)), "", "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files > 50, "only {files} recordings");
}

#[test]
fn detecting_and_generating_make_no_call_into_the_allocator() {
    let mut generator = DtmfGenerator::new("0123456789", DtmfConfig::default()).expect("valid");
    let mut detector = DtmfDetector::new();
    let (mut chunk, mut digits) = ([0i16; 333], 0);
    let ((), calls) = count_on_this_thread(|| {
        for _ in 0..3 {
            generator.reset();
            while generator.fill(&mut chunk) > 0 {
                detector.process(&chunk, |_| digits += 1);
            }
            detector.flush(|_| digits += 1);
            detector.reset();
        }
    });
    assert_eq!(calls, 0);
    assert!(digits >= 30, "{digits}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn chunk_lengths_change_nothing(seed in any::<u64>(), chunks in prop::collection::vec(1usize..700, 1..40)) {
        let mut pcm = Vec::new();
        for (n, key) in "19*D".chars().enumerate() {
            let digit = Digit::from_char(key).expect("a key");
            pcm.extend(line(Signal::of(digit), 311, Some(15.0), seed ^ n as u64));
        }
        let whole = events(&pcm);
        let (mut ints, mut floats) = (Vec::new(), Vec::new());
        let (mut by_int, mut by_float) = (DtmfDetector::new(), DtmfDetector::new());
        let mut rest = &pcm[..];
        for &length in chunks.iter().cycle() {
            if rest.is_empty() { break }
            let (chunk, tail) = rest.split_at(length.min(rest.len()));
            let float: Vec<f32> = chunk.iter().map(|&s| f32::from(s) / 32_768.0).collect();
            by_int.process(chunk, |event| ints.push(event));
            by_float.process_f32(&float, |event| floats.push(event));
            rest = tail;
        }
        by_int.flush(|event| ints.push(event));
        by_float.flush(|event| floats.push(event));
        prop_assert_eq!(text(&whole), "19*D");
        prop_assert_eq!(&ints, &whole);
        prop_assert_eq!(&floats, &whole);
    }

    #[test]
    fn any_samples_are_survived(
        floats in prop::collection::vec(any::<f32>(), 0..2_000),
        ints in prop::collection::vec(any::<i16>(), 0..2_000),
    ) {
        let mut detector = DtmfDetector::new();
        detector.process_f32(&floats, |event| assert!(event.start < event.end));
        detector.process(&ints, |event| assert!(event.start < event.end));
        detector.flush(|event| assert!(event.start < event.end));
        prop_assert!(detector.current().is_none(), "flushed");
    }

    #[test]
    fn a_reset_makes_the_detector_new(seed in any::<u64>(), before in prop::collection::vec(any::<i16>(), 0..1_000), held in 0usize..900) {
        let pcm = line(Signal { samples: 800, ..Signal::of(Digit::all().nth((seed % 16) as usize).expect("a key")) }, 311, Some(15.0), seed);
        let mut detector = DtmfDetector::new();
        detector.process(&before, |_| {});
        detector.process(&pcm[..held], |_| {});
        detector.reset();
        prop_assert!(detector.current().is_none());
        let mut again = Vec::new();
        detector.process(&pcm, |event| again.push(event));
        detector.flush(|event| again.push(event));
        prop_assert_eq!(again, events(&pcm));
    }

    /// Whatever is generated within the receiver's limits is heard, in whatever pieces it comes.
    #[test]
    fn what_is_generated_is_heard(
        keys in "[0-9*#A-D]{1,12}",
        level in -34f32..-10.0,
        twist_db in -4f32..4.0,
        duration_ms in 40u32..300,
        pause_ms in 40u32..300,
        piece in 1usize..2_000,
    ) {
        let config = DtmfConfig { level: Dbfs(level), twist_db, duration_ms, pause_ms };
        let mut generator = DtmfGenerator::new(&keys, config).expect("valid");
        let mut detector = DtmfDetector::new();
        let (mut chunk, mut heard) = (vec![0i16; piece], String::new());
        loop {
            let n = generator.fill(&mut chunk);
            detector.process(&chunk[..n], |event| heard.push(event.digit.as_char()));
            if n < piece { break }
        }
        detector.flush(|event| heard.push(event.digit.as_char()));
        prop_assert_eq!(heard, keys);
    }

    /// An error or samples, never a panic.
    #[test]
    fn any_configuration_is_played_or_refused(
        keys in any::<String>(),
        key in any::<char>(),
        level in any::<f32>(),
        twist_db in any::<f32>(),
        duration_ms in any::<u32>(),
        pause_ms in any::<u32>(),
    ) {
        let config = DtmfConfig { level: Dbfs(level), twist_db, duration_ms, pause_ms };
        let mut pcm = [0i16; 400];
        for config in [config, DtmfConfig { duration_ms, ..DtmfConfig::default() }, DtmfConfig::default()] {
            for keys in [keys.as_str(), "0#"] {
                if let Ok(mut generator) = DtmfGenerator::new(keys, config) {
                    prop_assert!(generator.fill(&mut pcm) <= 400);
                }
            }
        }
        prop_assert_eq!(Digit::from_char(key).is_some(), "0123456789*#ABCDabcd".contains(key));
    }
}
