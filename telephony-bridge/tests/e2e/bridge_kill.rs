//! The bridge dies in mid-call with events that the CRM has not acknowledged.

use crm_api::EndReason;
use serde_json::Value;

use crate::harness::{Site, eventually, over};
use crate::process::Process;

const SPEED: f64 = 5.0;

/// The events of the call that are on the dead bridge's disk, by number.
fn on_disk(site: &Site) -> Vec<(u64, Value)> {
    let journal = std::fs::read(site.data().join("outbox/events.journal")).expect("a journal");
    // `length checksum json`; the last line may be torn.
    let records = journal.split(|&byte| byte == b'\n').filter_map(|line| line.get(18..));
    records
        .filter_map(|json| serde_json::from_slice::<Value>(json).ok())
        .filter(|record| record["event"]["call_sid"] == "CAcall")
        .map(|record| {
            (record["event"]["event"]["seq"].as_u64().expect("a number"), record["event"]["event"].clone())
        })
        .collect()
}

/// A call begins, the CRM goes away in its own manner, events pile up, the bridge is killed.
async fn killed_with_events_waiting(site: &Site, bridge: Process, go_away: impl FnOnce()) {
    let call = tokio::spawn(site.caller(&bridge, "call").call());
    let runs = async || (site.health(&bridge).await["calls"]["live"] == 1).then_some(());
    eventually("the call runs", runs).await;
    go_away();
    let turns = || on_disk(site).iter().filter(|(_, event)| event["type"] == "turn").count();
    let wait = async || (site.pending(&bridge).await >= 5 && turns() >= 3).then_some(());
    eventually("events wait for the CRM", wait).await;
    assert!(!call.is_finished());
    bridge.kill();
    over(call).await;
}

/// Everything that was on disk is in the CRM once, and then the end of a call that failed.
async fn assert_told_once(site: &Site) {
    let disk = on_disk(site);
    let numbers: Vec<u64> = disk.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(numbers, (1..=disk.len() as u64).collect::<Vec<_>>(), "numbers given twice, or lost");
    let _bridge = site.bridge(&[]);
    let held = site.held("CAcall").await;
    assert_eq!(held.call.end_reason, Some(EndReason::Failed));
    assert_eq!(held.events, disk.len() as u64 + 1);
    let said: Vec<(u64, &str)> = disk
        .iter()
        .filter(|(_, event)| event["type"] == "turn")
        .map(|(_, event)| (event["turn"].as_u64().expect("a number"), event["text"].as_str().expect("text")))
        .collect();
    let told: Vec<(u64, &str)> =
        held.call.turns.iter().map(|turn| (turn.turn.into(), turn.text.as_str())).collect();
    assert_eq!(told, said);
    assert!(said.len() >= 3, "{said:?}");
    assert_eq!((held.calls, held.leads.len()), (1, 1));
}

/// A-TEL-005, A-TEL-013, A-CRM-002, A-CRM-005: killed while the CRM is down.
#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_is_killed_while_the_crm_is_down_loses_nothing() {
    let site = Site::new("booking", SPEED).await;
    let (crm, bridge) = (site.crm().await, site.bridge(&[]));
    killed_with_events_waiting(&site, bridge, || crm.kill()).await;
    let _crm = site.crm().await;
    assert_told_once(&site).await;
}

/// A-TEL-005, A-CRM-002, A-CRM-003: killed while the CRM hangs with a request that it will still
/// serve, so that the same events reach it from the dead process and from the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_is_killed_while_the_crm_hangs_tells_nothing_twice() {
    let site = Site::new("booking", SPEED).await;
    let (crm, bridge) = (site.crm().await, site.bridge(&[]));
    killed_with_events_waiting(&site, bridge, || crm.hang()).await;
    crm.go_on();
    assert_told_once(&site).await;
}

/// A-TEL-005: killed, started and killed again before the CRM is back; one end is reported.
#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_is_killed_twice_reports_one_end() {
    let site = Site::new("booking", SPEED).await;
    killed_with_events_waiting(&site, site.bridge(&[]), || {}).await;
    let before = on_disk(&site).len();
    let bridge = site.bridge(&[]);
    let noted = async || (on_disk(&site).len() == before + 1).then_some(());
    eventually("the end is on disk", noted).await;
    bridge.kill();
    let _crm = site.crm().await;
    let _bridge = site.bridge(&[]);
    let held = site.held("CAcall").await;
    assert_eq!(held.call.end_reason, Some(EndReason::Failed));
    assert_eq!(held.events, before as u64 + 1);
    assert_eq!((held.calls, held.leads.len()), (1, 1));
}
