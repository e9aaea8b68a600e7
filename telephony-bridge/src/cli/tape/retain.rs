//! `telephony-bridge tape retain`.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use anyhow::bail;

use crate::cli::sentence;
use crate::tape::retain::{Verdict, retain};
use crate::tape::store::Place;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A tape's age counts from its `started_at` or from when its caller.wav was last written, whichever is earlier.
Redacted tapes stay. `serve` does the same with its own tapes, after TAPE_RETENTION_HOURS.

Example:
  telephony-bridge tape retain data/tapes --older-than 48h --dry-run")]
pub(super) struct Args {
    /// Tapes, or folders of tapes.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<Place>,
    /// Tapes older than this are removed: a number with m, h or d for minutes, hours or days.
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Duration,
    /// Remove nothing, only say what would be.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let (mut all, mut over, mut redacted, mut failed) = (0, 0, 0, 0);
    let places = args.paths.iter().cloned();
    for tape in retain(places, args.older_than, SystemTime::now(), args.dry_run) {
        all += 1;
        match tape {
            Ok(tape) => match tape.verdict {
                Verdict::Young => {}
                Verdict::Redacted => redacted += 1,
                Verdict::Over => {
                    over += 1;
                    let what = if args.dry_run { "would be removed" } else { "removed" };
                    writeln!(out, "{}: {what}", tape.tape.place())?;
                }
            },
            Err(error) => {
                failed += 1;
                eprintln!("telephony-bridge: {}", sentence(&error.into()));
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {all} tapes could not be judged or removed");
    }
    let what = if args.dry_run { "would be removed" } else { "removed" };
    eprintln!("{over} of {all} tapes {what}; {redacted} as old stay, redacted");
    Ok(())
}

fn age(text: &str) -> Result<Duration, &'static str> {
    let wrong = "expected a number with m, h or d, such as 48h";
    let unit = text.chars().next_back().ok_or(wrong)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong)?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or(wrong)
}
