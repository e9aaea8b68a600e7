//! `telephony-bridge tape redact`.

use std::path::PathBuf;

use anyhow::bail;

use super::{Overwrite, progress};
use crate::cli::sentence;
use crate::config;
use crate::session::SessionConfig;
use crate::tape::redact::redact;
use crate::tape::store::{Place, tapes_in};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Voices become a hum or noise of the same level, 20 ms by 20 ms; words become made-up ones as long, but for those of
the word lists (yes, wait, of…); digits become 1, telephone numbers zeros. So the tape still replays, with most of
its decisions, and may be kept beyond its time. Look at one before you give it away.

Examples:
  telephony-bridge tape redact data/tapes/CA123 bug-17
  telephony-bridge tape redact data/tapes redacted/ --skip-existing")]
pub(super) struct Args {
    /// A tape, or a folder of tapes.
    #[arg(value_name = "IN")]
    from: Place,
    /// The tape to be made. For a folder of tapes, or with a `/` at its end, a folder of them with
    /// the same names.
    #[arg(value_name = "OUT")]
    to: Place,
    #[command(flatten)]
    overwrite: Overwrite,
    /// Word lists whose words stay; each list it names replaces the Hebrew one of that name.
    #[arg(long, env = "WORDS_FILE", value_name = "FILE")]
    words: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let lexicon = config::session(SessionConfig::default(), args.words.as_deref(), None)?.lexicon;
    let (mut all, mut failed) = (0, 0);
    let bar = progress::counter("tapes");
    for tape in tapes_in([args.from.clone()]) {
        all += 1;
        let done = tape.map_err(anyhow::Error::from).and_then(|tape| {
            // A place that is a tape itself becomes one, unless a folder is asked for.
            let one = *tape.place() == args.from && !args.to.is_marked_folder();
            let to = if one { args.to.clone() } else { args.to.below(tape.name()) };
            if args.overwrite.leaves(&to)? {
                return Ok(None);
            }
            redact(tape.open()?.dir(), &to, args.overwrite.existing(), &lexicon)?;
            Ok(Some(to))
        });
        match done {
            Ok(Some(to)) => bar.suspend(|| println!("{to}: redacted")),
            Ok(None) => {}
            Err(error) => {
                failed += 1;
                bar.suspend(|| eprintln!("telephony-bridge: {}", args.overwrite.hinted(sentence(&error))));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if failed > 0 {
        bail!("{failed} of {all} tapes could not be redacted");
    }
    Ok(())
}
