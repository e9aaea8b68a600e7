//! `telephony-bridge tape diff`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::super::given::Given;
use super::super::sentence;
use super::found::{found, loaded};
use crate::tape::diff::{Change, ChangeKind, Diff};
use crate::tape::parallel::{cores, in_order};
use crate::tape::store::{Place, TapeRef};
use crate::tape::{Measures, Player, ReplayReport, Setting};

const EXAMPLES: &str = "\
A setting is a preset (own: what the tape was recorded with), numbers by name, or both:
polite | adaptive,sensitivity=-0.3 | own,confirm_ms=800,hangover_ms=200

Examples:
  Two settings:   telephony-bridge tape diff calls --a polite --b adaptive
  Two versions:   telephony-bridge replay --json calls/* > old.jsonl    (the old version)
                  telephony-bridge tape diff old.jsonl calls            (the new one)

Exit code: 0 nothing differs, 1 something does, 2 it could not be found out.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// With --a or --b: tapes, or folders of tapes. Without: two of them, or files with what
    /// `replay --json` printed.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// One side's setting.
    #[arg(long, value_name = "SETTING")]
    a: Option<Setting>,
    /// The other side's.
    #[arg(long, value_name = "SETTING")]
    b: Option<Setting>,
    /// One side's setting as TOML: preset, sensitivity, [barge_in], [vad], [session].
    #[arg(long, value_name = "FILE", conflicts_with = "a")]
    a_config: Option<PathBuf>,
    /// The other side's.
    #[arg(long, value_name = "FILE", conflicts_with = "b")]
    b_config: Option<PathBuf>,
    /// A decision that moved by no more than this is the same. The default is a frame: in a recorded call
    /// decisions come when their frames came.
    #[arg(long, value_name = "MS", default_value_t = 20)]
    tolerance: u64,
    /// One JSON object in the place of the tables.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    given: Given,
}

pub(super) fn run(args: &Args) -> ExitCode {
    match compare(args).and_then(|(names, diff)| print(args, &names, &diff).map(|()| diff)) {
        Ok(diff) if diff.is_empty() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("telephony-bridge: {}", sentence(&error));
            ExitCode::from(2)
        }
    }
}

fn compare(args: &Args) -> anyhow::Result<([String; 2], Diff)> {
    let player = args.given.player(false)?;
    let setting = |given: &Option<Setting>, file: &Option<PathBuf>| -> anyhow::Result<Option<Setting>> {
        match file {
            None => Ok(given.clone()),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                let setting = Setting::from_toml(&text).with_context(|| path.display().to_string())?;
                Ok(Some(setting))
            }
        }
    };
    let (a, b) = (setting(&args.a, &args.a_config)?, setting(&args.b, &args.b_config)?);
    if a.is_some() || b.is_some() {
        let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
        let diff = two_settings(&player, &args.paths, &a, &b, args.tolerance)?;
        return Ok(([a.to_string(), b.to_string()], diff));
    }
    let [a, b] = &args.paths[..] else {
        bail!("two paths to compare, or --a and --b with any number of tapes; {} given", args.paths.len());
    };
    let diff = Diff::of(reports(&player, a)?, reports(&player, b)?, args.tolerance);
    Ok(([a.display().to_string(), b.display().to_string()], diff))
}

fn two_settings(
    player: &Player,
    paths: &[PathBuf],
    a: &Setting,
    b: &Setting,
    tolerance_ms: u64,
) -> anyhow::Result<Diff> {
    let mut diff = Diff::default();
    let places: Vec<Place> = paths.iter().map(|path| place(path)).collect::<Result<_, _>>()?;
    let both = |tape: &TapeRef| -> anyhow::Result<(ReplayReport, ReplayReport)> {
        let tape = loaded(tape)?;
        Ok((player.replay(&tape, a)?, player.replay(&tape, b)?))
    };
    in_order(&found(&places)?, cores(), both, |_, pair| {
        let (a, b) = pair?;
        diff.add(&a, &b, tolerance_ms);
        Ok::<_, anyhow::Error>(())
    })?;
    Ok(diff)
}

fn place(path: &Path) -> anyhow::Result<Place> {
    Ok(path.to_string_lossy().parse()?)
}

/// What a file of reports holds, or the replays of the tapes at a path.
fn reports(player: &Player, path: &Path) -> anyhow::Result<Vec<ReplayReport>> {
    let mut reports = Vec::new();
    if path.is_file() {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let place = || format!("{}, line {}: no replay report", path.display(), i + 1);
            reports.push(serde_json::from_str(line).with_context(place)?);
        }
        if reports.is_empty() {
            bail!("{}: no replay report in it", path.display());
        }
        return Ok(reports);
    }
    let replay = |tape: &TapeRef| -> anyhow::Result<ReplayReport> {
        Ok(player.replay(&loaded(tape)?, &Setting::default())?)
    };
    in_order(&found(&[place(path)?])?, cores(), replay, |_, report| {
        reports.push(report?);
        Ok::<_, anyhow::Error>(())
    })?;
    Ok(reports)
}

fn print(args: &Args, names: &[String; 2], diff: &Diff) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if args.json {
        let mut json = serde_json::to_value(diff)?;
        json["a_name"] = names[0].clone().into();
        json["b_name"] = names[1].clone().into();
        writeln!(out, "{json}")?;
        return Ok(());
    }
    out.write_all(text(names, diff).as_bytes())?;
    Ok(())
}

fn text([a, b]: &[String; 2], diff: &Diff) -> String {
    let mut text = format!("A  {a}\nB  {b}\n");
    let tapes = |n: u32| if n == 1 { "1 tape".to_owned() } else { format!("{n} tapes") };
    let all = tapes(diff.same_tapes + diff.changed_tapes);
    let _ = match diff.changed_tapes {
        0 => writeln!(text, "{all}: no decision differs"),
        n => writeln!(text, "{all}: decisions differ in {n}"),
    };
    for (side, missing) in [("A", &diff.only_a), ("B", &diff.only_b)] {
        if !missing.is_empty() {
            let _ = writeln!(text, "only in {side}: {}", missing.join(", "));
        }
    }
    let mut tape = "";
    for change in &diff.changes {
        if std::mem::replace(&mut tape, &change.tape) != change.tape {
            let _ = writeln!(text, "\n{tape}");
        }
        let _ = writeln!(text, "{}", line(change));
    }
    if diff.changed_tapes > 0 {
        text.push('\n');
        table(&mut text, &diff.a, &diff.b);
    }
    text
}

fn line(change: &Change) -> String {
    let seconds =
        |ms: Option<u64>| ms.map_or_else(|| "–".to_owned(), |ms| format!("{:.3} s", ms as f64 / 1e3));
    let why = |why: &Option<String>| why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let what = match change.change {
        ChangeKind::Added => format!("only B{}", why(&change.b_why)),
        ChangeKind::Removed => format!("only A{}", why(&change.a_why)),
        ChangeKind::Moved => {
            let by = change.b_ms.unwrap_or(0) as i64 - change.a_ms.unwrap_or(0) as i64;
            format!("{:+} ms{}", by, why(&change.b_why))
        }
        ChangeKind::OtherReason => {
            format!("for another reason{}, was{}", why(&change.b_why), why(&change.a_why))
        }
    };
    format!("  {:<12} {:>10} {:>10}  {what}", change.event.name(), seconds(change.a_ms), seconds(change.b_ms))
}

/// The counts, side by side.
fn table(text: &mut String, a: &Measures, b: &Measures) {
    let judged = |count: fn(&Measures) -> u32| move |m: &Measures| m.is_judged().then(|| f64::from(count(m)));
    type Row<'a> = (&'a str, &'a dyn Fn(&Measures) -> Option<f64>);
    let rows: [Row<'_>; 13] = [
        ("yields", &|m| Some(f64::from(m.yields))),
        ("  to interruptions", &judged(|m| m.hits)),
        ("  false", &judged(|m| m.false_yields)),
        ("  false per minute of agent speech", &Measures::false_per_minute),
        ("interruptions missed", &judged(|m| m.missed)),
        ("interruption → yield, ms, median", &|m| m.yield_latency(50).map(|ms| ms as f64)),
        ("interruption → yield, ms, p95", &|m| m.yield_latency(95).map(|ms| ms as f64)),
        ("ducks", &|m| Some(f64::from(m.ducks))),
        ("turns cut off", &judged(|m| m.cut_off_turns)),
        ("turns missed", &judged(|m| m.missed_turns)),
        ("end of speech → turn end, ms, median", &|m| m.turn_end_latency(50).map(|ms| ms as f64)),
        ("end of speech → turn end, ms, p95", &|m| m.turn_end_latency(95).map(|ms| ms as f64)),
        ("seconds no longer as recorded", &|m| (m.untrue_tapes > 0).then(|| m.untrue_ms as f64 / 1e3)),
    ];
    let _ = writeln!(text, "{:<38} {:>9} {:>9} {:>9}", "", "A", "B", "B − A");
    let number = |x: Option<f64>, sign: bool| match x {
        None => "–".to_owned(),
        Some(x) if x.fract() == 0.0 && sign => format!("{x:+.0}"),
        Some(x) if x.fract() == 0.0 => format!("{x:.0}"),
        Some(x) if sign => format!("{x:+.2}"),
        Some(x) => format!("{x:.2}"),
    };
    for (name, of) in rows {
        let (x, y) = (of(a), of(b));
        if x.is_none() && y.is_none() {
            continue;
        }
        let by = x.zip(y).map(|(x, y)| y - x).filter(|by| *by != 0.0);
        let by = by.map_or_else(String::new, |by| number(Some(by), true));
        let row = format!("{name:<38} {:>9} {:>9} {by:>9}", number(x, false), number(y, false));
        let _ = writeln!(text, "{}", row.trim_end());
    }
    let unlabelled = a.unlabelled;
    if unlabelled > 0 {
        let _ = writeln!(
            text,
            "{unlabelled} of {} tapes have no labels: they count for yields and ducks alone",
            a.tapes
        );
    }
}
