//! Many short calls at once while half of all requests to the providers fail and callers hang up or vanish at
//! any moment. `CHAOS_CALLS` and `CHAOS_SEED` make it longer and another.

use std::collections::BTreeMap;
use std::time::Duration;

use crm_api::CallEventKind;
use provider_fakes::openai::Reply;
use telephony_bridge::providers::net::live_tasks;

use crate::site::{PATIENCE, Site, crowd_apart, eventually, open_files, tape, tape_dir, voice_dir};

const AT_ONCE: u64 = 25;
/// Percent of the requests that fail.
const FAILING: u64 = 50;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// When the caller goes, in ms of the call, and whether without a word.
fn fate(seed: u64, call: u64) -> (u64, bool) {
    let mixed = (seed ^ call).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (500 + (mixed >> 33) % 9_000, (mixed >> 20).is_multiple_of(4))
}

/// A-TEL-005, A-TEL-008, A-TEL-009, A-TEL-013, A-TEL-014: no call is stuck, nothing is left behind, and the CRM has every
/// call once with one beginning and one end.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_stuck_and_nothing_is_left() {
    if crowd_apart("chaos::nothing_is_stuck_and_nothing_is_left", 1).is_none() {
        return;
    }
    let (calls, seed) = (setting("CHAOS_CALLS", 2 * AT_ONCE), setting("CHAOS_SEED", 1));
    let tape = tape("booking");
    let (dir, voice) = (tape_dir("booking"), voice_dir());
    let site =
        Site::start(&[("EMBEDDED_TAPE", &dir), ("VOICE_DIR", &voice), ("STT_INTERIM_MS", "400")]).await;
    site.openai.transcripts(["שלום, אני מחפש דירה להשכרה"]);
    site.openai.replies((0..10_000).map(|n| Reply::text(format!("בשמחה. תשובה מספר {n}."))));
    site.openai.chaos(seed, FAILING);
    let before = open_files().len();
    let (mut begun, mut running) = (0, tokio::task::JoinSet::new());
    while begun < calls || !running.is_empty() {
        while begun < calls && running.len() < AT_ONCE as usize {
            begun += 1;
            let (at, vanishes) = fate(seed, begun);
            let mut caller = site.caller(&tape, &format!("{:032x}", 0x7000_0000 + begun), at);
            if vanishes {
                (caller.hang_up_ms, caller.faults.drop_after_ms) = (None, Some(at));
            }
            running.spawn(tokio::time::timeout(PATIENCE, caller.call()));
        }
        if let Some(ended) = running.join_next().await {
            ended.expect("no panic").expect("a call is stuck").expect("a call");
        }
    }
    eventually("no task is left", || live_tasks() == 0).await;
    // Every call is told to the CRM from its beginning to its end, each part once.
    let whole = || {
        (1..=calls).all(|n| {
            let events = site.crm.events(&format!("CA{:032x}", 0x7000_0000 + n));
            let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
            for event in &events {
                match event.kind {
                    CallEventKind::Started { .. } => *kinds.entry("started").or_default() += 1,
                    CallEventKind::Ended { .. } => *kinds.entry("ended").or_default() += 1,
                    _ => {}
                }
            }
            let numbered = events.iter().map(|event| event.seq).eq(1..=events.len() as u64);
            numbered && kinds.get("started") == Some(&1) && kinds.get("ended") == Some(&1)
        })
    };
    eventually("the CRM has every call once", whole).await;
    assert_eq!(site.crm.conflicts(), 0);
    let metrics = site.metrics().await;
    assert!(
        metrics.contains("kav_bridge_calls_panicked_total 0") || !metrics.contains("calls_panicked"),
        "{metrics}"
    );
    let requests = provider_fakes::openai::Service::ALL.map(|service| site.openai.requests(service).len());
    println!("{calls} calls with seed {seed}: 0 stuck, requests {requests:?}, {before} descriptors before");
    let (openai, _folder) = site.down().await;
    eventually("no connection is left", || openai.connections() == 0).await;
    drop(openai);
    tokio::time::sleep(Duration::from_millis(50)).await;
    eventually("no file descriptor is left", || open_files().len() <= before).await;
}
