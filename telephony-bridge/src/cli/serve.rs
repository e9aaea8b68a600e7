//! `telephony-bridge serve`.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use crate::config::{Config, SETTINGS};
use crate::logging;
use crate::otel::Traces;
use crate::server::{LiveRunner, runtime, serve};

#[derive(Debug, clap::Args)]
#[command(after_help = settings_help())]
pub(super) struct Args {
    /// TOML file with settings; environment variables win over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Every setting, for `--help`.
fn settings_help() -> String {
    let rows = SETTINGS.iter().map(|(name, default, meaning)| {
        let default = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        format!("  {name:<26} {meaning}{default}\n")
    });
    format!("Settings, as environment variables or in lower case in the file:\n{}", rows.collect::<String>())
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let config = Config::load(args.config.as_deref())?;
    logging::start(config.log_format, config.verbose);
    let runtime = runtime(&config).context("cannot start the async runtime")?;
    runtime.block_on(async {
        let traces = Traces::start(&config)?;
        let runner = Arc::new(LiveRunner::new(&config)?);
        let listener = tokio::net::TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("cannot listen on {}", config.listen))?;
        // For whoever started it on port 0.
        writeln!(std::io::stdout(), "telephony-bridge listening on http://{}", listener.local_addr()?)?;
        let served = serve(config, listener, runner, stop_signal()?).await;
        traces.stop().await;
        Ok(served?)
    })
}

/// Ready when the process is asked to stop: SIGTERM or Ctrl-C.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
