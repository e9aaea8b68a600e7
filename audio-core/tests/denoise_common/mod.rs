//! Noisy speech, and what a noise suppressor makes of it.
//!
//! Callers of `fixtures/calls` (or any folder of 8 kHz WAVs) with their pauses cut to 0.4 s on either
//! side of the speech, plus noise made from a seed: white, pink (P. Kellet's filter), a car (rumble that
//! falls by 12 dB an octave above 150 Hz, an engine of 80 Hz with overtones, wind) and babble, eight of the
//! fixtures' other voices at once. The sum is µ-law. The signal-to-noise ratio is that of the speech's
//! frames.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, WIRE_RATE};

const RATE: usize = WIRE_RATE as usize;
/// Seconds of a scene, and of its beginning that are not judged.
pub(crate) const SECONDS: usize = 40;
const SKIPPED: usize = 3 * RATE;
/// Taps fitted before distortion is judged, and how many of them look ahead.
const FIT: usize = 48;
const AHEAD: usize = 16;

/// A kind of noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    White,
    Pink,
    Car,
    Babble,
}

pub(crate) const KINDS: [Kind; 4] = [Kind::White, Kind::Pink, Kind::Car, Kind::Babble];

/// One scene: samples in 16-bit units at 8 kHz, all of one length.
pub(crate) struct Scene {
    pub(crate) clean: Vec<f64>,
    pub(crate) line: Vec<i16>,
    /// Frames of speech, and frames at least 100 ms from any.
    spoken: Vec<bool>,
    pauses: Vec<bool>,
}

/// Uniform in [-1, 1).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1u64 << 30) as f64 - 1.0
    }

    /// Of variance 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next() * 0.5).sum()
    }
}

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name)
}

/// 16-bit PCM behind any header of RIFF chunks.
fn samples(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).expect("a WAV");
    let data = bytes.windows(4).position(|name| name == b"data").expect("a data chunk");
    bytes[data + 8..].chunks_exact(2).map(|s| f64::from(i16::from_le_bytes([s[0], s[1]]))).collect()
}

/// Speech with at most 0.4 s of pause on either side, at an RMS of −22 dBFS where it speaks.
fn talk(pcm: &[f64]) -> Vec<f64> {
    let chunks: Vec<&[f64]> = pcm.chunks_exact(RATE / 20).collect();
    let loudest = chunks.iter().map(|chunk| power(chunk)).fold(0.0, f64::max);
    let loud: Vec<bool> = chunks.iter().map(|chunk| power(chunk) > 0.002 * loudest).collect();
    let near = |n: usize| loud[n.saturating_sub(8)..(n + 9).min(loud.len())].contains(&true);
    let kept: Vec<f64> = (0..chunks.len()).filter(|&n| near(n)).flat_map(|n| chunks[n]).copied().collect();
    let spoken: Vec<f64> =
        chunks.iter().zip(&loud).filter(|(_, loud)| **loud).flat_map(|(c, _)| *c).copied().collect();
    let gain = 2_603.0 / power(&spoken).sqrt().max(1.0);
    kept.iter().map(|x| gain * x).collect()
}

/// The callers to talk: those of the quiet fixture calls.
pub(crate) fn callers() -> Vec<Vec<f64>> {
    let calls = ["booking", "interruption", "short_answers", "backchannels"];
    calls.map(|call| talk(&samples(&fixtures("calls").join(call).join("caller.wav")))).into()
}

/// The 8 kHz WAVs of a folder, sorted by name and joined to 39 s each, twelve at most. Recordings with
/// noise of their own, whose quietest 50 ms lie less than 40 dB below the loud ones, are no reference.
pub(crate) fn callers_in(folder: &Path) -> std::io::Result<Vec<Vec<f64>>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "wav"));
    paths.sort();
    let all: Vec<f64> =
        paths.iter().map(|path| samples(path)).filter(|x| is_clean(x)).flat_map(|x| talk(&x)).collect();
    Ok(all
        .chunks((SECONDS - 1) * RATE)
        .filter(|piece| piece.len() > 8 * RATE)
        .take(12)
        .map(<[f64]>::to_vec)
        .collect())
}

fn is_clean(pcm: &[f64]) -> bool {
    let mut powers: Vec<f64> = pcm.chunks_exact(RATE / 20).map(power).collect();
    powers.sort_by(f64::total_cmp);
    powers.len() >= 20 && powers[0] < 1e-4 * powers[powers.len() * 19 / 20]
}

