//! `telephony-bridge tape`.

mod diff;
mod tune;

use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show which decisions differ between two settings, two versions or two tapes.
    Diff(diff::Args),
    /// Replay tapes under many settings: what each would cost, as a table and a picture.
    Tune(tune::Args),
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Diff(args) => Ok(diff::run(args)),
        Command::Tune(args) => tune::run(args).map(|()| ExitCode::SUCCESS),
    }
}
