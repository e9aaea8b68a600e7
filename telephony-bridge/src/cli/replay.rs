//! `telephony-bridge replay`.

use std::io::Write;

use anyhow::bail;
use audio_core::barge_in::Preset;

use super::cost::Cost;
use crate::tape::store::{Place, tapes_in};
use crate::tape::{Playable, ReplayReport, Setting};

/// What a replay runs, for the line that says how fast.
const CHAIN: &str = "echo path, decoding, echo canceller, Kav VAD with tone veto, barge-in, session";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Tapes, folders with `tape.json` and `caller.wav`, or folders of tapes at any depth.
    #[arg(required = true, value_name = "TAPE")]
    tapes: Vec<Place>,
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
    /// Measure the time of each frame, and print to standard error how many times faster than the calls
    /// it was. Without it two runs print the same bytes.
    #[arg(long)]
    timing: bool,
    /// Print the timeline of every decision to standard error.
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    given: super::given::Given,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let player = args.given.player(args.timing)?;
    let mut setting = Setting::default();
    (setting.preset, setting.sensitivity) = (args.preset, args.sensitivity);
    let mut out = std::io::stdout().lock();
    let (mut failed, mut all) = (0, 0);
    let mut cost = Cost::start();
    if !args.json {
        writeln!(out, "{}", Row::HEADER)?;
    }
    for tape in tapes_in(args.tapes.iter().cloned()) {
        all += 1;
        let replayed = tape
            .and_then(|tape| tape.open())
            .map_err(anyhow::Error::from)
            .and_then(|tape| Ok(player.replay(&Playable::load(tape.dir())?, &setting)?));
        match replayed {
            Ok(report) => {
                cost.call(report.duration_ms);
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
    if args.timing {
        eprintln!("{CHAIN}: {}", cost.total());
    }
    if failed > 0 {
        bail!("{failed} of {all} tapes could not be replayed");
    }
    Ok(())
}

fn sensitivity(text: &str) -> Result<f32, &'static str> {
    let number = text.parse().ok().filter(|number| (-1.0..=1.0).contains(number));
    number.ok_or("expected a number from -1 to 1")
}

/// The timeline for people, on standard error: one line a decision, with what tipped it.
fn explain(report: &ReplayReport) {
    eprintln!("{}", report.tape);
    for event in &report.events {
        eprintln!("  {}", event.explained());
    }
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