/// Eight voices at once, each from a place of its own.
fn babble(random: &mut Random, length: usize) -> Vec<f64> {
    let mut paths: Vec<_> = std::fs::read_dir(fixtures("voice")).expect("fixtures").flatten().collect();
    paths.sort_by_key(std::fs::DirEntry::path);
    let wavs =
        paths.iter().map(std::fs::DirEntry::path).filter(|p| p.extension().is_some_and(|e| e == "wav"));
    let agent: Vec<f64> = wavs.flat_map(|path| samples(&path)).collect();
    let others = ["hang_up", "side_speech", "speakerphone_echo"]
        .map(|call| talk(&samples(&fixtures("calls").join(call).join("caller.wav"))));
    let mut sum = vec![0.0; length];
    for voice in 0..8 {
        let pcm = if voice < 5 { &agent } else { &others[voice - 5] };
        let spoken: Vec<f64> =
            pcm.chunks_exact(RATE / 20).filter(|c| power(c) > 150.0 * 150.0).flatten().copied().collect();
        let (gain, from) = (1.0 / power(&spoken).sqrt(), (0.5 + 0.5 * random.next()) * spoken.len() as f64);
        let stream = spoken.iter().cycle().skip(from as usize);
        sum.iter_mut().zip(stream).for_each(|(sum, x)| *sum += gain * x);
    }
    sum
}

fn noise(kind: Kind, random: &mut Random, length: usize) -> Vec<f64> {
    match kind {
        Kind::White => (0..length).map(|_| random.normal()).collect(),
        Kind::Pink => {
            let mut b = [0.0; 3];
            let mut next = |x: f64| {
                b[0] = 0.997_65 * b[0] + 0.099_046 * x;
                b[1] = 0.963_00 * b[1] + 0.296_516 * x;
                b[2] = 0.570_00 * b[2] + 1.052_691 * x;
                b[0] + b[1] + b[2] + 0.184_8 * x
            };
            (0..length).map(|_| next(random.normal())).collect()
        }
        Kind::Car => {
            let (mut first, mut second) = (0.0, 0.0);
            let mut next = |n: usize, x: f64| {
                first += 0.111 * (x - first);
                second += 0.111 * (first - second);
                let turn = std::f64::consts::TAU * 80.0 * n as f64 / RATE as f64;
                let engine: f64 = (1..6).map(|k| (turn * f64::from(k)).sin() / f64::from(k)).sum();
                4.0 * second + 0.2 * engine + 0.1 * x
            };
            (0..length).map(|n| next(n, random.normal())).collect()
        }
        Kind::Babble => babble(random, length),
    }
}

pub(crate) fn scene(caller: &[f64], kind: Kind, snr_db: f64, seed: usize) -> Scene {
    let mut random = Random(seed as u64 * 7_919 + 1);
    let length = SECONDS * RATE;
    let quiet = std::iter::repeat_n(0.0, RATE);
    let clean: Vec<f64> = quiet.chain(caller.iter().copied().cycle()).take(length).collect();
    let powers: Vec<f64> = clean.chunks_exact(FRAME_SAMPLES).map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let spoken: Vec<bool> = powers.iter().map(|p| *p > 1e-3 * loudest).collect();
    let quiet: Vec<bool> = powers.iter().map(|p| *p < 3e-4 * loudest).collect();
    let judged = |n: usize| n * FRAME_SAMPLES >= SKIPPED;
    let pauses = (0..quiet.len())
        .map(|n| judged(n) && !quiet[n.saturating_sub(5)..(n + 6).min(quiet.len())].contains(&false));
    let pauses = pauses.collect();
    let speech: Vec<f64> = powers.iter().zip(&spoken).filter(|(_, s)| **s).map(|(p, _)| *p).collect();
    let noise = noise(kind, &mut random, length);
    let mean = speech.iter().sum::<f64>() / speech.len() as f64;
    let gain = (mean / power(&noise)).sqrt() * 10f64.powf(-snr_db / 20.0);
    let coded = |x: f64| ulaw::decode(ulaw::encode(x.round() as i16));
    let line = clean.iter().zip(&noise).map(|(s, n)| coded(s + gain * n)).collect();
    let spoken = spoken.iter().enumerate().map(|(n, s)| *s && judged(n)).collect();
    Scene { clean, line, spoken, pauses }
}

pub(crate) fn power(pcm: &[f64]) -> f64 {
    pcm.iter().map(|x| x * x).sum::<f64>() / pcm.len().max(1) as f64
}

