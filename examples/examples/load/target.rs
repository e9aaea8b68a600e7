//! The bridge under test: one of our own, or somebody else's.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use audio_core::tape::Tape;
use crm_api::RouteDecision;
use provider_fakes::crm::{FakeCrm, agent};
use provider_fakes::twilio_caller::sign;
use telephony_bridge::config::Config;
use telephony_bridge::server::LiveRunner;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::metrics::Snapshot;
use super::process::{self, Usage};

/// What our bridge believes to be its public address.
const PUBLIC_BASE: &str = "https://bridge.load.invalid";
/// What it prints before its address, once it listens.
const READY: &str = "ready ";
const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// What makes this program the bridge.
#[cfg(not(test))]
const AS_BRIDGE: [&str; 2] = ["--role", "bridge"];
/// A test's program knows tests alone: the bridge is one of them.
#[cfg(test)]
const AS_BRIDGE: [&str; 4] = ["--ignored", "--exact", "--nocapture", "target::tests::the_bridge"];
/// Outbox and log of our bridge; emptied first.
const DATA: &str = "target/load";

pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) public_base: String,
    pub(super) auth_token: Option<String>,
    http: reqwest::Client,
    own: Option<Own>,
}

/// Our bridge and what it needs. The bridge is killed when this is dropped.
struct Own {
    bridge: Child,
    crm: FakeCrm,
    log: PathBuf,
}

impl Target {
    /// Starts a bridge with room for `calls` that hears what is on `tape`.
    pub(super) async fn start(calls: u32, tape: &Tape) -> anyhow::Result<Self> {
        let path = |path: PathBuf| path.display().to_string();
        let embedded = [
            ("VOICE_DIR", path(super::fixtures().join("voice"))),
            ("EMBEDDED_TAPE", path(super::tape_dir())),
        ];
        let target = Self::with(calls, Path::new(DATA), &embedded).await?;
        if let Some(crm) = target.crm() {
            crm.set_decision(decision(tape));
        }
        Ok(target)
    }

    /// Starts a bridge with room for `calls`, these settings and its files in `data`, which is emptied first.
    pub(super) async fn with(calls: u32, data: &Path, settings: &[(&str, String)]) -> anyhow::Result<Self> {
        let random = || uuid::Uuid::new_v4().simple().to_string();
        let (internal, auth_token) = (random(), random());
        let crm = FakeCrm::start(&internal).await.context("CRM")?;
        let data = empty(data)?;
        let log = data.join("bridge.log");
        let log_file =
            std::fs::File::create(&log).with_context(|| format!("cannot make {}", log.display()))?;
        let usual = [
            ("BRIDGE_LISTEN", "127.0.0.1:0".to_owned()),
            ("PUBLIC_BASE_URL", PUBLIC_BASE.to_owned()),
            ("MOCK_TWILIO", "false".to_owned()),
            ("TWILIO_AUTH_TOKEN", auth_token.clone()),
            ("CRM_URL", crm.url()),
            ("INTERNAL_API_TOKEN", internal),
            ("MAX_WEBSOCKET_CONNECTIONS", calls.to_string()),
            ("DATA_DIR", data.join("bridge").display().to_string()),
            ("RECORD_TAPES", "off".to_owned()),
        ];
        let mut bridge = Command::new(std::env::current_exe().context("cannot find the load test itself")?)
            .args(AS_BRIDGE)
            .envs(usual)
            .envs(settings.iter().map(|(name, value)| (name, value)))
            // It ends when this pipe does, however this process ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file)
            // Ctrl-C is for the callers: they hang up first.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start it")?;
        let stdout = bridge.stdout.take().context("no output")?;
        let address = tokio::time::timeout(START_LIMIT, listening(stdout)).await;
        let address = address
            .map_err(anyhow::Error::from)
            .flatten()
            .with_context(|| format!("it does not start; {} says why", log.display()))?;
        Ok(Self {
            address,
            public_base: PUBLIC_BASE.to_owned(),
            auth_token: Some(auth_token),
            http: client()?,
            own: Some(Own { bridge, crm, log }),
        })
    }

    /// A bridge that runs already.
    pub(super) async fn remote(url: &str) -> anyhow::Result<Self> {
        let Some(rest) = url.strip_prefix("ws://") else {
            bail!(
                "--url is `{url}`: expected ws://host:port. TLS ends before the bridge: run the test beside \
                 the bridge and put its public address into PUBLIC_BASE_URL"
            );
        };
        let host = rest.split('/').next().unwrap_or(rest);
        let lookup = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let mut found =
            tokio::net::lookup_host(&lookup).await.with_context(|| format!("cannot find {host}"))?;
        let address = found.next().with_context(|| format!("{host} has no address"))?;
        let auth_token = std::env::var("TWILIO_AUTH_TOKEN").ok().filter(|token| !token.is_empty());
        let mut target = Self { address, public_base: String::new(), auth_token, http: client()?, own: None };
        let bases = match std::env::var("PUBLIC_BASE_URL") {
            Ok(base) if !base.is_empty() => vec![base.trim_end_matches('/').to_owned()],
            _ => vec![format!("https://{host}"), format!("http://{host}")],
        };
        for base in bases {
            if target.accepts(&base).await.with_context(|| format!("no bridge answers at {url}"))? {
                target.public_base = base;
                return Ok(target);
            }
        }
        if target.auth_token.is_none() {
            bail!("TWILIO_AUTH_TOKEN is not set: the bridge takes signed calls only");
        }
        bail!(
            "the bridge refuses the signatures: TWILIO_AUTH_TOKEN and PUBLIC_BASE_URL must be those of the bridge"
        )
    }

