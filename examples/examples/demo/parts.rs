//! The services as child processes of the demo.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long a service may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long a service may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// What a service prints before its address, once it listens.
pub(super) const READY: &str = "ready ";

/// Made anew for every run.
pub(super) struct Secrets {
    pub(super) internal: String,
    pub(super) twilio: String,
    pub(super) api_key: String,
    /// Second part of the call's id.
    pub(super) call: String,
}

impl Secrets {
    pub(super) fn new() -> Self {
        let random = || uuid::Uuid::new_v4().simple().to_string();
        Self {
            internal: random(),
            twilio: random(),
            api_key: format!("kav_{}{}", random(), random()),
            call: random(),
        }
    }
}

/// A running service. Killed when dropped.
pub(super) struct Part {
    pub(super) address: SocketAddr,
    child: Child,
}

impl Part {
    /// Asks it to stop and waits until it has.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().context("it has stopped by itself")?;
        let asked = Command::new("kill").arg("-TERM").arg(pid.to_string()).status().await;
        asked.context("cannot signal it")?;
        let status = tokio::time::timeout(STOP_LIMIT, self.child.wait()).await;
        let status = status.context("it does not stop")??;
        if !status.success() {
            bail!("it stopped with {status}");
        }
        Ok(())
    }
}

pub(super) async fn start_crm(data: &Path, secrets: &Secrets) -> anyhow::Result<Part> {
    let database = format!("sqlite://{}", data.join("crm.db").display());
    let env = [
        ("DATABASE_URL", database.as_str()),
        ("CRM_LISTEN", "127.0.0.1:0"),
        ("INTERNAL_API_TOKEN", &secrets.internal),
        ("DEMO_API_KEY", &secrets.api_key),
    ];
    start("crm", &data.join("crm.log"), &env).await
}

pub(super) async fn start_bridge(
    data: &Path,
    secrets: &Secrets,
    crm: &Part,
    tape: &Path,
    speed: f64,
) -> anyhow::Result<Part> {
    let path = |path: &Path| path.display().to_string();
    let env = [
        ("BRIDGE_LISTEN", "127.0.0.1:0".to_owned()),
        ("PUBLIC_BASE_URL", super::PUBLIC_BASE.to_owned()),
        ("TWILIO_AUTH_TOKEN", secrets.twilio.clone()),
        ("CRM_URL", format!("http://{}", crm.address)),
        ("INTERNAL_API_TOKEN", secrets.internal.clone()),
        ("DATA_DIR", path(&data.join("bridge"))),
        ("VOICE_DIR", path(&super::fixtures().join("voice"))),
        ("EMBEDDED_TAPE", path(tape)),
        ("RECORD_TAPES", "all".to_owned()),
        ("CLOCK_SPEED", speed.to_string()),
    ];
    let env = env.each_ref().map(|(name, value)| (*name, value.as_str()));
    start("bridge", &data.join("bridge.log"), &env).await
}

/// Waits until the service says that it is well: listening is not yet serving.
async fn healthy(address: SocketAddr) -> anyhow::Result<()> {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
    let asked = async {
        loop {
            match http.get(format!("http://{address}/health")).send().await {
                Ok(answer) if answer.status().is_success() => return,
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    tokio::time::timeout(START_LIMIT, asked).await.context("no answer from /health")
}

/// Starts this program again in another role, and waits until it listens.
async fn start(role: &str, log: &Path, env: &[(&str, &str)]) -> anyhow::Result<Part> {
    let log_file = std::fs::File::create(log).with_context(|| format!("cannot make {}", log.display()))?;
    let mut child = Command::new(std::env::current_exe().context("cannot find the demo itself")?)
        .args(["--role", role])
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log_file)
        .kill_on_drop(true)
        .spawn()
        .context("cannot start it")?;
    let stdout = child.stdout.take().context("no output")?;
    let mut lines = BufReader::new(stdout).lines();
    let ready = async {
        while let Some(line) = lines.next_line().await? {
            if let Some(address) = line.strip_prefix(READY) {
                return Ok::<_, anyhow::Error>(address.parse::<SocketAddr>()?);
            }
        }
        bail!("it ended before it listened; {} says why", log.display())
    };
    let address = tokio::time::timeout(START_LIMIT, ready).await;
    let address = address.with_context(|| format!("it does not start; {} says why", log.display()))??;
    healthy(address).await.with_context(|| format!("it is not well; {} says why", log.display()))?;
    // What it prints later must not fill the pipe.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(Part { address, child })
}