fn db(power: f64) -> f64 {
    10.0 * (power + 1e-6).log10()
}

/// `clean` through the filter of [`FIT`] taps, some of them ahead of time, that comes nearest to `x`: a
/// suppressor's fixed colour is no distortion. By the normal equations of the autocorrelation.
fn fitted(clean: &[f64], x: &[f64]) -> Vec<f64> {
    let at = |n: usize, tap: usize| {
        (n + AHEAD).checked_sub(tap).and_then(|n| clean.get(n)).copied().unwrap_or(0.0)
    };
    let lag = |lag: usize| clean.iter().zip(&clean[lag..]).map(|(a, b)| a * b).sum::<f64>();
    let lags: Vec<f64> = (0..FIT).map(lag).collect();
    let mut rows = vec![[0.0f64; FIT + 1]; FIT];
    for (i, row) in rows.iter_mut().enumerate() {
        (0..FIT).for_each(|j| row[j] = lags[i.abs_diff(j)]);
        row[i] *= 1.0 + 1e-9;
        row[FIT] = (0..x.len()).map(|n| at(n, i) * x[n]).sum();
    }
    // Gauss's elimination; the matrix is positive definite.
    for i in 0..FIT {
        let pivot = rows[i];
        for row in &mut rows[i + 1..] {
            let factor = row[i] / pivot[i];
            row.iter_mut().zip(&pivot).for_each(|(x, p)| *x -= factor * p);
        }
    }
    let mut taps = [0.0; FIT];
    for i in (0..FIT).rev() {
        let known: f64 = (i + 1..FIT).map(|j| rows[i][j] * taps[j]).sum();
        taps[i] = (rows[i][FIT] - known) / rows[i][i];
    }
    (0..x.len()).map(|n| (0..FIT).map(|tap| taps[tap] * at(n, tap)).sum()).collect()
}

/// Decibels.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    /// The clean speech's level over that of everything else, after a fit of 48 taps; before and after.
    pub(crate) snr_in: f64,
    pub(crate) snr: f64,
    /// Mean over the speech's frames of the same ratio, each within -10 to 35; the gain.
    pub(crate) segmental: f64,
    /// How much weaker the pauses came out.
    pub(crate) pauses: f64,
}

impl Measured {
    pub(crate) fn gain(&self) -> f64 {
        self.snr - self.snr_in
    }

    pub(crate) fn mean(all: &[Self]) -> Self {
        let mean = |of: fn(&Self) -> f64| all.iter().map(of).sum::<f64>() / all.len().max(1) as f64;
        Self {
            snr_in: mean(|m| m.snr_in),
            snr: mean(|m| m.snr),
            segmental: mean(|m| m.segmental),
            pauses: mean(|m| m.pauses),
        }
    }
}

/// Judges `out`, which is `delay` samples late.
pub(crate) fn measure(scene: &Scene, out: &[i16], delay: usize) -> Measured {
    let length = out.len() - delay;
    let out: Vec<f64> = out[delay..].iter().map(|&x| f64::from(x)).collect();
    let line: Vec<f64> = scene.line[..length].iter().map(|&x| f64::from(x)).collect();
    let frames = |x: &[f64]| x.chunks_exact(FRAME_SAMPLES).map(power).collect::<Vec<f64>>();
    let judge = |x: &[f64]| {
        let (clean, x) = (&scene.clean[SKIPPED..length], &x[SKIPPED..]);
        let fit = fitted(clean, x);
        let rest: Vec<f64> = x.iter().zip(&fit).map(|(x, fit)| x - fit).collect();
        let spoken = &scene.spoken[SKIPPED / FRAME_SAMPLES..];
        let ratios = frames(&fit).into_iter().zip(frames(&rest)).zip(spoken).filter(|(_, s)| **s);
        let ratios: Vec<f64> = ratios.map(|((f, r), _)| (db(f) - db(r)).clamp(-10.0, 35.0)).collect();
        (db(power(&fit)) - db(power(&rest)), ratios.iter().sum::<f64>() / ratios.len() as f64)
    };
    let ((snr_in, before), (snr, after)) = (judge(&line), judge(&out));
    let quiet = |x: &[f64]| {
        let powers = frames(x).into_iter().zip(&scene.pauses).filter(|(_, p)| **p).map(|(p, _)| p);
        let powers: Vec<f64> = powers.collect();
        db(powers.iter().sum::<f64>() / powers.len().max(1) as f64)
    };
    Measured { snr_in, snr, segmental: after - before, pauses: quiet(&line) - quiet(&out) }
}
