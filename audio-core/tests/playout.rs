//! The playout buffer: always as many samples as asked for, every one accounted for.

use audio_core::codec::ulaw;
use audio_core::frame::WireFrame;
use audio_core::jitter::playout::{PlayoutBuffer, PlayoutConfig, PlayoutStats};
use audio_core::jitter::stretch::{find_period, lengthen, shorten};
use proptest::prelude::*;

fn presets() -> [PlayoutConfig; 2] {
    [PlayoutConfig::low_delay(), PlayoutConfig::high_quality()]
}

/// Frame `n` of a ramp of codes that never repeats within a second.
fn frame(n: u32, offset: u32) -> WireFrame {
    let mut frame = WireFrame { seq: n, timestamp: (n * 160).wrapping_add(offset), ..WireFrame::SILENCE };
    for (i, code) in frame.payload.iter_mut().enumerate() {
        *code = (n as usize * 37 + i * 11 + i * i / 7) as u8;
    }
    frame
}

fn decoded(n: u32) -> Vec<i16> {
    frame(n, 0).payload.iter().map(|&code| ulaw::decode(code)).collect()
}

/// Pushes what `arrivals` says, (tick, frame), and pulls 10 ms ticks; all the output.
fn play(buffer: &mut PlayoutBuffer, arrivals: &[(u64, WireFrame)], ticks: u64) -> Vec<i16> {
    let mut played = Vec::new();
    for tick in 0..ticks {
        for (_, frame) in arrivals.iter().filter(|(at, _)| *at == tick) {
            buffer.push(frame, tick * 10_000);
        }
        let mut out = [0x55i16; 80];
        buffer.pull(tick * 10_000, &mut out);
        played.extend(out);
        check(&buffer.stats());
    }
    played
}

/// The identities of [`PlayoutStats`].
fn check(stats: &PlayoutStats) {
    let made = stats.before_start + stats.concealed + stats.played + stats.inserted_for_deceleration;
    // A stretched period may still be on its way out.
    assert!((stats.output..stats.output + 240).contains(&made), "{stats:?}");
    let ended = stats.played + stats.removed_for_acceleration + stats.discarded + stats.waiting;
    assert_eq!(stats.received, ended, "{stats:?}");
}

#[test]
fn a_steady_stream_passes_bit_by_bit() {
    for config in presets() {
        for offset in [0, u32::MAX - 5_000] {
            let mut buffer = PlayoutBuffer::new(config).expect("valid");
            let arrivals: Vec<_> = (0..500).map(|n| (u64::from(n) * 2, frame(n, offset))).collect();
            let played = play(&mut buffer, &arrivals, 1_000);
            let stats = buffer.stats();
            let start = stats.before_start as usize;
            assert!(start <= 240, "{start}");
            let sent: Vec<i16> = (0..500).flat_map(decoded).collect();
            assert!(played[start..] == sent[..played.len() - start]);
            assert_eq!(stats.concealed + stats.inserted_for_deceleration + stats.removed_for_acceleration, 0);
            assert!(
                (buffer.delay_ms() - config.start_delay_ms as f32).abs() <= 10.0,
                "{}",
                buffer.delay_ms()
            );
        }
    }
}

#[test]
fn a_lost_frame_is_concealed_for_its_time_only() {
    for config in presets() {
        let mut buffer = PlayoutBuffer::new(config).expect("valid");
        let arrivals: Vec<_> =
            (0..500).filter(|n| *n != 300).map(|n| (u64::from(n) * 2, frame(n, 0))).collect();
        play(&mut buffer, &arrivals, 1_000);
        let stats = buffer.stats();
        assert!(stats.concealed + stats.skipped == 160, "{stats:?}");
        assert_eq!(stats.concealment_events, 1);
    }
}

#[test]
fn duplicates_and_swapped_frames_change_nothing() {
    let mut config = PlayoutConfig::high_quality();
    config.start_delay_ms = 60;
    config.min_delay_ms = 60;
    let mut buffer = PlayoutBuffer::new(config).expect("valid");
    // Every fourth frame comes two frames late, every fifth twice.
    let mut arrivals = Vec::new();
    for n in 0..400u32 {
        arrivals.push((u64::from(n) * 2 + if n % 4 == 3 { 4 } else { 0 }, frame(n, 0)));
        if n % 5 == 0 {
            arrivals.push((u64::from(n) * 2 + 3, frame(n, 0)));
        }
    }
    let played = play(&mut buffer, &arrivals, 800);
    let start = buffer.stats().before_start as usize;
    let sent: Vec<i16> = (0..400).flat_map(decoded).collect();
    assert!(played[start..] == sent[..played.len() - start]);
    assert_eq!(buffer.stats().duplicate_frames, 80);
}

#[test]
fn a_stall_is_played_late_and_made_up_for() {
    for config in presets() {
        let mut buffer = PlayoutBuffer::new(config).expect("valid");
        // Frames 200 to 219 come together with 220.
        let at = |n: u32| u64::from(if (200..220).contains(&n) { 220 } else { n }) * 2;
        let arrivals: Vec<_> =
            (0..1_500).map(|n| (at(n), WireFrame { payload: [0xff; 160], ..frame(n, 0) })).collect();
        play(&mut buffer, &arrivals, 480);
        assert!(buffer.delay_ms() > 150.0, "{}", buffer.delay_ms());
        assert_eq!(buffer.stats().discarded, 0);
        play(&mut PlayoutBuffer::new(config).expect("valid"), &arrivals, 480);
        let mut again = PlayoutBuffer::new(config).expect("valid");
        play(&mut again, &arrivals, 2_500);
        assert!(again.delay_ms() < again.target_ms() + 20.0, "{}", again.delay_ms());
        assert!(again.stats().removed_for_acceleration > 1_000);
    }
}

