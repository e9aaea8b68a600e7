//! Events reach the CRM exactly once, in order, whatever happens on the way.

use std::path::Path;
use std::time::Duration;

use crm_api::{CallEventKind, EndReason};
use provider_fakes::crm::{FakeCrm, Fault};
use telephony_bridge::crm::{Backoff, CrmClient, Outbox, OutboxError, OutboxOptions};

const TOKEN: &str = "internal";
const PATIENCE: Duration = Duration::from_secs(30);

fn client(crm: &FakeCrm) -> CrmClient {
    let client = CrmClient::new(&crm.url(), TOKEN.into()).expect("a client");
    client.with_events_timeout(Duration::from_millis(300))
}

fn options() -> OutboxOptions {
    let backoff = Backoff { min: Duration::from_millis(5), max: Duration::from_millis(50) };
    OutboxOptions { backoff, compact_above: 4_096 }
}

fn open(dir: &Path, crm: &FakeCrm) -> Outbox {
    Outbox::open(dir, client(crm), options()).expect("opens").0
}

fn fields(key: &str) -> CallEventKind {
    CallEventKind::LeadFields { fields: [("key".to_owned(), key.to_owned())].into() }
}

fn ended() -> CallEventKind {
    CallEventKind::Ended { reason: EndReason::CallerHangUp, duration_ms: 1 }
}

/// The fake holds exactly these events of the call, in this order.
fn assert_stored(crm: &FakeCrm, call_sid: &str, keys: impl IntoIterator<Item = String>) {
    let stored: Vec<_> = crm.events(call_sid).into_iter().map(|event| (event.seq, event.kind)).collect();
    let expected: Vec<_> = (1..).zip(keys.into_iter().map(|key| fields(&key))).collect();
    assert_eq!(stored, expected);
}

fn keys(numbers: std::ops::Range<u32>) -> impl Iterator<Item = String> {
    numbers.map(|number| number.to_string())
}

/// A-TEL-010: outages of every kind.
#[tokio::test(flavor = "multi_thread")]
async fn every_outage_passes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut crm = FakeCrm::start(TOKEN).await.expect("a port");
    let outbox = open(folder.path(), &crm);
    let mut expected = 0;
    let faults = [
        Fault::Status(500),
        Fault::Status(401),
        Fault::Status(429),
        Fault::StoreThenHang,
        Fault::Slow(Duration::from_secs(2)),
    ];
    for fault in faults {
        crm.set_fault(fault);
        for number in expected..expected + 100 {
            assert_eq!(outbox.record("CA1", fields(&number.to_string()), 1), Some(u64::from(number) + 1));
        }
        expected += 100;
        let before = crm.requests();
        let tried = crm.wait_until(|crm| crm.requests() > before + 1);
        tokio::time::timeout(PATIENCE, tried).await.expect("tries again");
        crm.set_fault(Fault::None);
        assert_eq!(outbox.flush(PATIENCE).await, 0);
        assert_stored(&crm, "CA1", keys(0..expected));
    }
    crm.go_down().await;
    outbox.record("CA1", fields(&expected.to_string()), 1);
    assert_eq!(outbox.flush(Duration::from_millis(50)).await, 1);
    assert_eq!(outbox.stats().oldest_at_ms, Some(1));
    crm.come_up().await.expect("its port");
    assert_eq!(outbox.flush(PATIENCE).await, 0);
    assert_stored(&crm, "CA1", keys(0..expected + 1));
    assert_eq!(crm.conflicts(), 0);
}

