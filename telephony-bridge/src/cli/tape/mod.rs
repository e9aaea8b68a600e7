//! `telephony-bridge tape`.

mod diff;
mod export;
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

use std::process::ExitCode;

use overwrite::Overwrite;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show which decisions differ between two settings, two versions or two tapes.
    Diff(diff::Args),
    /// Write tapes as WAV, CSV or JSON, for other programs.
    Export(export::Args),
    /// Make tapes of recordings: a WAV of one or both sides, or raw µ-law.
    Import(import::Args),
    /// Say what tapes hold.
    Info(info::Args),
    /// Label what is on the caller's line, by ear or from an Audacity label track.
    Label(label::Args),
    /// Cut a tape down to the shortest that still shows a decision.
    Minimise(minimise::Args),
    /// Make tapes unrecognisable, so that they may be kept and shared.
    Redact(redact::Args),
    /// Remove tapes whose time is over.
    Retain(retain::Args),
    /// Replay tapes under many settings: what each would cost, as a table and a picture.
    Tune(tune::Args),
    /// Check tapes: every problem in one run, with its place.
    Validate(validate::Args),
    /// Draw a call as one HTML page: both sides, every decision and its evidence.
    View(view::Args),
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Diff(args) => Ok(diff::run(args)),
        Command::Export(args) => export::run(args).map(|()| ExitCode::SUCCESS),
        Command::Import(args) => import::run(args).map(|()| ExitCode::SUCCESS),
        Command::Info(args) => info::run(args).map(|()| ExitCode::SUCCESS),
        Command::Label(args) => label::run(args).map(|()| ExitCode::SUCCESS),
        Command::Minimise(args) => minimise::run(args).map(|()| ExitCode::SUCCESS),
        Command::Redact(args) => redact::run(args).map(|()| ExitCode::SUCCESS),
        Command::Retain(args) => retain::run(args).map(|()| ExitCode::SUCCESS),
        Command::Tune(args) => tune::run(args).map(|()| ExitCode::SUCCESS),
        Command::Validate(args) => validate::run(args).map(|()| ExitCode::SUCCESS),
        Command::View(args) => view::run(args).map(|()| ExitCode::SUCCESS),
    }
}
