//! How long the bridge itself takes between two providers. A measurement, not a test: run it by
//! `cargo test --release -p telephony-bridge --test providers -- --ignored --nocapture latency`.

use std::time::Duration;

use provider_fakes::openai::{HttpFault, Reply, Request, Service};

use crate::site::{PATIENCE, Site, audible, tape};

const CALLS: usize = 20;
/// Held by a measurement: two at once would measure each other.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// From the arrival of one request to that of the first one after it.
fn gaps(from: &[Request], to: &[Request]) -> Vec<Duration> {
    let next = |at| to.iter().find(|request| request.at >= at);
    let mut gaps: Vec<Duration> =
        from.iter().filter_map(|request| Some(next(request.at)?.at - request.at)).collect();
    gaps.sort();
    gaps
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn between_two_providers() {
    let _alone = ALONE.lock().await;
    let tape = tape("booking");
    let site = Site::start(&[]).await;
    site.openai.transcripts(["שלום, אני מחפש דירה להשכרה"]);
    // Another sentence each time: nothing comes from the cache.
    site.openai.replies((0..4 * CALLS).map(|n| Reply::text(format!("תשובה מספר {n}."))));
    let end = tape.file.caller[1].end_ms;
    let (mut to_chat, mut to_speech) = (Vec::new(), Vec::new());
    for calls in 0..CALLS / 5 {
        let mut at_once = tokio::task::JoinSet::new();
        for n in 0..5 {
            let sid = format!("{:032x}", 0x6000 + calls * 5 + n);
            at_once.spawn(site.caller(&tape, &sid, end + 2_500).call());
        }
        while let Some(call) = at_once.join_next().await {
            call.expect("no panic").expect("a call");
        }
    }
    let of = |service| site.openai.requests(service);
    to_chat.extend(gaps(&of(Service::Transcriptions), &of(Service::Chat)));
    to_speech.extend(gaps(&of(Service::Chat), &of(Service::Speech)));
    for (what, gaps) in
        [("last words -> chat request", to_chat), ("chat request -> speech request", to_speech)]
    {
        let (p50, p99) = (percentile(&gaps, 50), percentile(&gaps, 99));
        println!(
            "{what}: {} times, p50 {p50:.1?}, p99 {p99:.1?} (both answers of the fake included)",
            gaps.len()
        );
    }
    tokio::time::timeout(PATIENCE, site.down()).await.expect("it stops");
}

/// From the caller's last sound to the agent's first, by a model that takes 600 ms and a recogniser that takes 300:
/// replies begun with the last words, and begun early.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn early_replies() {
    let _alone = ALONE.lock().await;
    let tape = tape("booking");
    let folder = tempfile::tempdir().expect("a folder");
    let end = tape.file.caller[0].end_ms;
    for drafts in [0, 2] {
        let file = folder.path().join("session.toml");
        std::fs::write(&file, format!("max_drafts = {drafts}\n")).expect("written");
        let file = file.display().to_string();
        let site = Site::start(&[("STT_INTERIM_MS", "400"), ("SESSION_FILE", &file)]).await;
        site.openai.transcripts(["שלום, אני מחפש דירה להשכרה"]);
        site.openai.replies((0..CALLS).map(|n| Reply::text(format!("תשובה מספר {n}."))));
        site.openai.always(Service::Transcriptions, HttpFault::Slow(Duration::from_millis(300)));
        site.openai.always(Service::Chat, HttpFault::Slow(Duration::from_millis(600)));
        let mut waits = Vec::new();
        for calls in 0..CALLS / 5 {
            let mut at_once = tokio::task::JoinSet::new();
            for n in 0..5 {
                let sid = format!("{:032x}", 0x7000 + 100 * drafts + calls * 5 + n);
                at_once.spawn(site.caller(&tape, &sid, end + 3_000).call());
            }
            while let Some(call) = at_once.join_next().await {
                let record = call.expect("no panic").expect("a call");
                waits.extend(audible(&record).into_iter().find(|at| *at > end).map(|at| at - end));
            }
        }
        waits.sort_unstable();
        let asked = site.openai.requests(Service::Chat).len();
        let (p50, p90) = (waits[waits.len() / 2], waits[waits.len() * 9 / 10]);
        println!(
            "{drafts} drafts: {} answers, p50 {p50} ms, p90 {p90} ms after the caller; {asked} requests",
            waits.len()
        );
        tokio::time::timeout(PATIENCE, site.down()).await.expect("it stops");
    }
}
