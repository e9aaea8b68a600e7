//! The command line.

mod cost;
mod given;
mod probe;
mod replay;
mod serve;
mod tape;
mod top;
mod webhooks;

use std::process::ExitCode;

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
    /// Ask each configured provider for something small and print how it went.
    Probe(probe::Args),
    /// Set the webhooks of a Twilio number.
    Webhooks(webhooks::Args),
    /// Replay recorded calls in virtual time and report every decision.
    Replay(replay::Args),
    /// Work with tapes: recorded calls as files.
    Tape(tape::Args),
    /// Show the live calls of a running bridge.
    Top(top::Args),
}

/// An error as one sentence: what happened and why, each part once, though an error may quote its
/// own cause.
pub fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !sentence.contains(&cause) {
            if !sentence.is_empty() {
                sentence.push_str(": ");
            }
            sentence.push_str(&cause);
        }
    }
    sentence
}

/// Runs the command line. The exit code is 0 only if everything succeeded, and for a comparison only
/// if nothing differs.
pub fn run() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Probe(args) => probe::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Serve(args) => serve::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Replay(args) => replay::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Tape(args) => tape::run(&args),
        Command::Top(args) => top::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Webhooks(args) => webhooks::run(&args).map(|()| ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    #[test]
    fn an_error_says_each_thing_once() {
        let cause = std::io::Error::other("the disk is full");
        let error = Err::<(), _>(cause).context("a.wav: the disk is full").context("tape x").unwrap_err();
        assert_eq!(super::sentence(&error), "tape x: a.wav: the disk is full");
    }
}
