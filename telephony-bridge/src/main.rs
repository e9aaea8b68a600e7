//! The telephony bridge. See `telephony-bridge --help`.
#![forbid(unsafe_code)]

use audio_core::sys::alloc::CountingAllocator;

/// Counts what audio threads and the replayed pipeline allocate: it must be nothing.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> std::process::ExitCode {
    match telephony_bridge::cli::run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("telephony-bridge: {}", telephony_bridge::cli::sentence(&error));
            std::process::ExitCode::FAILURE
        }
    }
}
