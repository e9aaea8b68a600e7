//! Logs, on standard error.

use std::io::stderr;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts logging for the process, unless it has begun already. `RUST_LOG` says what; `info` where it
/// says nothing.
pub(crate) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "logging was started before");
    }
}