    /// Does the bridge take our signatures for this address? Asked with the news that a call is over
    /// which it never had.
    async fn accepts(&self, base: &str) -> anyhow::Result<bool> {
        const PATH: &str = "/api/voice/status";
        let sid = format!("CA{}", uuid::Uuid::new_v4().simple());
        let form = [("CallSid", sid.as_str()), ("CallStatus", "completed")];
        let mut request = self.http.post(format!("http://{}{PATH}", self.address)).form(&form);
        if let Some(token) = &self.auth_token {
            request = request.header("X-Twilio-Signature", sign(token, &format!("{base}{PATH}"), &form));
        }
        match request.send().await?.status().as_u16() {
            200..=299 => Ok(true),
            403 => Ok(false),
            status => bail!("{PATH} answers {status}"),
        }
    }

    /// What `/metrics` says; `None` where somebody else's bridge does not show it to us.
    pub(super) async fn metrics(&self) -> anyhow::Result<Option<Snapshot>> {
        let answer = self.http.get(format!("http://{}/metrics", self.address)).send().await?;
        match (answer.status().as_u16(), &self.own) {
            (200, _) => Ok(Some(Snapshot::parse(&answer.text().await?))),
            (_, None) => Ok(None),
            (status, Some(_)) => bail!("/metrics answers {status}"),
        }
    }

    /// What the bridge's process has used; known of our own only.
    pub(super) fn usage(&self) -> Option<Usage> {
        process::usage(self.own.as_ref()?.bridge.id()?)
    }

    /// Our bridge's CRM.
    pub(super) fn crm(&self) -> Option<&FakeCrm> {
        Some(&self.own.as_ref()?.crm)
    }

    /// Where our bridge's log is.
    pub(super) fn log(&self) -> Option<PathBuf> {
        Some(self.own.as_ref()?.log.clone())
    }

    /// Asks our bridge to end, and waits until it has.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        let Some(Own { mut bridge, crm: _crm, log }) = self.own else { return Ok(()) };
        drop(bridge.stdin.take());
        let status = tokio::time::timeout(STOP_LIMIT, bridge.wait()).await.context("it does not stop")??;
        if !status.success() {
            bail!("it stopped with {status}; {} says why", log.display());
        }
        Ok(())
    }
}

/// The agent answers, with the tape's greeting: its recording is there.
fn decision(tape: &Tape) -> RouteDecision {
    let mut decision = agent();
    decision.greeting.text = tape.file.greeting.line().text;
    decision
}

fn client() -> anyhow::Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?)
}

/// An empty folder, absolute, so that the bridge finds it too.
fn empty(dir: &Path) -> anyhow::Result<PathBuf> {
    if dir.exists() {
        std::fs::remove_dir_all(dir).with_context(|| format!("cannot empty {}", dir.display()))?;
    }
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    dir.canonicalize().with_context(|| format!("cannot find {}", dir.display()))
}

/// The address a child prints once it listens.
async fn listening(stdout: tokio::process::ChildStdout) -> anyhow::Result<SocketAddr> {
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(address) = line.strip_prefix(READY) {
            // What it prints later must not fill the pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(address.parse()?);
        }
    }
    bail!("it ended before it listened")
}

/// What this program is when it is the bridge: the real one, until its standard input ends.
pub(super) fn bridge() -> anyhow::Result<()> {
    let config = Config::load(None)?;
    telephony_bridge::logging::start(config.log_format, config.verbose);
    let runtime = telephony_bridge::server::runtime(&config).context("async runtime")?;
    runtime.block_on(async {
        let runner = Arc::new(LiveRunner::new(&config)?);
        let listener = TcpListener::bind(config.listen).await?;
        println!("{READY}{}", listener.local_addr()?);
        let told_to_end = async {
            // An error is an end too.
            let _ =
                tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
                    .await;
        };
        telephony_bridge::server::serve(config, listener, runner, told_to_end).await?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    /// No test, but the bridge of those that need one.
    #[test]
    #[ignore = "started by others"]
    fn the_bridge() {
        // Other tests' names share the line.
        println!();
        super::bridge().expect("a bridge");
    }
}
