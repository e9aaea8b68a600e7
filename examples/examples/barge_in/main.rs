//! Judges interruptions and turn-taking on a folder of scenes: every tape is replayed under each rule,
//! and the decisions are held against the labels.
//!
//! ```text
//! python3 fixtures/scenes.py /tmp/scenes --split test
//! cargo run --release -p examples --example barge_in -- /tmp/scenes [--rules adaptive,polite] [--csv OUT.csv]
//! ```
//!
//! Scenes are tapes named `KIND_NUMBER` (`fixtures/scenes.py`), each with one event of that kind over a
//! long line of the agent's, or with turns. Shares have Wilson's 95 % interval. `vad_200` yields to any
//! 200 ms of voice, `vad_500` to 500 ms: what other engines do by default.

mod judge;
mod rules;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, bail};
use audio_core::barge_in::BargeInConfig;
use audio_core::tape::Tape;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use telephony_bridge::providers::embedded::VoiceLibrary;
use telephony_bridge::tape::{ReplayOptions, replay};

use judge::Scene;

/// Judges interruptions and turn-taking on a folder of scenes.
#[derive(Parser)]
struct Arguments {
    /// Folder of scenes.
    scenes: PathBuf,
    /// Rules to replay under, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "adaptive,responsive,polite,vad_200,vad_500")]
    rules: Vec<String>,
    /// One row for each scene and rule.
    #[arg(long)]
    csv: Option<PathBuf>,
}

fn main() -> ExitCode {
    examples::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<()> {
    let tapes = tapes(&arguments.scenes)?;
    let mut columns = Vec::new();
    let mut csv = String::from(judge::CSV_HEADER);
    for name in &arguments.rules {
        let scenes = replay_all(&tapes, name, rules::named(name)?)?;
        for scene in &scenes {
            csv.push_str(&scene.csv_row(name));
        }
        columns.push((name.clone(), judge::Figures::of(&scenes)));
    }
    if let Some(path) = &arguments.csv {
        fs::write(path, csv).with_context(|| path.display().to_string())?;
    }
    table::print(&columns);
    Ok(())
}

/// The scenes' folders, sorted.
fn tapes(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut tapes: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.join("tape.json").exists()).collect();
    tapes.sort();
    if tapes.is_empty() {
        bail!("{}: no tape in it; make some with fixtures/scenes.py", folder.display());
    }
    Ok(tapes)
}

/// Replays all tapes on all cores.
fn replay_all(tapes: &[PathBuf], name: &str, barge_in: BargeInConfig) -> Result<Vec<Scene>> {
    let style = ProgressStyle::with_template("{prefix:>12} {wide_bar} {pos}/{len}")?;
    let bar = ProgressBar::new(tapes.len() as u64).with_style(style).with_prefix(name.to_owned());
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let work = || -> Result<Vec<(usize, Scene)>> {
        let options = ReplayOptions { barge_in, timing: false, library: VoiceLibrary::default() };
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = tapes.get(n) else { return Ok(done) };
            let tape = Tape::load(path)?;
            done.push((n, Scene::new(&tape, &replay(&tape, &options)?)));
            bar.inc(1);
        }
    };
    let mut all = thread::scope(|scope| -> Result<Vec<(usize, Scene)>> {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for thread in threads {
            match thread.join() {
                Ok(done) => all.extend(done?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(all)
    })?;
    bar.finish_and_clear();
    all.sort_by_key(|(n, _)| *n);
    Ok(all.into_iter().map(|(_, scene)| scene).collect())
}
