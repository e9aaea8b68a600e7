//! `telephony-bridge tape tune`.

mod table;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use audio_core::barge_in::Preset;
use indicatif::{ProgressBar, ProgressStyle};

use super::super::given::Given;
use super::found::found;
use super::whole::write_whole;
use crate::tape::Setting;
use crate::tape::parallel::cores;
use crate::tape::store::Place;
use crate::tape::tune::{Axis, Grid, Job, Progress, State, hash, picture, tune};

const EXAMPLES: &str = "\
Example: two presets, with confirmations of three lengths each and two thresholds, 13 settings with the current one:
  telephony-bridge tape tune calls --presets adaptive,responsive \\
      --grid confirm_ms=600,800,1000 --grid duck_score=0.74,0.8

Names are those of barge-in (confirm_ms, duck_score, claim_score, yield_score, grace_ms, min_rms, gap_ms, leak, …), of the voice
detector (start_threshold, continue_threshold, onset_frames, hangover_ms, …), of the session
(endpointing_ms, …), and sensitivity. A run that is interrupted, by kill -9 too, goes on where it was when it is
started again: each result is in the state file before the next one counts. A tape or a program that has changed
is replayed again.

A tape that was recorded live is replayed with what its recogniser heard. A recording of both sides and nothing
else is replayed by sound alone: yields that words would bring do not come, and an agent that stopped then is silent
now.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Tapes, or folders of tapes.
    #[arg(required = true, value_name = "PATH")]
    places: Vec<Place>,
    /// A setting and its values; each combination with the others is tried.
    #[arg(long, value_name = "NAME=VALUE,…")]
    grid: Vec<Axis>,
    /// Presets to try: polite, responsive, adaptive. Without it all three, with --grid the current one.
    #[arg(long, value_name = "PRESET,…", value_delimiter = ',')]
    presets: Vec<Preset>,
    /// What the others are compared with: a preset, numbers by name, or both.
    #[arg(long, value_name = "SETTING", default_value = "adaptive")]
    current: Setting,
    /// Where results are kept while and after the run.
    #[arg(long, value_name = "FILE", default_value = "tune.jsonl")]
    state: PathBuf,
    /// Where the picture goes.
    #[arg(long, value_name = "FILE", default_value = "tune.svg")]
    picture: PathBuf,
    /// One JSON object a setting in the place of the table.
    #[arg(long)]
    json: bool,
    /// Threads; all cores by default.
    #[arg(long, value_name = "N", default_value_t = cores(), value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1024))]
    jobs: usize,
    #[command(flatten)]
    given: Given,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let settings = settings(args)?;
    let tapes = found(&args.places)?;
    let player = args.given.player(false)?;
    let engine = engine(&args.given)?;
    let mut state = State::open(&args.state)?;
    let job =
        Job { tapes: &tapes, settings: &settings, player: &player, engine: &engine, threads: args.jobs };
    let mut shown = Shown::new(tapes.len(), settings.len());
    let outcome = tune(&job, &mut state, |progress| shown.show(&progress))?;
    shown.finish(outcome.replayed);
    if outcome.failed == tapes.len() {
        bail!("no tape could be replayed");
    }

    let svg = picture(&settings, &outcome.measures);
    write_whole(&args.picture, svg.as_bytes())?;
    let text = match args.json {
        true => table::json(&settings, &outcome.measures)?,
        false => table::text(&settings, &outcome.measures),
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    if !args.json {
        println!("picture: {}", args.picture.display());
    }
    if outcome.failed > 0 {
        bail!("{} of {} tapes could not be replayed and count for nothing", outcome.failed, tapes.len());
    }
    Ok(())
}

fn settings(args: &Args) -> anyhow::Result<Vec<Setting>> {
    let presets = match (args.presets.is_empty(), args.grid.is_empty()) {
        (true, true) => Preset::ALL.to_vec(),
        _ => args.presets.clone(),
    };
    let mut bases: Vec<Setting> = presets.into_iter().map(Setting::preset).collect();
    if bases.is_empty() {
        bases.push(args.current.clone());
    }
    Ok(Grid { current: args.current.clone(), bases, axes: args.grid.clone() }.settings()?)
}

/// Whatever decides the results beside tape and setting. Another build may decide otherwise under
/// the same version.
fn engine(given: &Given) -> anyhow::Result<String> {
    let program =
        std::env::current_exe().and_then(std::fs::read).context("this program, to know its version")?;
    Ok(format!("{} {} {}", env!("CARGO_PKG_VERSION"), hash(&program), hash(&given.bytes()?)))
}

/// A bar on a terminal; elsewhere a line for every tenth.
struct Shown {
    what: String,
    bar: Option<ProgressBar>,
    all: usize,
    done: usize,
    tenths: usize,
}

impl Shown {
    fn new(tapes: usize, settings: usize) -> Self {
        let what = format!("{tapes} tapes × {settings} settings");
        Self { what, bar: None, all: 0, done: 0, tenths: 0 }
    }

    fn show(&mut self, progress: &Progress<'_>) {
        match *progress {
            Progress::Found { all, saved } => {
                (self.all, self.done) = (all, saved);
                let what = &self.what;
                if saved > 0 {
                    eprintln!("{what}: {all} replays, {saved} of them done before");
                } else {
                    eprintln!("{what}: {all} replays");
                }
                if std::io::stderr().is_terminal() && saved < all {
                    let bar = ProgressBar::new(all as u64);
                    if let Ok(style) =
                        ProgressStyle::with_template("{wide_bar} {pos}/{len}, {per_sec}, {eta} left")
                    {
                        bar.set_style(style);
                    }
                    bar.set_position(saved as u64);
                    bar.reset_eta();
                    bar.enable_steady_tick(Duration::from_millis(200));
                    self.bar = Some(bar);
                }
                self.tenths = 10 * saved / all.max(1);
            }
            Progress::Saved(n) => {
                self.done += n;
                let tenths = 10 * self.done / self.all.max(1);
                match &self.bar {
                    Some(bar) => bar.set_position(self.done as u64),
                    None if tenths > self.tenths => eprintln!("{}/{} replays", self.done, self.all),
                    None => {}
                }
                self.tenths = tenths;
            }
            Progress::Failed(error) => match &self.bar {
                Some(bar) => bar.suspend(|| eprintln!("telephony-bridge: {error}")),
                None => eprintln!("telephony-bridge: {error}"),
            },
        }
    }

    fn finish(&self, replayed: usize) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        eprintln!("{replayed} replayed");
    }
}