#[test]
fn a_stream_that_begins_again_is_followed() {
    let mut buffer = PlayoutBuffer::new(PlayoutConfig::default()).expect("valid");
    let mut arrivals: Vec<_> = (0..100).map(|n| (u64::from(n) * 2, frame(n, 0))).collect();
    arrivals.extend((0..100).map(|n| (200 + u64::from(n) * 2, frame(n, 0x7000_0000))));
    let played = play(&mut buffer, &arrivals, 400);
    assert_eq!(buffer.stats().resyncs, 1);
    let tail: Vec<i16> = (50..90).flat_map(decoded).collect();
    assert!(played.windows(tail.len()).any(|window| window == tail));
}

#[test]
fn reset_is_a_new_beginning() {
    let arrivals: Vec<_> =
        (0..200).filter(|n| n % 9 != 4).map(|n| (u64::from(n) * 2 + u64::from(n % 5), frame(n, 7))).collect();
    let mut buffer = PlayoutBuffer::new(PlayoutConfig::default()).expect("valid");
    let first = play(&mut buffer, &arrivals, 450);
    buffer.reset();
    assert_eq!(buffer.stats(), PlayoutStats::default());
    assert!(play(&mut buffer, &arrivals, 450) == first);
}

#[test]
fn settings_out_of_range_are_named() {
    let mut config = PlayoutConfig::low_delay();
    config.min_delay_ms = config.max_delay_ms + 1;
    let error = PlayoutBuffer::new(config).expect_err("out of range").to_string();
    assert!(error.contains("playout.min_delay_ms"), "{error}");
}

#[test]
fn a_stretched_tone_stays_a_tone() {
    for hz in [200.0, 440.0] {
        let tone: Vec<i16> = (0..4_000)
            .map(|n| (10_000.0 * (std::f64::consts::TAU * hz * f64::from(n) / 8_000.0).sin()) as i16)
            .collect();
        let steepest = tone.windows(2).map(|w| (w[1] - w[0]).abs()).max().expect("samples");
        for faster in [true, false] {
            let (mut out, mut at) = (Vec::new(), 0);
            while at + 240 <= tone.len() {
                let pcm = &tone[at..at + 240];
                let period = find_period(pcm).expect("a tone").samples;
                let mut piece = [0; 240];
                let n =
                    if faster { shorten(pcm, period, &mut piece) } else { lengthen(pcm, period, &mut piece) };
                out.extend(&piece[..n]);
                at += if faster { 2 * period } else { period };
            }
            let step = out.windows(2).map(|w: &[i16]| (w[1] - w[0]).abs()).max().expect("samples");
            assert!(step <= steepest + steepest / 20, "{hz} Hz: a step of {step}, {steepest} before");
            assert!(tone_to_rest(&out, hz) > 25.0, "{hz} Hz: {:.1} dB", tone_to_rest(&out, hz));
        }
    }
}

/// Power of the sine of this frequency over all the rest, in dB; 80 ms at a time.
fn tone_to_rest(pcm: &[i16], hz: f64) -> f64 {
    let (mut tone, mut all) = (0.0, 0.0);
    for block in pcm.chunks_exact(200) {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, &sample) in block.iter().enumerate() {
            let phase = std::f64::consts::TAU * hz * n as f64 / 8_000.0;
            re += f64::from(sample) * phase.cos();
            im += f64::from(sample) * phase.sin();
            all += f64::from(sample).powi(2);
        }
        tone += (re * re + im * im) * 2.0 / block.len() as f64;
    }
    10.0 * (tone / (all - tone).max(1e-9)).log10()
}

proptest! {
    #[test]
    fn anything_may_be_pushed(
        high in any::<bool>(),
        steps in prop::collection::vec((any::<u8>(), any::<u32>(), any::<u64>(), 0usize..1_000), 1..400),
        quiet in any::<bool>(),
    ) {
        let mut buffer = PlayoutBuffer::new(presets()[usize::from(high)]).expect("valid");
        let (mut now, mut timestamp) = (0u64, 0u32);
        for (kind, number, wild, len) in steps {
            now = match kind % 32 { 0 => wild, 1 => now.saturating_sub(wild >> 30), _ => now.saturating_add(wild % 30_000) };
            timestamp = match kind % 16 {
                0 => number,
                1 => timestamp.wrapping_sub(number % 2_000),
                2 => timestamp.wrapping_add(number % 50_000),
                _ => timestamp.wrapping_add(160),
            };
            let size = if kind % 8 == 0 { number as u16 } else { 160 };
            buffer.push(&WireFrame { seq: number, timestamp, len: size, ..frame(number % 1_000, 0) }, now);
            // Or bursts that fill the buffer.
            if !quiet || number.is_multiple_of(64) {
                let mut out = vec![0; len];
                buffer.pull(now, &mut out);
            }
            check(&buffer.stats());
            prop_assert!(buffer.delay_ms().is_finite() && buffer.target_ms() <= 2_000.0);
        }
    }
}

/// What is discarded from a full buffer stays discarded, whatever else comes before it starts.
#[test]
fn a_full_buffer_keeps_its_books_and_its_frames() {
    let mut buffer = PlayoutBuffer::new(PlayoutConfig::default()).expect("valid");
    let mut push = |timestamp: u32, len: u16| {
        buffer.push(&WireFrame { timestamp, len, ..WireFrame::SILENCE }, 0);
        let stats = buffer.stats();
        check(&stats);
        stats
    };
    for n in 0..200 {
        push(10_000 + 50 * n, 160);
    }
    assert_eq!(push(10_000 + 50 * 199, 160).discarded, 0, "a duplicate needs no room");
    push(20_000, 160);
    assert!(push(10_020, 10).discarded > 0);
}
