//! `telephony-bridge tape`.

mod diff;
mod export;
mod found;
mod import;
mod info;
mod label;
mod minimise;
mod overwrite;
mod progress;
mod redact;
mod retain;
mod tune;
mod validate;
mod view;
mod whole;

use std::process::ExitCode;

use overwrite::Overwrite;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make tapes of recordings: a WAV of one or both sides, or raw µ-law.
    Import(import::Args),
    /// Say what tapes hold.
    Info(info::Args),
    /// Check tapes: every problem in one run, with its place.
    Validate(validate::Args),
    /// Label what is on the caller's line, by ear or from an Audacity label track.
    Label(label::Args),
    /// Draw a call as one HTML page: both sides, every decision and its evidence.
    View(view::Args),
    /// Show which decisions differ between two settings, two versions or two tapes.
    Diff(diff::Args),
    /// Replay tapes under many settings: what each would cost, as a table and a picture.
    Tune(tune::Args),
    /// Cut a tape down to the shortest that still shows a decision.
    Minimise(minimise::Args),
    /// Write tapes as WAV, CSV or JSON, for other programs.
    Export(export::Args),
    /// Make tapes unrecognisable, so that they may be kept and shared.
    Redact(redact::Args),
    /// Remove tapes whose time is over.
    Retain(retain::Args),
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Import(args) => import::run(args),
        Command::Info(args) => info::run(args),
        Command::Validate(args) => validate::run(args),
        Command::Label(args) => label::run(args),
        Command::View(args) => view::run(args),
        Command::Diff(args) => return Ok(diff::run(args)),
        Command::Tune(args) => tune::run(args),
        Command::Minimise(args) => minimise::run(args),
        Command::Export(args) => export::run(args),
        Command::Redact(args) => redact::run(args),
        Command::Retain(args) => retain::run(args),
    }
    .map(|()| ExitCode::SUCCESS)
}