/// What was not delivered is delivered by the next process, and numbers go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut crm = FakeCrm::start(TOKEN).await.expect("a port");
    for round in 0..5_u32 {
        let up = round % 2 == 1;
        if up {
            crm.come_up().await.expect("its port");
        } else {
            crm.go_down().await;
        }
        let outbox = open(folder.path(), &crm);
        for number in round * 50..(round + 1) * 50 {
            outbox.record("CA1", fields(&number.to_string()), 1);
        }
        if up {
            assert_eq!(outbox.flush(PATIENCE).await, 0);
        } else {
            outbox.sync().await;
        }
    }
    crm.come_up().await.expect("its port");
    let (outbox, unfinished) = Outbox::open(folder.path(), client(&crm), options()).expect("opens");
    assert_eq!(unfinished.len(), 1);
    assert_eq!(unfinished[0].call_sid, "CA1");
    outbox.record("CA1", ended(), 2);
    assert_eq!(outbox.flush(PATIENCE).await, 0);
    let mut stored = crm.events("CA1");
    assert_eq!(stored.pop().map(|event| (event.seq, event.kind)), Some((251, ended())));
    assert_eq!((stored.len(), crm.conflicts()), (250, 0));
    assert_eq!(outbox.record("CA1", fields("late"), 3), None, "`Ended` is the last event");
    drop(outbox);
    let (_, unfinished) = Outbox::open(folder.path(), client(&crm), options()).expect("opens");
    assert_eq!(unfinished, []);
}

/// An event the CRM will never take goes to the dead letters; the events around it, and other
/// calls, arrive.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_event_holds_up_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let crm = FakeCrm::start(TOKEN).await.expect("a port");
    crm.set_fault(Fault::Refuse("poison".to_owned()));
    let outbox = open(folder.path(), &crm);
    for key in ["a", "poison", "b", "c"] {
        outbox.record("CA1", fields(key), 1);
        outbox.record("CA2", fields(key.trim_start_matches("poison")), 1);
    }
    outbox.record("CA1", ended(), 2);
    assert_eq!(outbox.flush(PATIENCE).await, 0);
    let seqs: Vec<u64> = crm.events("CA1").iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [1, 3, 4, 5]);
    assert_eq!(crm.events("CA2").len(), 4);
    let letters = std::fs::read_to_string(folder.path().join("dead-letters.jsonl")).expect("there");
    let letter: serde_json::Value = serde_json::from_str(letters.trim()).expect("one line");
    assert_eq!((&letter["call_sid"], &letter["event"]["seq"]), (&"CA1".into(), &2.into()));
    assert!(letter["reason"].as_str().expect("text").contains("422"), "{letter}");
}

/// A call the CRM chokes on does not delay the others.
#[tokio::test(flavor = "multi_thread")]
async fn calls_do_not_wait_for_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let crm = FakeCrm::start(TOKEN).await.expect("a port");
    let outbox = open(folder.path(), &crm);
    for call in 0..50 {
        for number in 0..20 {
            outbox.record(&format!("CA{call}"), fields(&number.to_string()), number);
        }
    }
    assert_eq!(outbox.flush(PATIENCE).await, 0);
    for call in 0..50 {
        assert_stored(&crm, &format!("CA{call}"), keys(0..20));
    }
    assert!(crm.requests() < 1_000, "events travel in batches: {}", crm.requests());
}

/// The journal does not grow for ever, and compaction keeps what still waits.
#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_compacted() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut crm = FakeCrm::start(TOKEN).await.expect("a port");
    let outbox = open(folder.path(), &crm);
    for number in 0..2_000 {
        outbox.record("CA1", fields(&number.to_string()), 1);
        if number % 100 == 0 {
            assert_eq!(outbox.flush(PATIENCE).await, 0);
        }
    }
    assert_eq!(outbox.flush(PATIENCE).await, 0);
    crm.go_down().await;
    outbox.record("CA1", fields("2000"), 1);
    outbox.sync().await;
    let size = std::fs::metadata(folder.path().join("events.journal")).expect("there").len();
    assert!(size < 100_000, "{size} bytes");
    drop(outbox);
    crm.come_up().await.expect("its port");
    let outbox = open(folder.path(), &crm);
    assert_eq!(outbox.flush(PATIENCE).await, 0);
    assert_stored(&crm, "CA1", keys(0..2_001));
    assert_eq!(crm.conflicts(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_do_not_share_an_outbox() {
    let folder = tempfile::tempdir().expect("a folder");
    let crm = FakeCrm::start(TOKEN).await.expect("a port");
    let outbox = open(folder.path(), &crm);
    let second = Outbox::open(folder.path(), client(&crm), options());
    assert!(matches!(second, Err(OutboxError::Locked(_))));
    drop(outbox);
    open(folder.path(), &crm);
}
