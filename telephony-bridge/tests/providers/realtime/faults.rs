//! A speech-to-speech model × each thing that goes wrong: the chain takes over. `MATRIX=Drop` makes a part of it.

use std::time::Duration;

use provider_fakes::openai::{FakeOpenAi, Reply, Request, Service};
use provider_fakes::realtime::{FakeRealtime, RealtimeFault, Speech};
use serde_json::Value;
use telephony_bridge::providers::net::live_tasks;

use super::Line;
use crate::site::{
    audible, counter, crowd_apart, eventually, open_files, ran_apart, tape, tape_dir, voice_dir,
};

/// How long a caller may hear nothing after a sentence, or before the greeting.
const SILENCE_MS: u64 = 3_000;
/// For a machine that does other things too: call time goes on while the bridge waits for its turn.
const BUSY_MS: u64 = 1_000;
const FIRST: &str = "שלום, אני מחפש דירה להשכרה";
const SECOND: &str = "קוראים לי דני כהן";

/// A row of the matrix.
struct Row {
    name: &'static str,
    /// None: nobody listens.
    fault: Option<RealtimeFault>,
    /// What the metric may name.
    reasons: &'static [&'static str],
    /// The words of the first turn come before it breaks.
    has_words: bool,
}

fn all() -> Vec<Row> {
    let silent = |name, fault, reasons| Row { name, fault: Some(fault), reasons, has_words: false };
    let heard = |name, fault, reasons| Row { name, fault: Some(fault), reasons, has_words: true };
    let late = RealtimeFault::Slow(Duration::from_secs(4));
    vec![
        Row { name: "Refused", fault: None, reasons: &["refused"], has_words: false },
        silent("Unauthorised", RealtimeFault::Status(401), &["expired"]),
        silent("TooMany", RealtimeFault::Status(429), &["quota"]),
        silent("Broken", RealtimeFault::Status(500), &["server"]),
        silent("Mute", RealtimeFault::Mute, &["slow"]),
        silent("Silent", RealtimeFault::Silent, &["slow"]),
        silent("Slow", late.clone(), &["slow"]),
        heard("SlowHeard", late, &["slow"]),
        silent("Stall", RealtimeFault::Stall(400), &["stalled"]),
        heard("StallHeard", RealtimeFault::Stall(400), &["stalled"]),
        silent("Drop", RealtimeFault::Drop(400), &["dropped"]),
        heard("DropHeard", RealtimeFault::Drop(400), &["dropped"]),
        silent("AtCommit", RealtimeFault::DropAtCommit, &["dropped"]),
        silent("Garbage", RealtimeFault::Garbage, &["garbage"]),
        silent("Quota", RealtimeFault::Quota, &["quota"]),
        silent("Server", RealtimeFault::Server, &["server"]),
        silent("Expired", RealtimeFault::Expired, &["dropped"]),
    ]
}

