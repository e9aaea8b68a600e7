//! `telephony-bridge tape validate`.

use std::io::Write as _;

use anyhow::bail;
use serde_json::json;

use crate::cli::sentence;
use crate::tape::store::{Place, tapes_in};
use crate::tape::validate::{Problem, validate};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints one line a problem, `TAPE: PLACE: PROBLEM`, and nothing for a good tape. The exit code is 1 if there is
any problem.

Example:
  telephony-bridge tape validate fixtures/calls")]
pub(super) struct Args {
    /// Tapes, or folders of tapes.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<Place>,
    /// One JSON object a tape instead: `{"tape":…,"problems":[{"place":…,"problem":…}]}`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let (mut tapes, mut bad) = (0, 0);
    for tape in tapes_in(args.paths.iter().cloned()) {
        tapes += 1;
        let (name, problems) = match tape.and_then(|tape| Ok((tape.place().to_string(), tape.open()?))) {
            Ok((name, open)) => (name, validate(open.dir())),
            Err(error) => {
                bad += 1;
                eprintln!("telephony-bridge: {}", sentence(&error.into()));
                continue;
            }
        };
        bad += usize::from(!problems.is_empty());
        if args.json {
            writeln!(out, "{}", json!({ "tape": name, "problems": problems }))?;
            continue;
        }
        for Problem { place, problem } in problems {
            writeln!(out, "{name}: {place}: {problem}")?;
        }
    }
    if bad > 0 {
        bail!("{bad} of {tapes} tapes have problems");
    }
    if !args.json {
        eprintln!("{tapes} tapes checked, no problem");
    }
    Ok(())
}
