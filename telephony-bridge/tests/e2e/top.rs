//! Whoever looks at the live calls.

use std::process::{Command, Output};

use telephony_bridge::server::CallsAnswer;

use crate::harness::{INTERNAL_TOKEN, Site, eventually, hung_up};

fn top(url: &str, token: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
    command.args(["top", "--json", "--url", url]).env_clear().env("INTERNAL_API_TOKEN", token);
    command.output().expect("runs")
}

/// S-PLT-012, the sockets' monitor: a live call is shown with what has happened in it and without the caller's number; a stranger is not told.
#[tokio::test(flavor = "multi_thread")]
async fn live_calls_are_shown_to_whoever_has_the_token() {
    let site = Site::new("short_answers", 5.0).await;
    let _crm = site.crm().await;
    let bridge = site.bridge(&[]);
    let url = format!("http://{}", bridge.address);
    let call = tokio::spawn(site.caller(&bridge, "call").call());
    let row = eventually("the call has answered once", async || {
        let shown = top(&url, INTERNAL_TOKEN);
        assert!(shown.status.success(), "{shown:?}");
        let answer: CallsAnswer = serde_json::from_slice(&shown.stdout).expect("JSON");
        answer.calls.into_iter().find(|call| call.response_ms.is_some())
    })
    .await;
    assert_eq!((row.call_sid.as_str(), row.from.chars().count()), ("CAcall", 5));
    assert!(row.turns >= 1 && !row.business.is_empty(), "{row:?}");
    let stranger = top(&url, "guessed");
    let words = String::from_utf8_lossy(&stranger.stderr);
    assert!(
        !stranger.status.success() && words.contains("INTERNAL_API_TOKEN is not the bridge's"),
        "{words}"
    );
    hung_up(call).await;
    let shown = top(&url, INTERNAL_TOKEN);
    let answer: CallsAnswer = serde_json::from_slice(&shown.stdout).expect("JSON");
    assert_eq!(answer.calls, []);
}

/// S-AUD-015: what interruptions come to is counted, shown for each call while it lasts, and on the dashboard.
#[tokio::test(flavor = "multi_thread")]
async fn interruptions_are_counted() {
    let site = Site::new("interruption", 5.0).await;
    let _crm = site.crm().await;
    let bridge = site.bridge(&[]);
    let call = tokio::spawn(site.caller(&bridge, "call").call());
    let url = format!("http://{}", bridge.address);
    let yields = eventually("the agent has yielded", async || {
        let answer: CallsAnswer = serde_json::from_slice(&top(&url, INTERNAL_TOKEN).stdout).expect("JSON");
        answer.calls.first().map(|call| u64::from(call.yields)).filter(|yields| *yields > 0)
    })
    .await;
    hung_up(call).await;
    let (_, metrics) = site.page(&bridge, "/metrics").await.expect("the bridge answers");
    let counted = metrics.lines().find_map(|line| line.strip_prefix("kav_bridge_barge_ins_total "));
    let counted: u64 = counted.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{metrics}"));
    assert!(counted >= yields, "{counted} counted, {yields} seen");
    assert!(include_str!("../../deploy/dashboard.json").contains("kav_bridge_barge_ins_total"));
}
