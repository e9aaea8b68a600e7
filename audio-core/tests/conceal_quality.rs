//! Loss concealment on the fixtures' speech: 5 % of 10 ms frames lost, five seeds.

mod conceal_common;

use audio_core::jitter::conceal::Concealer;
use conceal_common::{callers, gap};

const FRAME: usize = 80;

fn losses(frames: usize, seed: u64) -> Vec<bool> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut lost = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % 100 < 5
    };
    (0..frames).map(|n| lost() && n >= 10).collect()
}

/// Plays a recording with losses; `next` as a playout buffer would know it.
fn play(clean: &[i16], lost: &[bool], with_next: bool) -> Vec<i16> {
    let mut concealer = Concealer::new();
    let mut played = Vec::with_capacity(clean.len());
    for (n, pcm) in clean.chunks_exact(FRAME).enumerate() {
        if lost[n] {
            let next = clean.get((n + 1) * FRAME..(n + 2) * FRAME);
            let next = next.filter(|_| with_next && lost.get(n + 1) == Some(&false));
            played.extend(gap(&mut concealer, FRAME, next));
        } else {
            let mut pcm = pcm.to_vec();
            concealer.good(&mut pcm);
            played.extend(pcm);
        }
    }
    played
}

/// The same with the last sample held: a zero-order splice.
fn hold(clean: &[i16], lost: &[bool]) -> Vec<i16> {
    let mut played: Vec<i16> = Vec::with_capacity(clean.len());
    for (n, pcm) in clean.chunks_exact(FRAME).enumerate() {
        let last = played.last().copied().unwrap_or(0);
        played.extend(pcm.iter().map(|&sample| if lost[n] { last } else { sample }));
    }
    played
}

/// Pooled SNR of the lost frames, dB; and the energy of the second differences that straddle a join
/// against the clean signal's, dB.
fn measure(mut play: impl FnMut(&[i16], &[bool]) -> Vec<i16>) -> (f64, f64) {
    let bend =
        |x: &[i16], i: usize| (f64::from(x[i - 1]) - 2.0 * f64::from(x[i]) + f64::from(x[i + 1])).powi(2);
    let (mut signal, mut error, mut joins, mut clean_joins) = (0.0, 0.0, 0.0, 0.0);
    for clean in callers() {
        for seed in 1..=5 {
            let lost = losses(clean.len() / FRAME, seed);
            let played = play(&clean, &lost);
            for n in 1..lost.len() {
                let start = n * FRAME;
                if lost[n] != lost[n - 1] {
                    for i in [start - 1, start] {
                        joins += bend(&played, i);
                        clean_joins += bend(&clean, i);
                    }
                }
                if lost[n] {
                    for (&clean, &played) in clean[start..start + FRAME].iter().zip(&played[start..]) {
                        signal += f64::from(clean).powi(2);
                        error += (f64::from(clean) - f64::from(played)).powi(2);
                    }
                }
            }
        }
    }
    (10.0 * f64::log10(signal / error), 10.0 * f64::log10(joins / clean_joins))
}

/// The bars lie a little below what the example `conceal` prints for these files.
#[test]
fn lost_frames_come_close_to_the_speech() {
    let (alone, _) = measure(|clean, lost| play(clean, lost, false));
    let (joined, _) = measure(|clean, lost| play(clean, lost, true));
    assert!(alone > 1.2, "{alone:.2} dB");
    assert!(joined > 2.2, "{joined:.2} dB");
}

/// A join bends the signal no more than speech bends itself; holding the last sample does.
#[test]
fn joins_do_not_click() {
    let (_, alone) = measure(|clean, lost| play(clean, lost, false));
    let (_, joined) = measure(|clean, lost| play(clean, lost, true));
    let (_, held) = measure(hold);
    assert!(alone < 0.5 && joined < 0.5, "{alone:.1} and {joined:.1} dB");
    assert!(held > 0.5, "a splice passes the bar: {held:.1} dB");
}