/// Rows that are played at the same time: no two of a group have a word of the metric in common.
fn groups(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut groups: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        let apart = |other: &Row| row.reasons.iter().all(|reason| !other.reasons.contains(reason));
        match groups.iter_mut().find(|group| group.iter().all(apart)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// One row of the matrix.
async fn play(row: &Row, sid: String) -> String {
    let tape = tape("booking");
    let mut realtime = FakeRealtime::start().await.expect("a port");
    realtime.hears([FIRST, SECOND]);
    realtime.says([Speech::say("בשמחה. אשמח לעזור, ומה השם בבקשה?"), Speech::say("נעים מאוד.")]);
    realtime.pace(4.0);
    if !row.has_words {
        realtime.hears_after(Duration::from_secs(60));
    }
    match row.fault.clone() {
        Some(fault) => realtime.script([fault]),
        None => realtime.go_down().await,
    }
    // What follows the first session does not open at all.
    realtime.always(RealtimeFault::Status(503));
    let openai = FakeOpenAi::start().await.expect("a port");
    // The chain hears what the model did not.
    openai.transcripts(if row.has_words { &[SECOND][..] } else { &[FIRST, SECOND] }.iter().copied());
    openai.replies([Reply::text("בשמחה. מה השם?"), Reply::text("נעים מאוד. באיזה אזור?")]);
    let errors = |metrics: &str| -> u64 {
        let of = |reason: &&str| {
            let reason = format!("reason=\"{reason}\"");
            counter(metrics, "kav_bridge_provider_errors_total", &["role=\"realtime\"", &reason])
        };
        row.reasons.iter().map(of).sum()
    };
    let before = errors(&telephony_bridge::metrics::install().expect("a recorder").render());
    let (dir, voice) = (tape_dir("booking"), voice_dir());
    let line = Line::with(openai, realtime, &[("EMBEDDED_TAPE", &dir), ("VOICE_DIR", &voice)]).await;
    let ends = [tape.file.caller[0].end_ms, tape.file.caller[1].end_ms];
    let record = line.call(&tape, &sid, ends[1] + 4_500).await;
    let heard = audible(&record);
    let waits: Vec<u64> = [0, ends[0], ends[1]]
        .iter()
        .map(|from| heard.iter().find(|at| *at >= from).map_or(u64::MAX, |at| at - from))
        .collect();
    let metrics = line.site.metrics().await;
    let counted = errors(&metrics) - before;
    let fell_back = counter(&metrics, "kav_bridge_provider_fallbacks_total", &["provider=\"realtime\""]);
    let asked: Vec<Value> = line.site.openai.requests(Service::Chat).iter().map(Request::json).collect();
    let said = line.said(&sid);
    let text = format!(
        "{:<12} greeting {:>5} ms, answers {:>5} and {:>5} ms, {counted} counted, {} of the chain",
        row.name,
        waits[0],
        waits[1],
        waits[2],
        asked.len()
    );
    println!("realtime {text}");
    // The chain answered with what was said so far: every word once.
    let last = asked.last().map(|request| request["messages"].clone()).unwrap_or_default();
    let told = |text: &str| {
        let messages = last.as_array().into_iter().flatten();
        messages.filter(|message| message["content"] == text).count() == 1
    };
    let written = |text: &str| said.iter().filter(|line| **line == format!("caller: {text}")).count() == 1;
    let whole = told(FIRST) && told(SECOND) && written(FIRST) && written(SECOND);
    let in_time = waits.iter().all(|wait| *wait <= SILENCE_MS + BUSY_MS);
    line.down().await;
    let ok = counted > 0 && fell_back > 0 && whole && in_time;
    if ok {
        return String::new();
    }
    let errors = metrics.lines().filter(|line| line.starts_with("kav_bridge_provider_errors_total"));
    let errors: Vec<&str> = errors.collect();
    format!("{text}; errors so far {errors:#?}; heard at {heard:?}; said {said:#?}; told {last:#}")
}

/// S-AUD-014, S-TEL-013, A-TEL-005: whatever the model does, the caller hears something sensible, the chain goes on
/// with the history so far, the metric says what happened, and nothing is left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_the_model_does_the_caller_is_answered() {
    let only = std::env::var("MATRIX").unwrap_or_default();
    let rows: Vec<Row> = all().into_iter().filter(|row| row.name.starts_with(&only)).collect();
    let groups = groups(rows);
    let Some(part) =
        crowd_apart("realtime::faults::whatever_the_model_does_the_caller_is_answered", groups.len())
    else {
        return;
    };
    let begun = open_files();
    let sid = |at: usize| format!("{:032x}", 0xb000 + part * 0x100 + at);
    let calls = groups[part].iter().enumerate().map(|(at, row)| play(row, sid(at)));
    let mut failures = futures_util::future::join_all(calls).await;
    failures.retain(|failure| !failure.is_empty());
    assert!(failures.is_empty(), "{failures:#?}");
    eventually("no task is left", || live_tasks() == 0).await;
    eventually("no file descriptor is left", || open_files().len() <= begun.len()).await;
}

/// S-AUD-003: words that cannot be written down do not hold up the answer; the conversation goes on by voice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_words_the_conversation_goes_on() {
    if ran_apart("realtime::faults::without_words_the_conversation_goes_on") {
        return;
    }
    let tape = tape("booking");
    let realtime = FakeRealtime::start().await.expect("a port");
    realtime.says([Speech::say("בשמחה. מה השם?"), Speech::say("נעים מאוד.")]);
    realtime.always(RealtimeFault::NoWords);
    let line = Line::start(realtime, &[]).await;
    let sid = "00000000000000000000000000000a07";
    line.call(&tape, sid, 13_500).await;
    let said = line.said(sid);
    let expected = ["agent: שלום, הגעתם לנדל\"ן לדוגמה.", "agent: בשמחה. מה השם?", "agent: נעים מאוד."];
    assert_eq!(said, expected);
    assert_eq!(line.site.openai.requests(Service::Chat).len(), 0);
    line.down().await;
}
