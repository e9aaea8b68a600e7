//! `telephony-bridge tape info`.

use std::io::Write as _;

use anyhow::bail;

use crate::cli::sentence;
use crate::tape::info::{TapeInfo, info};
use crate::tape::store::{Place, tapes_in};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Levels are RMS and peak in dBFS, 0 is full scale. Spans are turns, backchannels, interruptions, noise and side
speech. A live tape was recorded by `serve` and replays with the same decisions.

Example:
  telephony-bridge tape info fixtures/calls")]
pub(super) struct Args {
    /// Tapes, or folders of tapes.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<Place>,
    /// One JSON object a tape.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if !args.json {
        writeln!(out, "{HEADER}")?;
    }
    let (mut tapes, mut failed) = (0, 0);
    for tape in tapes_in(args.paths.iter().cloned()) {
        tapes += 1;
        let told = tape.map_err(anyhow::Error::from).and_then(|tape| {
            let open = tape.open()?;
            Ok((tape.name().to_owned(), info(open.dir())?))
        });
        match told {
            Ok((name, info)) if args.json => {
                let mut value = serde_json::to_value(&info)?;
                value["tape"] = name.into();
                writeln!(out, "{value}")?;
            }
            Ok((name, info)) => writeln!(out, "{}", row(&name, &info))?,
            Err(error) => {
                failed += 1;
                eprintln!("telephony-bridge: {}", sentence(&error));
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {tapes} tapes cannot be read");
    }
    Ok(())
}

const HEADER: &str = "tape                    seconds  caller dBFS    agent dBFS     clips  turn  back  inter  noise  side  recorded         consent  redacted       kB  labels";

fn row(name: &str, info: &TapeInfo) -> String {
    let level = |side: &crate::tape::info::SideInfo| format!("{:.1} / {:.1}", side.rms_dbfs, side.peak_dbfs);
    let spans = |kind| info.spans.get(kind).copied().unwrap_or(0);
    let recorded = info.preset.as_ref().map_or_else(|| "-".to_owned(), |preset| format!("live, {preset}"));
    let consent = match info.consent {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    format!(
        "{name:<22} {:>8.1}  {:<13}  {:<13}  {:>5}  {:>4}  {:>4}  {:>5}  {:>5}  {:>4}  {recorded:<15}  {consent:<7}  {:<8} {:>8}  {}",
        info.duration_ms as f64 / 1_000.0,
        level(&info.caller),
        info.agent.as_ref().map_or_else(|| "-".to_owned(), level),
        info.clips,
        spans("turn"),
        spans("backchannel"),
        spans("interruption"),
        spans("noise"),
        spans("side_speech"),
        if info.redacted { "yes" } else { "no" },
        info.bytes.div_ceil(1_024),
        info.labels_by.as_deref().unwrap_or(if info.spans.is_empty() { "-" } else { "with the tape" }),
    )
}
