//! The outbox of a process that is killed, again and again, in the middle of writing.
//!
//! The test starts itself as a child that records events as fast as it can and says which are on
//! disk; the parent kills it at some point, and in the end counts what the CRM has.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crm_api::CallEventKind;
use provider_fakes::crm::FakeCrm;
use telephony_bridge::crm::{Backoff, CrmClient, Outbox, OutboxOptions};
use tokio::sync::Semaphore;

const TOKEN: &str = "internal";
const DIR: &str = "KAV_TEST_OUTBOX_DIR";
const CRM: &str = "KAV_TEST_OUTBOX_CRM";
const PROMISE: &str = "on-disk ";
const PATIENCE: Duration = Duration::from_secs(60);
/// Promises heard before the child is killed, round by round.
const ROUNDS: [usize; 8] = [0, 1, 2, 5, 9, 20, 40, 3];

fn open(dir: &Path, crm_url: &str) -> Outbox {
    let client = CrmClient::new(crm_url, TOKEN.into()).expect("a client");
    let backoff = Backoff { min: Duration::from_millis(5), max: Duration::from_millis(50) };
    // Small, so that the kill meets compactions too.
    Outbox::open(dir, client, OutboxOptions { backoff, compact_above: 2_048 }).expect("opens").0
}

/// Not a test by itself: what the child does. Runs until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let (Ok(dir), Ok(crm)) = (std::env::var(DIR), std::env::var(CRM)) else {
        return;
    };
    let outbox = open(Path::new(&dir), &crm);
    // Recording goes on while promises wait for the disk, so that a kill finds it at work.
    let unpromised = Arc::new(Semaphore::new(8));
    loop {
        let permit = Arc::clone(&unpromised).acquire_owned().await.expect("never closed");
        let mut recorded = Vec::new();
        for call in ["CA1", "CA2", "CA3"] {
            for _ in 0..7 {
                let id = uuid::Uuid::new_v4().to_string();
                let fields = [("id".to_owned(), id.clone())].into();
                if outbox.record(call, CallEventKind::LeadFields { fields }, 1).is_some() {
                    recorded.push(id);
                }
            }
        }
        let outbox = outbox.clone();
        tokio::spawn(async move {
            outbox.sync().await;
            println!("{PROMISE}{}", recorded.join(" "));
            drop(permit);
        });
    }
}

/// A-TEL-010, A-TEL-013: after SIGKILL at any moment every event that was on disk reaches the CRM
/// exactly once, under a number of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_and_repeats_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let crm = FakeCrm::start(TOKEN).await.expect("a port");
    let mut promised: Vec<String> = Vec::new();
    for promises in ROUNDS {
        let (dir, url) = (folder.path().to_owned(), crm.url());
        let heard = tokio::task::spawn_blocking(move || run_child(&dir, &url, promises));
        promised.extend(heard.await.expect("no panic"));
    }
    let outbox = open(folder.path(), &crm.url());
    assert_eq!(outbox.flush(PATIENCE).await, 0);
    assert_eq!(crm.conflicts(), 0, "a number was given out twice");

    let mut stored: BTreeMap<String, usize> = BTreeMap::new();
    for call in ["CA1", "CA2", "CA3"] {
        let events = crm.events(call);
        let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>(), "{call} has holes");
        for event in events {
            let CallEventKind::LeadFields { fields } = event.kind else { panic!("{event:?}") };
            *stored.entry(fields["id"].clone()).or_default() += 1;
        }
    }
    assert!(stored.values().all(|&times| times == 1), "an event arrived under two numbers");
    assert!(!promised.is_empty());
    for id in &promised {
        assert!(stored.contains_key(id), "{id} was on disk and is lost");
    }
}

/// Starts the child, kills it after so many promises, and returns what it promised.
fn run_child(dir: &Path, crm_url: &str, promises: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "child", "--nocapture"])
        .env(DIR, dir)
        .env(CRM, crm_url)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("starts");
    let output = child.stdout.take().expect("piped");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let promise = |line: String| line.split_once(PROMISE).map(|(_, ids)| ids.to_owned());
    // Its first output is the harness's: by then the child is at work, or about to be.
    let _ = lines.next();
    let mut heard: Vec<String> = lines.by_ref().filter_map(promise).take(promises).collect();
    child.kill().expect("killed");
    child.wait().expect("gone");
    // What it promised between our last look and its death counts too.
    heard.extend(lines.filter_map(promise));
    // The last line may be torn: its last id is then no whole one.
    let whole = |id: &&str| id.len() == 36;
    heard.iter().flat_map(|ids| ids.split(' ')).filter(whole).map(str::to_owned).collect()
}
