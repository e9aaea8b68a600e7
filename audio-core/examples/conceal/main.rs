//! Measures loss concealment on recordings: random frames are erased, filled and compared.
//!
//! ```text
//! cargo run --release -p kav-audio-core --example conceal -- [--loss 5] [--frame-ms 10] [--seeds 5]
//!     [--out DIR] [WAV…]
//! ```
//!
//! Files are mono 16-bit PCM at 8 kHz; without any, the callers of `fixtures/calls`. `--out` writes
//! what seed 1 made of every file, for `fixtures/pesq_score.py`.
//!
//! - `SNR`: 10 log10(Σ signal² / Σ (signal − concealed)²) over all erased samples.
//! - `frame`: the mean of the SNRs of the erased frames louder than −50 dBFS.
//! - `joins`: energy of the second differences that straddle a join, against the clean signal.
//! - `good`, `lost`: median time of a call, µs, clock reads included.

mod measure;
mod repetition;
mod wav;

use std::error::Error;
use std::path::{Path, PathBuf};

use measure::{Method, Totals, losses};

struct Arguments {
    loss: f64,
    frame_ms: usize,
    seeds: u64,
    out: Option<PathBuf>,
    files: Vec<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let frame = arguments.frame_ms * 8;
    let mut totals = Method::ALL.map(|_| Totals::default());
    let mut seconds = 0.0;
    for (index, path) in arguments.files.iter().enumerate() {
        let clean = wav::read(path)?;
        seconds += clean.len() as f64 / 8_000.0;
        for seed in 1..=arguments.seeds {
            let lost = losses(clean.len(), frame, arguments.loss, seed + 1_000 * index as u64);
            for (method, totals) in Method::ALL.into_iter().zip(&mut totals) {
                let out = totals.run(method, &clean, &lost, frame);
                if let (1, Some(folder)) = (seed, &arguments.out) {
                    write(folder, method.name(), index, &out)?;
                }
            }
        }
        if let Some(folder) = &arguments.out {
            write(folder, "clean", index, &clean)?;
        }
    }
    println!(
        "{} files, {:.0} s, {} seeds, {} % of {} ms frames lost",
        arguments.files.len(),
        seconds,
        arguments.seeds,
        arguments.loss,
        arguments.frame_ms
    );
    println!("method       frames  SNR dB  frame dB  joins dB  good us  lost us");
    for (method, totals) in Method::ALL.into_iter().zip(&mut totals) {
        println!(
            "{:11}  {:6}  {:6.2}  {:8.2}  {:8.1}  {:7.2}  {:7.1}",
            method.name(),
            totals.frames,
            totals.snr(),
            totals.frame_snr(),
            totals.roughness(),
            totals.good.median_us(),
            totals.lost.median_us()
        );
    }
    Ok(())
}

fn write(folder: &Path, method: &str, index: usize, pcm: &[i16]) -> Result<(), Box<dyn Error>> {
    let folder = folder.join(method);
    std::fs::create_dir_all(&folder)?;
    Ok(wav::write(&folder.join(format!("{index:03}.wav")), pcm)?)
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut parsed = Arguments { loss: 5.0, frame_ms: 10, seeds: 5, out: None, files: Vec::new() };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or_else(|| format!("{argument}: a value is missing"));
        match argument.as_str() {
            "--loss" => parsed.loss = value()?.parse()?,
            "--frame-ms" => parsed.frame_ms = value()?.parse()?,
            "--seeds" => parsed.seeds = value()?.parse()?,
            "--out" => parsed.out = Some(value()?.into()),
            option if option.starts_with("--") => return Err(format!("{option}: no such option").into()),
            file => parsed.files.push(file.into()),
        }
    }
    if !(10..=200).contains(&parsed.frame_ms) || !parsed.frame_ms.is_multiple_of(10) {
        return Err("--frame-ms: 10 to 200, a multiple of 10".into());
    }
    if parsed.files.is_empty() {
        let calls = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls");
        for call in std::fs::read_dir(calls)? {
            parsed.files.push(call?.path().join("caller.wav"));
        }
        parsed.files.sort();
    }
    Ok(parsed)
}
