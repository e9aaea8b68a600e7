//! `telephony-bridge tape`.

mod diff;

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
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Diff(args) => Ok(diff::run(args)),
    }
}
