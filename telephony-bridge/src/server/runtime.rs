//! The threads on which sockets are served.

use std::io;

use audio_core::engine::EngineConfig;
use tokio::runtime::{Builder, Runtime};

use crate::config::Config;

/// Tokio's own setting, for whoever knows better.
const WORKERS: &str = "TOKIO_WORKER_THREADS";

/// An async runtime with one thread for each audio thread, unless `TOKIO_WORKER_THREADS` says otherwise.
///
/// A call costs both about the same. More threads than that steal each other's calls and wake each other for
/// it: on two cores, two of them cost a quarter more than one.
///
/// # Errors
/// The operating system gives no threads.
pub fn runtime(config: &Config) -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if std::env::var_os(WORKERS).is_none() {
        builder.worker_threads(workers(config));
    }
    builder.enable_all().build()
}

fn workers(config: &Config) -> usize {
    match config.engine_workers {
        0 => EngineConfig::default().workers,
        workers => workers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    #[test]
    fn as_many_threads_as_audio_threads() {
        let with = |engine_workers| {
            let pairs = [
                ("PUBLIC_BASE_URL", "https://bridge.example.com"),
                ("TWILIO_AUTH_TOKEN", "12345"),
                ("INTERNAL_API_TOKEN", "internal"),
                ("ENGINE_WORKERS", engine_workers),
            ];
            Config::from_source(&Source::from_pairs(pairs).expect("known")).expect("complete")
        };
        assert_eq!(workers(&with("3")), 3);
        assert_eq!(workers(&with("0")), EngineConfig::default().workers);
    }
}
