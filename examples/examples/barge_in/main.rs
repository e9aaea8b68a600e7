//! Judges interruptions and turn-taking on a folder of scenes: every tape is replayed under each rule,
//! and the decisions are held against the labels.
//!
//! ```text
//! python3 fixtures/scenes.py /tmp/scenes --split test
//! cargo run --release -p examples --example barge_in -- /tmp/scenes [--rules adaptive,polite] [--vad rms] [--by
//! snr_db] [--csv OUT.csv]
//! ```
//!
//! Scenes are tapes named `KIND_NUMBER` (`fixtures/scenes.py`), each with one event of that kind over a
//! long line of the agent's (of those made with `--several`, shares and delays are of the first of that kind, yields
//! of the whole scene), or with turns. Shares have Wilson's 95 % interval. `vad_200` yields to any 200 ms of voice,
//! `vad_500` to 500 ms, words or not: what other engines do by default, here behind our canceller and detector.
//! `fixed_500` and `fixed_800` end every turn after so much silence; `wordless` (not by default) is the adaptive
//! preset with a recogniser that says nothing before a turn is over. `adaptive@-0.5` is a preset at that sensitivity.
//! An event counts if the agent was heard at its start (the replay contract); turns are judged in the scenes made for
//! them.

mod facts;
mod figures;
mod inputs;
mod judge;
mod rules;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, bail};
use audio_core::tape::Tape;
use audio_core::vad::{VadConfig, VadKind};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use telephony_bridge::providers::embedded::VoiceLibrary;
use telephony_bridge::tape::{ReplayOptions, replay};

use facts::Facts;
use figures::Figures;
use judge::Scene;
use rules::Rules;

/// Judges interruptions and turn-taking on a folder of scenes.
#[derive(Parser)]
struct Arguments {
    /// Folder of scenes.
    scenes: PathBuf,
    /// Rules to replay under, separated by commas.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "adaptive,responsive,polite,vad_200,vad_500,fixed_500,fixed_800"
    )]
    rules: Vec<String>,
    /// Which voice detector listens: kav, webrtc or rms. The adaptive preset is made for Kav's.
    #[arg(long, default_value_t)]
    vad: VadKind,
    /// The first rule's shares by a column of scenes.csv: voice, level_dbfs, place, snr_db, echo_delay_ms,
    /// echo_gain_db or noise.
    #[arg(long, value_name = "COLUMN")]
    by: Vec<String>,
    /// Writes what the barge-in model looks at, one file a scene, and judges nothing: its inputs as little endian
    /// floats, frame by frame, each followed by the voice detector's state and by 1 while the agent is heard. For
    /// audio-core/barge-in-training.
    #[arg(long, value_name = "DIR")]
    inputs: Option<PathBuf>,
    /// One row for each scene and rule.
    #[arg(long)]
    csv: Option<PathBuf>,
}

fn main() -> ExitCode {
    examples::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<()> {
    let tapes = tapes(&arguments.scenes)?;
    if let Some(folder) = &arguments.inputs {
        return inputs::write_all(&tapes, folder);
    }
    let facts = Facts::load(&arguments.scenes)?;
    let groups = arguments.by.iter().map(|column| facts.groups(column)).collect::<Result<Vec<_>>>()?;
    let mut columns = Vec::new();
    let mut csv = String::from(judge::CSV_HEADER);
    let mut by = Vec::new();
    for (n, name) in arguments.rules.iter().enumerate() {
        let scenes = replay_all(&tapes, arguments.vad, name, &rules::named(name)?)?;
        for scene in &scenes {
            csv.push_str(&scene.csv_row(name));
        }
        columns.push((name.clone(), Figures::of(&scenes.iter().collect::<Vec<_>>(), &facts)));
        if n == 0 {
            let of = |tapes: &Vec<String>| -> Vec<&Scene> {
                scenes.iter().filter(|scene| tapes.contains(&scene.tape)).collect()
            };
            let figures = |group: &Vec<(String, Vec<String>)>| -> Vec<table::Named> {
                group.iter().map(|(name, tapes)| (name.clone(), Figures::of(&of(tapes), &facts))).collect()
            };
            by = groups.iter().map(figures).collect();
        }
    }
    if let Some(path) = &arguments.csv {
        fs::write(path, csv).with_context(|| path.display().to_string())?;
    }
    table::print(&columns);
    for (column, groups) in arguments.by.iter().zip(&by) {
        table::print_by(column, columns.first().map_or("", |(name, _)| name), groups);
    }
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

/// Interim words so late that the call is over.
const NEVER_MS: u64 = u64::MAX;

/// Replays all tapes on all cores.
fn replay_all(tapes: &[PathBuf], detector: VadKind, name: &str, rules: &Rules) -> Result<Vec<Scene>> {
    let style = ProgressStyle::with_template("{prefix:>12} {wide_bar} {pos}/{len}")?;
    let bar = ProgressBar::new(tapes.len() as u64).with_style(style).with_prefix(name.to_owned());
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let work = || -> Result<Vec<(usize, Scene)>> {
        let Rules { barge_in, session, interim_words } = rules.clone();
        let (vad, library) = (VadConfig::default(), VoiceLibrary::default());
        let options = ReplayOptions { barge_in, detector, vad, session, timing: false, library };
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = tapes.get(n) else { return Ok(done) };
            let mut tape = Tape::load(path)?;
            if !interim_words {
                tape.file.latency.stt_interim_ms = NEVER_MS;
            }
            let report = replay(&tape, &options)?;
            let scene = Scene::new(&tape.name, &tape.file.caller, &report.events, report.duration_ms);
            done.push((n, scene));
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
