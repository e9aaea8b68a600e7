//! A folder of recordings through the signal chain, all cores at work, with a progress bar: how much of
//! each is speech.
//!
//! ```text
//! cargo run --release -p examples --example wav_folder -- FOLDER
//! ```
//!
//! A pipeline has no clock and no thread, so as many run at once as there are cores, each as fast as it can.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineEvent};
use audio_core::replay::Replay;
use audio_core::tape::read_wav_8k;
use indicatif::{ProgressBar, ProgressStyle};

fn main() -> std::process::ExitCode {
    examples::exit(run())
}

fn run() -> Result<()> {
    let folder = std::env::args().nth(1).context("usage: wav_folder FOLDER")?;
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read the folder {folder}"))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wav"));
    paths.sort();
    if paths.is_empty() {
        bail!("no .wav files in {folder}");
    }

    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")?;
    let bar = ProgressBar::new(paths.len() as u64).with_style(style);
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let speech = speech(path).map_err(|error| format!("{error:#}"));
                    found.lock().expect("nobody panics with it").push((name, speech));
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();

    let mut found = found.into_inner()?;
    found.sort();
    let mut seconds = 0.0;
    for (name, speech) in &found {
        match speech {
            Ok((whole, speech)) => {
                println!("{:>8.2} s speech of {:>8.2} s  {name}", *speech as f64 / 1e3, *whole as f64 / 1e3);
                seconds += *whole as f64 / 1e3;
            }
            Err(error) => println!("{error}"),
        }
    }
    println!("{seconds:.0} s in {:.2} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Length and speech of a recording, in ms.
fn speech(path: &Path) -> Result<(u64, u64)> {
    let pcm = read_wav_8k(path)?;
    let mut replay = Replay::new(CallPipeline::new(PipelineConfig::default())?);
    let events = replay.run(&pcm);
    let end = replay.pipeline().now().as_ms();
    let (mut speech, mut since) = (0, None);
    for event in events {
        match event {
            PipelineEvent::SpeechStart { onset, .. } => since = Some(onset.as_ms()),
            PipelineEvent::SpeechEnd { last_voice, .. } => {
                speech += last_voice.as_ms() - since.take().unwrap_or_default();
            }
            _ => {}
        }
    }
    Ok((end, speech + since.map_or(0, |since| end - since)))
}
