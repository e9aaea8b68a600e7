//! `telephony-bridge tape export`.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use audio_core::barge_in::Preset;

use super::progress;
use crate::cli::given::Given;
use crate::cli::sentence;
use crate::tape::store::{Place, tapes_in};
use crate::tape::{Playable, Player, Setting, export};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The tape is replayed. wav: both sides, the caller on the left as the bridge heard it, echo included. csv: a row for
each 20 ms with levels in dBFS, the voice detector's score, what speaks for an interruption, and decisions.
json: the same with the replay's report.

Examples:
  telephony-bridge tape export fixtures/calls/interruption call.wav --format wav
  telephony-bridge tape export fixtures/calls frames/ --format csv")]
pub(super) struct Args {
    /// A tape, or a folder of tapes.
    #[arg(value_name = "PATH")]
    from: Place,
    /// The file to be written. For a folder of tapes, or with a `/` at its end, a folder of files
    /// named after the tapes.
    #[arg(value_name = "OUT")]
    to: PathBuf,
    /// What to write.
    #[arg(long, value_enum)]
    format: Format,
    /// Barge-in rules: polite, responsive or adaptive; else as `replay` has them.
    #[arg(long)]
    preset: Option<Preset>,
    /// Replace files that exist.
    #[arg(long, conflicts_with = "skip_existing")]
    force: bool,
    /// Leave files that exist: goes on where an interrupted run ended.
    #[arg(long)]
    skip_existing: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Wav,
    Csv,
    Json,
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let player = args.given.player(false)?;
    let mut setting = Setting::default();
    setting.preset = args.preset;
    let marked = args.to.as_os_str().as_encoded_bytes().ends_with(b"/");
    let (mut all, mut failed) = (0, 0);
    let bar = progress::counter("tapes");
    for tape in tapes_in([args.from.clone()]) {
        all += 1;
        let done = tape.map_err(anyhow::Error::from).and_then(|tape| {
            let one = *tape.place() == args.from && !marked;
            let name = format!("{}.{}", tape.name(), args.format.extension());
            let to = if one { args.to.clone() } else { args.to.join(name) };
            if to.symlink_metadata().is_ok() && !args.force {
                if args.skip_existing {
                    return Ok(None);
                }
                bail!("{}: exists already: --force replaces it, --skip-existing leaves it", to.display());
            }
            let tape = tape.open()?;
            write(&Playable::load(tape.dir())?, (&player, &setting), args.format, &to)?;
            Ok(Some(to))
        });
        match done {
            Ok(Some(to)) => bar.suspend(|| println!("{}", to.display())),
            Ok(None) => {}
            Err(error) => {
                failed += 1;
                bar.suspend(|| eprintln!("telephony-bridge: {}", sentence(&error)));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if failed > 0 {
        bail!("{failed} of {all} tapes could not be exported");
    }
    Ok(())
}

/// The file appears whole or not at all.
fn write(
    tape: &Playable,
    (player, setting): (&Player, &Setting),
    format: Format,
    to: &Path,
) -> anyhow::Result<()> {
    let (report, trace) = player.traced(tape, setting)?;
    let context = || to.display().to_string();
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    let file = tempfile::Builder::new().prefix(".new-").tempfile_in(parent).with_context(context)?;
    match format {
        Format::Wav => export::wav(&trace, file.path())?,
        Format::Csv | Format::Json => {
            let mut out = BufWriter::new(file.as_file());
            match format {
                Format::Csv => export::csv(&report, &trace, &mut out),
                _ => export::json(&report, &trace, &mut out),
            }
            .and_then(|()| out.flush())
            .with_context(context)?;
        }
    }
    file.as_file().sync_all().with_context(context)?;
    file.persist(to).map_err(|error| error.error).with_context(context)?;
    Ok(())
}
