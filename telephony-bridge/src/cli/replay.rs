//! `telephony-bridge replay`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use audio_core::barge_in::Preset;
use audio_core::tape::Tape;

use crate::config;
use crate::providers::embedded::VoiceLibrary;
use crate::session::SessionConfig;
use crate::tape::{Recording, ReplayOptions, ReplayReport, RerunOptions, TimelineEvent, replay, rerun};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Tapes: folders with `tape.json` and `caller.wav`.
    #[arg(required = true, value_name = "TAPE")]
    tapes: Vec<PathBuf>,
    /// One JSON object a tape, in argument order, keys sorted.
    #[arg(long)]
    json: bool,
    /// Barge-in rules: polite, responsive or adaptive. A tape recorded live is replayed with its
    /// own rules unless this is given; other tapes with adaptive.
    #[arg(long)]
    preset: Option<Preset>,
    /// More (up to 1) or less (down to -1) sensitive than the preset. A tape recorded live is
    /// replayed with its own, whatever the preset, unless this is given; other tapes with 0.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = sensitivity)]
    sensitivity: Option<f32>,
    /// Measure the time of each frame. Without it two runs print the same bytes.
    #[arg(long)]
    timing: bool,
    /// Print the timeline of every decision to standard error.
    #[arg(long)]
    explain: bool,
    /// Clip library for lines without a recording of their own.
    #[arg(long, env = "VOICE_DIR", value_name = "DIR")]
    voice: Option<PathBuf>,
    /// Word lists; each list it names replaces the Hebrew one of that name. A tape recorded live
    /// replays with the same decisions if the bridge had them too.
    #[arg(long, env = "WORDS_FILE", value_name = "FILE")]
    words: Option<PathBuf>,
    /// Timings and phrases of the conversation, as the bridge takes them; the same holds.
    #[arg(long, env = "SESSION_FILE", value_name = "FILE")]
    session: Option<PathBuf>,
}

/// What every tape is replayed with.
struct Given {
    library: VoiceLibrary,
    session: SessionConfig,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let given = Given {
        library: match &args.voice {
            Some(dir) => VoiceLibrary::load(dir)?,
            None => VoiceLibrary::default(),
        },
        session: config::session(args.words.as_deref(), args.session.as_deref())?,
    };
    let mut out = std::io::stdout().lock();
    let mut failed = 0;
    if !args.json {
        writeln!(out, "{}", Row::HEADER)?;
    }
    for path in &args.tapes {
        match replay_one(path, args, &given) {
            Ok(report) => {
                if let Some(at) = report.diverged_ms {
                    let tape = &report.tape;
                    eprintln!(
                        "{tape}: decides otherwise from {at} ms on; from there the recording is as it was"
                    );
                }
                if args.explain {
                    explain(&report);
                }
                if args.json {
                    writeln!(out, "{}", report.to_json_line())?;
                } else {
                    writeln!(out, "{}", Row(&report))?;
                }
            }
            Err(error) => {
                failed += 1;
                eprintln!("telephony-bridge: {}", super::sentence(&error));
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} tapes could not be replayed", args.tapes.len());
    }
    Ok(())
}

fn replay_one(path: &Path, args: &Args, given: &Given) -> anyhow::Result<ReplayReport> {
    let tape = Tape::load(path)?;
    if let Some(recording) = Recording::load(path)? {
        let session = given.session.clone();
        let options =
            RerunOptions { preset: args.preset, sensitivity: args.sensitivity, session, timing: args.timing };
        return Ok(rerun(&tape, &recording, &options)?.report);
    }
    let preset = args.preset.unwrap_or(Preset::Adaptive);
    let options = ReplayOptions {
        barge_in: preset.config().with_sensitivity(args.sensitivity.unwrap_or(0.0)),
        session: given.session.clone(),
        timing: args.timing,
        library: given.library.clone(),
    };
    Ok(replay(&tape, &options)?)
}

fn sensitivity(text: &str) -> Result<f32, &'static str> {
    let number = text.parse().ok().filter(|number| (-1.0..=1.0).contains(number));
    number.ok_or("expected a number from -1 to 1")
}

/// The timeline for people, on standard error: one line a decision, with what tipped it.
fn explain(report: &ReplayReport) {
    eprintln!("{}", report.tape);
    for event in &report.events {
        eprintln!("  {}", explained(event));
    }
}

fn explained(event: &TimelineEvent) -> String {
    let value = serde_json::to_value(event.event).unwrap_or_default();
    let name = value.as_str().unwrap_or_default().to_owned();
    let detail = match (event.score, event.reason, event.state) {
        (Some(score), ..) => format!(" score {score:.2}"),
        (_, Some(reason), _) => format!(" {reason:?}").to_lowercase(),
        (.., Some(state)) => format!(" {}", state.name()),
        _ => String::new(),
    };
    let why = event.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{:>8.3} s  {name}{detail}{why}", event.t_ms as f64 / 1_000.0)
}

/// One line of the table for people.
struct Row<'a>(&'a ReplayReport);

impl Row<'_> {
    const HEADER: &'static str = "tape                 seconds  turns  cut off  missed  barge-in: hit  false  missed   allocations  state";
}

impl std::fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let r = self.0;
        let count = |n: Option<u32>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
        write!(
            f,
            "{:<20} {:>7.1}  {:>5}  {:>7}  {:>6}  {:>13}  {:>5}  {:>6}   {:>11}  {}",
            r.tape,
            r.duration_ms as f64 / 1_000.0,
            r.turns.len(),
            count(r.cut_off_turns),
            count(r.missed_turns),
            count(r.barge_in.true_positives),
            count(r.barge_in.false_positives),
            count(r.barge_in.missed),
            r.allocations_in_pipeline,
            r.final_state.name(),
        )?;
        if let (Some(p50), Some(p99)) = (r.us_per_frame_p50, r.us_per_frame_p99) {
            write!(f, "  {p50:.2} / {p99:.2} µs a frame (p50 / p99)")?;
        }
        Ok(())
    }
}
