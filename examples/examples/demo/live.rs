//! The conversation as it grows in the CRM, and the numbers of both services.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use crm_api::{CallView, LeadView, Page, Speaker, TurnView};
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;
use tokio::task::JoinHandle;

use super::parts::{Part, Secrets};

const POLL: Duration = Duration::from_millis(200);
/// How long the last events may take to reach the CRM.
const SETTLE_LIMIT: Duration = Duration::from_secs(15);

/// Reads the CRM with the business's key.
pub(super) struct CrmReader {
    http: reqwest::Client,
    base: String,
    key: String,
}

/// What the CRM holds after the call.
pub(super) struct Held {
    pub(super) call: CallView,
    pub(super) calls: u64,
    pub(super) leads: Vec<LeadView>,
}

impl CrmReader {
    pub(super) fn new(crm: &Part, secrets: &Secrets) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
        Ok(Self { http, base: format!("http://{}/api/v1", crm.address), key: secrets.api_key.clone() })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Option<T>> {
        let response = self.http.get(format!("{}/{path}", self.base)).bearer_auth(&self.key).send().await?;
        match response.status().as_u16() {
            200 => Ok(Some(response.json().await?)),
            404 => Ok(None),
            status => bail!("GET {path} answered {status}: {}", response.text().await.unwrap_or_default()),
        }
    }

    async fn call(&self, sid: &str) -> anyhow::Result<Option<CallView>> {
        self.get(&format!("calls/{sid}")).await
    }

    /// What is held once the call has ended there too.
    pub(super) async fn settled(&self, sid: &str) -> anyhow::Result<Held> {
        let limit = Instant::now() + SETTLE_LIMIT;
        loop {
            match self.call(sid).await? {
                Some(call) if call.status == "ended" => {
                    let calls: Page<CallView> = self.get("calls").await?.context("no list of calls")?;
                    let leads: Page<LeadView> = self.get("leads").await?.context("no list of leads")?;
                    return Ok(Held { call, calls: calls.total, leads: leads.items });
                }
                held if Instant::now() > limit => {
                    bail!("the end of the call has not arrived after {SETTLE_LIMIT:?}; it holds {held:?}")
                }
                _ => tokio::time::sleep(POLL).await,
            }
        }
    }
}

/// Shows the conversation until the call is over.
pub(super) async fn follow<T>(
    reader: &CrmReader,
    sid: &str,
    expected: Duration,
    speed: f64,
    call: &JoinHandle<T>,
) -> anyhow::Result<()> {
    let bar = ProgressBar::new(expected.as_secs().max(1));
    bar.set_style(ProgressStyle::with_template("  {bar:40} {pos:>3}/{len} s")?);
    let begun = Instant::now();
    let mut shown = 0;
    while !call.is_finished() {
        tokio::time::sleep(POLL).await;
        bar.set_position((begun.elapsed().as_secs_f64() * speed) as u64);
        for turn in reader.call(sid).await?.map(|call| call.turns).unwrap_or_default().iter().skip(shown) {
            bar.suspend(|| println!("{}", line(turn)));
            shown += 1;
        }
    }
    bar.finish_and_clear();
    for turn in reader.call(sid).await?.map(|call| call.turns).unwrap_or_default().iter().skip(shown) {
        println!("{}", line(turn));
    }
    Ok(())
}

/// One turn. The Hebrew comes last and is isolated, so that neither a terminal that reorders nor one
/// that does not can move what stands before it (Unicode UAX #9: RLI … PDI).
fn line(turn: &TurnView) -> String {
    let who = match turn.speaker {
        Speaker::Caller => "caller",
        Speaker::Agent => "agent ",
    };
    let cut = if turn.interrupted { " ✂" } else { "  " };
    format!("  {:>6.1} s  {who}{cut} \u{2067}{}\u{2069}", turn.start_ms as f64 / 1_000.0, turn.text)
}

/// The bridge's metrics by name, labels left out and summed up.
pub(super) async fn bridge_numbers(bridge: &Part) -> anyhow::Result<BTreeMap<String, f64>> {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
    let text = http.get(format!("http://{}/metrics", bridge.address)).send().await?.text().await?;
    let mut numbers = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, value)) = line.rsplit_once(' ')
            && let Ok(value) = value.parse::<f64>()
        {
            let name = name.split('{').next().unwrap_or(name);
            *numbers.entry(name.to_owned()).or_insert(0.0) += value;
        }
    }
    Ok(numbers)
}
