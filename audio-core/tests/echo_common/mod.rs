//! Echo scenes from the fixtures' speech, and what is measured on them.
//!
//! The agent (prompts of `fixtures/voice`, level −20 dBFS) talks throughout; the caller (a call of
//! `fixtures/calls`) talks over it for ten seconds at the same level; noise of −60 dBFS; both lines
//! pass µ-law. Paths decay at random within their tail, as those of `shared/dsp/echo_scenes.py` do.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use audio_core::codec::ulaw;
use audio_core::frame::{Dbfs, FRAME_SAMPLES, WIRE_RATE};

const RATE: usize = WIRE_RATE as usize;
/// Seconds of a scene, and of the talk over it.
pub(crate) const SECONDS: usize = 30;
pub(crate) const DOUBLE_TALK: (usize, usize) = (14, 24);

/// Taps fitted before distortion is judged, and how many of them look ahead.
const FIT: usize = 48;
const AHEAD: usize = 8;

/// Where the echo comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EchoPath {
    pub(crate) name: &'static str,
    pub(crate) delay_ms: usize,
    pub(crate) tail_ms: usize,
    /// Echo return loss: the echo's level below the agent's.
    pub(crate) loss_db: f64,
    /// A second reflection: so many ms after the first, and how much weaker.
    pub(crate) again: Option<(usize, f64)>,
}

/// Hybrid, loudspeaker, and long loops, one of them with two reflections.
pub(crate) const PATHS: [EchoPath; 7] = [
    path("hybrid", 4, 24, 12.0, None),
    path("loudspeaker", 12, 64, 10.0, None),
    path("delay_280", 280, 40, 15.0, None),
    path("delay_500", 500, 40, 15.0, None),
    path("delay_800", 800, 40, 15.0, None),
    path("delay_1000", 1_000, 40, 15.0, None),
    path("two_taps_333", 333, 12, 12.0, Some((41, 4.0))),
];

const fn path(
    name: &'static str,
    delay_ms: usize,
    tail_ms: usize,
    loss_db: f64,
    again: Option<(usize, f64)>,
) -> EchoPath {
    EchoPath { name, delay_ms, tail_ms, loss_db, again }
}

/// One scene: 16-bit samples at 8 kHz, all of one length.
pub(crate) struct Scene {
    /// What the agent plays.
    pub(crate) far: Vec<i16>,
    /// The caller's line.
    pub(crate) line: Vec<i16>,
    /// The caller alone.
    pub(crate) near: Vec<f64>,
    pub(crate) delay: usize,
}

/// Uniform in [-1, 1).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1u64 << 30) as f64 - 1.0
    }

    /// Of variance 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next() * 0.5).sum()
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name)
}

/// The fixtures are plain: 16-bit PCM behind a header of 44 bytes.
fn samples(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).expect("a fixture");
    assert_eq!(&bytes[36..40], b"data", "{}", path.display());
    bytes[44..].chunks_exact(2).map(|s| f64::from(i16::from_le_bytes([s[0], s[1]]))).collect()
}

/// The agent's prompts, by name: a new clip must not make other scenes of these.
const PROMPTS: [&str; 19] = [
    "ask_area",
    "ask_area_again",
    "ask_budget",
    "ask_deal",
    "ask_name",
    "ask_phone",
    "ask_rooms",
    "ask_when",
    "checking",
    "goodbye",
    "greeting",
    "greeting_demo",
    "listening",
    "night",
    "not_heard",
    "recording",
    "still_there",
    "thanks",
    "transfer",
];

/// All of the prompts twice, from the `seed`-th on.
fn agent(seed: usize) -> Vec<f64> {
    let prompts = PROMPTS.map(|name| samples(&folder("voice").join(name).with_extension("wav")));
    let count = prompts.len();
    prompts.into_iter().cycle().skip(seed * 3).take(2 * count).flatten().collect()
}

/// The loud parts of a caller, back to back.
fn caller(seed: usize) -> Vec<f64> {
    let calls = ["booking", "car", "interruption", "short_answers"];
    let pcm = samples(&folder("calls").join(calls[seed % calls.len()]).join("caller.wav"));
    let loud = |frame: &&[f64]| power(frame) > 100.0 * 100.0;
    pcm.chunks_exact(RATE / 10).filter(loud).flatten().copied().collect()
}

/// Scales so that the active parts have an RMS of −20 dBFS.
fn levelled(mut pcm: Vec<f64>) -> Vec<f64> {
    let peak = pcm.iter().fold(0.0f64, |peak, x| peak.max(x.abs()));
    let active: Vec<f64> = pcm.iter().copied().filter(|x| x.abs() > 0.02 * peak).collect();
    let gain = 3_276.8 / power(&active).sqrt().max(1.0);
    pcm.iter_mut().for_each(|x| *x *= gain);
    pcm
}

fn response(path: &EchoPath, noise: &mut Noise) -> Vec<f64> {
    let taps = path.tail_ms * 8;
    let mut reflection = |gain: f64| -> Vec<f64> {
        (0..taps).map(|n| gain * noise.normal() * (-(n as f64) / (taps as f64 / 5.0)).exp()).collect()
    };
    let mut h = reflection(1.0);
    if let Some((later_ms, weaker_db)) = path.again {
        h.resize(later_ms * 8, 0.0);
        h.extend(reflection(10f64.powf(-weaker_db / 20.0)));
    }
    h
}

