//! The Kav model as it is shipped: its weights against the network that was trained, its bits, its
//! size, and what it must not depend on. (`tests/alloc_free.rs` shows that it does not allocate.)
#![cfg(feature = "tape")]

use std::path::Path;

use audio_core::frame::{FRAME_SAMPLES, PcmFrame};
use audio_core::tape::read_wav_8k;
use audio_core::vad::{KavVad, Vad};

/// The caller of a synthetic call: short answers, pauses, sentences.
fn caller() -> Vec<PcmFrame> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls/booking/caller.wav");
    read_wav_8k(&path).expect("a fixture").as_chunks::<FRAME_SAMPLES>().0.to_vec()
}

fn scores(vad: &mut KavVad, frames: &[PcmFrame]) -> Vec<f32> {
    frames.iter().map(|frame| vad.score(frame)).collect()
}

fn scaled(frames: &[PcmFrame], gain: f32) -> Vec<PcmFrame> {
    frames.iter().map(|frame| frame.map(|s| (f32::from(s) * gain).round() as i16)).collect()
}

/// `vad-training/model/golden.py` wrote them: the same network in floating point, in Python.
#[test]
fn the_shipped_weights_give_the_golden_probabilities() {
    let found = scores(&mut KavVad::new(), &caller());
    let (mut rows, mut furthest) = (0, 0.0f32);
    for row in include_str!("golden/kav_vad.csv").lines().skip(1) {
        let (frame, expected) = row.split_once(',').expect("frame,probability");
        let (frame, expected): (usize, f32) =
            (frame.parse().expect("number"), expected.parse().expect("number"));
        furthest = furthest.max((found[frame] - expected).abs());
        assert!(
            (found[frame] - expected).abs() < 0.02,
            "frame {frame}: {}, trained {expected}",
            found[frame]
        );
        rows += 1;
    }
    assert!(rows > 400, "{rows} rows");
    println!("{rows} probabilities, furthest apart {furthest}");
}

/// Whole numbers and single additions and multiplications in a fixed order: the bits are the same
/// on every machine. A change of a weight, of a feature or of the compiler's arithmetic shows here.
#[test]
fn the_bits_are_the_same_everywhere() {
    let hash = scores(&mut KavVad::new(), &caller()).iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, score| {
        (hash ^ u64::from(score.to_bits())).wrapping_mul(0x100_0000_01b3)
    });
    assert_eq!(format!("{hash:016x}"), include_str!("golden/kav_vad.fnv").trim());
}

/// A-AUD-002: on a call in Hebrew, short answers among it.
#[test]
fn speech_scores_high_and_pauses_low() {
    let found = scores(&mut KavVad::new(), &caller());
    let loud = found.iter().filter(|&&p| p > 0.9).count();
    let quiet = found.iter().filter(|&&p| p < 0.1).count();
    assert!(loud * 10 > found.len(), "{loud} of {} frames", found.len());
    assert!((loud + quiet) * 10 > found.len() * 8, "{} of {} frames are clear", loud + quiet, found.len());
    assert!(found.iter().all(|p| (0.0..=1.0).contains(p)));
}

#[test]
fn the_level_of_the_line_hardly_matters() {
    let frames = caller();
    let usual = scores(&mut KavVad::new(), &frames);
    for gain in [0.25, 0.5, 2.0] {
        let other = scores(&mut KavVad::new(), &scaled(&frames, gain));
        let differ = usual.iter().zip(&other).filter(|(a, b)| (**a >= 0.5) != (**b >= 0.5)).count();
        assert!(differ * 50 < usual.len(), "{gain}: {differ} of {} frames decided differently", usual.len());
    }
}

#[test]
fn a_reset_forgets_the_call_and_the_future_does_not_reach_back() {
    let frames = caller();
    let (mut fresh, mut used) = (KavVad::new(), KavVad::new());
    scores(&mut used, &frames);
    used.reset();
    let first = scores(&mut fresh, &frames);
    let short = scores(&mut used, &frames[..200]);
    assert!(first[..200].iter().zip(&short).all(|(a, b)| a.to_bits() == b.to_bits()));
}

/// 16 kB a call, 64 kB of weights that all calls share.
#[test]
fn it_is_small() {
    let (state, weights) = std::hint::black_box((size_of::<KavVad>(), KavVad::WEIGHT_BYTES));
    assert!(state <= 16 << 10, "{state} bytes a call");
    assert!(weights <= 64 << 10, "{weights} bytes of weights");
}
