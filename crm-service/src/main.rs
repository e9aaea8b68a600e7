//! The CRM service: see [`crm_service`].
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    crm_service::run_cli(std::env::args_os())
}
