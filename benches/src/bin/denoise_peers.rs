//! The noise suppressor and other people's on the very same noisy speech.
//!
//! ```text
//! cargo run --release -p benches --features peers --bin denoise_peers -- [--seeds 1,2,3]
//!     [--speech FOLDER]      8 kHz WAVs instead of the fixtures' callers, 40 s of each
//!     [--snr 5,15]           dB
//! ```
//!
//! Scenes and figures are those of `audio-core/tests/denoise.rs`, in dB, means over speech and seeds:
//! the gain in signal-to-noise ratio after a fit of 48 taps, the gain in the same ratio frame by frame,
//! and how much weaker the pauses are. Delay in ms; µs for 20 ms, the median over all of it.

#[path = "../../../audio-core/tests/denoise_common/mod.rs"]
mod denoise_common;

use std::error::Error;
use std::iter::once;
use std::path::PathBuf;
use std::time::Instant;

use audio_core::denoise::{DELAY, DenoiseConfig, Denoiser};
use audio_core::frame::PcmFrame;
use benches::peers::{self, Denoise, NamedDenoise};
use denoise_common::{KINDS, Measured, Scene, callers, callers_in, measure, scene};

struct Arguments {
    seeds: Vec<usize>,
    speech: Option<PathBuf>,
    snr_db: Vec<f64>,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut arguments = Arguments { seeds: vec![1, 2, 3], speech: None, snr_db: vec![5.0, 15.0] };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--seeds" => arguments.seeds = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--speech" => arguments.speech = Some(value.into()),
            "--snr" => arguments.snr_db = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            _ => return Err(format!("{word}: use --seeds, --speech, --snr").into()),
        }
    }
    Ok(arguments)
}

fn ours() -> Denoise {
    let mut denoiser = Denoiser::new(DenoiseConfig::on()).expect("the defaults are valid");
    Box::new(move |frame: &mut PcmFrame| denoiser.process(frame))
}

/// Adds the nanoseconds of each frame.
fn run(make: fn() -> Denoise, delay: usize, scene: &Scene, times: &mut Vec<u128>) -> Measured {
    let mut denoise = make();
    let mut out = Vec::with_capacity(scene.line.len());
    for mut frame in benches::frames(&scene.line) {
        let start = Instant::now();
        denoise(&mut frame);
        times.push(start.elapsed().as_nanos());
        out.extend(frame);
    }
    measure(scene, &out, delay)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let callers = arguments.speech.as_deref().map_or_else(|| Ok(callers()), callers_in)?;
    let all: Vec<NamedDenoise> =
        once(("kav", DELAY, ours as fn() -> Denoise)).chain(peers::denoise()).collect();
    println!(
        "{:<8} {:>5} {:<10} {:>6} {:>6} {:>6} {:>9} {:>6}",
        "noise", "SNR", "suppressor", "dSNR", "dSeg", "pauses", "delay ms", "us"
    );
    for kind in KINDS {
        for &snr_db in &arguments.snr_db {
            let scenes: Vec<Scene> = arguments
                .seeds
                .iter()
                .flat_map(|&seed| callers.iter().map(move |caller| scene(caller, kind, snr_db, seed)))
                .collect();
            for &(name, delay, make) in &all {
                let mut times = Vec::new();
                let found: Vec<Measured> =
                    scenes.iter().map(|scene| run(make, delay, scene, &mut times)).collect();
                times.sort_unstable();
                let mean = Measured::mean(&found);
                println!(
                    "{:<8} {snr_db:>5.1} {name:<10} {:>6.2} {:>6.2} {:>6.1} {:>9.1} {:>6.1}",
                    format!("{kind:?}").to_lowercase(),
                    mean.gain(),
                    mean.segmental,
                    mean.pauses,
                    delay as f64 / 8.0,
                    times[times.len() / 2] as f64 / 1_000.0,
                );
            }
        }
    }
    Ok(())
}
