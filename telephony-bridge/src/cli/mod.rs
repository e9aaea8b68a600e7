//! The command line.

mod replay;
mod serve;

use clap::{Parser, Subcommand};

/// Twilio Media Streams wired to speech providers and to the CRM.
#[derive(Debug, Parser)]
#[command(name = "telephony-bridge", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer calls.
    Serve(serve::Args),
    /// Replay recorded calls in virtual time and report every decision.
    Replay(replay::Args),
}

/// Runs the command line. The exit code is 0 only if everything succeeded.
pub fn run() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Replay(args) => replay::run(&args),
    }
}
