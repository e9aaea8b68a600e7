//! `telephony-bridge probe`.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::future::join_all;
use serde_json::json;

use crate::config::Config;
use crate::providers::Probe;
use crate::providers::embedded::VoiceLibrary;
use crate::providers::net::{ProviderError, Role};
use crate::providers::setup::Toolkit;

/// Longest a provider is waited for.
const LIMIT: Duration = Duration::from_secs(10);

/// Exit code 1 if a provider does not work.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// TOML file with settings; environment variables win over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One JSON object a provider.
    #[arg(long)]
    json: bool,
}

/// How one provider did.
struct Row {
    role: Role,
    provider: &'static str,
    took: Duration,
    /// `None`: no answer within the limit.
    result: Option<Result<(), ProviderError>>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let config = Config::load(args.config.as_deref())?;
    let toolkit = Toolkit::new(&config, &VoiceLibrary::default())?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let rows = runtime.block_on(join_all(toolkit.probes().into_iter().map(ask)));
    let mut out = std::io::stdout().lock();
    if rows.is_empty() && !args.json {
        writeln!(out, "no provider is configured: calls run on the embedded ones")?;
    }
    for row in &rows {
        let line = if args.json { row.json() } else { row.text() };
        writeln!(out, "{line}")?;
    }
    let broken = rows.iter().filter(|row| !row.works()).count();
    anyhow::ensure!(broken == 0, "{broken} of {} providers do not work", rows.len());
    Ok(())
}

async fn ask(probe: Probe) -> Row {
    let begun = Instant::now();
    let result = tokio::time::timeout(LIMIT, probe.run).await.ok();
    Row { role: probe.role, provider: probe.provider, took: begun.elapsed(), result }
}

impl Row {
    fn works(&self) -> bool {
        matches!(self.result, Some(Ok(())))
    }

    /// What went wrong, as a reason and a sentence.
    fn failure(&self) -> Option<(&'static str, String)> {
        match &self.result {
            Some(Ok(())) => None,
            Some(Err(error)) => Some((error.reason.as_str(), format!("{}: {}", error.phase, error.detail))),
            None => Some(("slow", format!("no answer within {} ms", LIMIT.as_millis()))),
        }
    }

    fn text(&self) -> String {
        let (role, provider, ms) = (self.role.as_str(), self.provider, self.took.as_millis());
        match self.failure() {
            None => format!("{role:<9} {provider:<9} {:<9} {ms:>6} ms", "works"),
            Some((reason, detail)) => format!("{role:<9} {provider:<9} {reason:<9} {ms:>6} ms  {detail}"),
        }
    }

    fn json(&self) -> String {
        let failure = self.failure();
        json!({
            "role": self.role.as_str(),
            "provider": self.provider,
            "works": self.works(),
            "ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "reason": failure.as_ref().map(|(reason, _)| reason),
            "detail": failure.as_ref().map(|(_, detail)| detail),
        })
        .to_string()
    }
}