pub(crate) fn scene(path: &EchoPath, seed: usize) -> Scene {
    let mut noise = Noise(seed as u64 * 7_919 + 1);
    let length = SECONDS * RATE;
    let far: Vec<i16> = levelled(agent(seed)).iter().cycle().take(length).map(|&x| coded(x)).collect();
    let h = response(path, &mut noise);
    let delay = path.delay_ms * 8;
    let mut echo = vec![0.0; length];
    for (n, e) in echo.iter_mut().enumerate().skip(delay) {
        *e = h.iter().zip(far[..=n - delay].iter().rev()).map(|(h, &x)| h * f64::from(x)).sum();
    }
    let talk = 2 * RATE + delay..12 * RATE;
    let played: Vec<f64> = far[2 * RATE..12 * RATE - delay].iter().map(|&x| f64::from(x)).collect();
    let gain = (power(&played) / power(&echo[talk])).sqrt() * 10f64.powf(-path.loss_db / 20.0);
    let mut near = vec![0.0; length];
    let span = DOUBLE_TALK.0 * RATE..DOUBLE_TALK.1 * RATE;
    let caller = levelled(caller(seed));
    near[span].iter_mut().zip(caller.iter().cycle()).for_each(|(near, &x)| *near = x);
    let line =
        near.iter().zip(&echo).map(|(near, e)| coded(near + gain * e + 32.8 * noise.normal())).collect();
    Scene { far, line, near, delay }
}

fn coded(x: f64) -> i16 {
    ulaw::decode(ulaw::encode(x.round().clamp(-32_768.0, 32_767.0) as i16))
}

pub(crate) fn power(pcm: &[f64]) -> f64 {
    pcm.iter().map(|x| x * x).sum::<f64>() / pcm.len().max(1) as f64
}

fn db(power: f64) -> f64 {
    10.0 * (power + 1e-3).log10()
}

/// `near` through the filter of [`FIT`] taps, some of them ahead of time, that comes nearest to `x`: a
/// canceller's own delay and a fixed high-pass are no distortion.
// A matrix is written with its indices.
#[allow(clippy::needless_range_loop)]
fn fitted(near: &[f64], x: &[f64]) -> Vec<f64> {
    let at =
        |n: usize, tap: usize| (n + AHEAD).checked_sub(tap).and_then(|n| near.get(n)).copied().unwrap_or(0.0);
    let mut rows = vec![[0.0f64; FIT + 1]; FIT];
    for (i, row) in rows.iter_mut().enumerate() {
        for j in 0..=i {
            row[j] = (0..x.len()).map(|n| at(n, i) * at(n, j)).sum();
        }
        row[i] += 1.0;
        row[FIT] = (0..x.len()).map(|n| at(n, i) * x[n]).sum();
    }
    for i in 0..FIT {
        for j in 0..i {
            rows[j][i] = rows[i][j];
        }
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

/// Seconds of frames above −45 dBFS.
fn seconds_of_speech(far: &[i16]) -> f64 {
    let frames = far.as_chunks::<FRAME_SAMPLES>().0.iter();
    frames.filter(|frame| Dbfs::of(*frame) > Dbfs(-45.0)).count() as f64 * 0.02
}

/// What a canceller made of a scene.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Echo return loss enhancement, dB: the second that begins 1.5 s after the first echo, the ten
    /// seconds before the double-talk.
    pub(crate) erle_early: f64,
    pub(crate) erle: f64,
    /// Seconds of the agent's speech, pauses not counted, until 20 dB are reached over half a second;
    /// `None`: never.
    pub(crate) reached: Option<f64>,
    /// The caller's level over that of everything else, dB, in double-talk: before and after.
    pub(crate) sdr_in: f64,
    pub(crate) sdr: f64,
    /// Per cent of the caller's frames that come out more than 10 dB weaker.
    pub(crate) cut: f64,
}

pub(crate) fn measure(scene: &Scene, out: &[i16]) -> Measured {
    let out: Vec<f64> = out.iter().map(|&x| f64::from(x)).collect();
    let line: Vec<f64> = scene.line.iter().map(|&x| f64::from(x)).collect();
    let erle = |from: usize, to: usize| db(power(&line[from..to])) - db(power(&out[from..to]));
    let begin = scene.delay;
    let half = RATE / 2;
    let reached = (begin + half..12 * RATE).step_by(RATE / 20).find(|&end| erle(end - half, end) >= 20.0);
    let talk = DOUBLE_TALK.0 * RATE..DOUBLE_TALK.1 * RATE;
    let (near, line_talk, out_talk) = (&scene.near[talk.clone()], &line[talk.clone()], &out[talk]);
    let sdr = |x: &[f64]| {
        let rest: Vec<f64> = x.iter().zip(fitted(near, x)).map(|(x, n)| x - n).collect();
        db(power(near)) - db(power(&rest))
    };
    let levels = |x: &[f64]| -> Vec<f64> { x.chunks_exact(FRAME_SAMPLES).map(|f| db(power(f))).collect() };
    let (near_levels, out_levels) = (levels(near), levels(out_talk));
    let loudest = near_levels.iter().copied().fold(f64::MIN, f64::max);
    let spoken: Vec<_> = near_levels.iter().zip(&out_levels).filter(|(n, _)| **n > loudest - 40.0).collect();
    let cut = spoken.iter().filter(|(n, o)| **o < **n - 10.0).count();
    Measured {
        erle_early: erle(begin + 3 * half, begin + 5 * half),
        erle: erle(4 * RATE, 14 * RATE),
        reached: reached.map(|end| seconds_of_speech(&scene.far[..end - begin])),
        sdr_in: sdr(line_talk),
        sdr: sdr(out_talk),
        cut: 100.0 * cut as f64 / spoken.len().max(1) as f64,
    }
}
