//! `telephony-bridge tape minimise`.

use anyhow::bail;
use audio_core::barge_in::Preset;

use super::{Overwrite, progress};
use crate::cli::given::Given;
use crate::cli::sentence;
use crate::tape::Setting;
use crate::tape::minimise::{Wanted, minimise};
use crate::tape::store::{Place, tapes_in};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The kinds are those that `replay --json` lists: speech_start, turn_end, duck, barge_in, resume, clear… The new tape
is replayed before it is put in place: it shows the decision at a time that is printed. A tape for a report of a
bug is best redacted too.

Example:
  telephony-bridge tape minimise fixtures/calls/interruption bug --decision barge_in@14390")]
pub(super) struct Args {
    /// A tape.
    #[arg(value_name = "IN")]
    from: Place,
    /// The tape to be made.
    #[arg(value_name = "OUT")]
    to: Place,
    /// The decision to be kept: its kind and time in ms, give or take 100.
    #[arg(long, value_name = "KIND@MS")]
    decision: Wanted,
    /// Barge-in rules: polite, responsive or adaptive; else as `replay` has them.
    #[arg(long)]
    preset: Option<Preset>,
    #[command(flatten)]
    overwrite: Overwrite,
    #[command(flatten)]
    given: Given,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let player = args.given.player(false)?;
    let mut setting = Setting::default();
    setting.preset = args.preset;
    let mut tapes = tapes_in([args.from.clone()]);
    let Some(tape) = tapes.next().transpose()? else { bail!("{}: holds no tape", args.from) };
    if *tape.place() != args.from {
        bail!("{}: holds {} and perhaps more: give one tape", args.from, tape.name());
    }
    if args.overwrite.leaves(&args.to)? {
        return Ok(());
    }
    let bar = progress::counter("ms left");
    let open = tape.open()?;
    let given = (&player, &setting);
    let done = minimise(open.dir(), &args.to, args.overwrite.existing(), args.decision, given, |length_ms| {
        bar.set_position(length_ms);
    });
    bar.finish_and_clear();
    let done = match done {
        Ok(done) => done,
        Err(error) => bail!(args.overwrite.hinted(sentence(&error.into()))),
    };
    let seconds = |ms: u64| ms as f64 / 1_000.0;
    println!(
        "{}: {:.1} s of {:.1}, {} at {} ms, after {} replays{}",
        args.to,
        seconds(done.is_ms),
        seconds(done.was_ms),
        args.decision.event.name(),
        done.t_ms,
        done.replays,
        if done.live { "; the decision hangs on words: only the end is cut" } else { "" }
    );
    Ok(())
}
