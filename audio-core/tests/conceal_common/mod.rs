//! Signals for the concealment tests.
#![allow(dead_code)]

use std::path::Path;

use audio_core::jitter::conceal::Concealer;

/// White noise over the whole range.
pub(crate) struct Noise(pub(crate) u32);

impl Noise {
    pub(crate) const fn next(&mut self) -> i16 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) as i16
    }
}

pub(crate) fn tone(hz: f64, amplitude: f64, count: usize) -> Vec<i16> {
    let step = std::f64::consts::TAU * hz / 8_000.0;
    (0..count).map(|i| (amplitude * (step * i as f64).sin()) as i16).collect()
}

/// A vowel at 151 Hz through two formants.
pub(crate) fn voice(count: usize) -> Vec<i16> {
    let mut wave = vec![0.0f64; count];
    for (hz, decay) in [(600.0, 0.97f64), (1_400.0, 0.95)] {
        let turn = std::f64::consts::TAU * hz / 8_000.0;
        let (mut last, mut before) = (0.0, 0.0);
        for (i, out) in wave.iter_mut().enumerate() {
            let pulse = if i % 53 == 0 { 3_000.0 } else { 0.0 };
            let sample = pulse + 2.0 * decay * f64::cos(turn) * last - decay * decay * before;
            (before, last) = (last, sample);
            *out += sample;
        }
    }
    wave.iter().map(|&s| s as i16).collect()
}

/// A gap of `count` samples.
pub(crate) fn gap(concealer: &mut Concealer, count: usize, next: Option<&[i16]>) -> Vec<i16> {
    let mut out = vec![0; count];
    concealer.conceal(&mut out, next);
    out
}

/// Mean square.
pub(crate) fn power(pcm: &[i16]) -> f64 {
    pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / pcm.len().max(1) as f64
}

pub(crate) fn power_db(pcm: &[i16]) -> f64 {
    10.0 * power(pcm).max(1e-3).log10()
}

/// The callers of `fixtures/calls`, sorted by name.
pub(crate) fn callers() -> Vec<Vec<i16>> {
    let calls = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls");
    let mut paths: Vec<_> =
        std::fs::read_dir(calls).expect("fixtures").map(|call| call.expect("readable").path()).collect();
    paths.sort();
    paths.iter().map(|path| samples(&std::fs::read(path.join("caller.wav")).expect("a recording"))).collect()
}

/// The fixtures are plain: 16-bit PCM behind a header of 44 bytes.
fn samples(bytes: &[u8]) -> Vec<i16> {
    assert_eq!(&bytes[36..40], b"data");
    bytes[44..].chunks_exact(2).map(|s| i16::from_le_bytes([s[0], s[1]])).collect()
}
