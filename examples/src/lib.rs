//! What the examples share.
#![forbid(unsafe_code)]

pub mod simulation;

use std::process::ExitCode;

/// Ends an example: quietly, or with one sentence on standard error and exit code 1.
pub fn exit(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", telephony_bridge::cli::sentence(&error));
            ExitCode::FAILURE
        }
    }
}
