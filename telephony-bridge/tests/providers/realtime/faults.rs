//! A speech-to-speech model × each thing that goes wrong: the chain takes over. `MATRIX=Drop` makes a part of it.

use std::time::Duration;

use provider_fakes::openai::{FakeOpenAi, Reply, Service};
use provider_fakes::realtime::{FakeRealtime, RealtimeFault, Speech};
use telephony_bridge::providers::net::live_tasks;

use super::Line;
use crate::site::{alone, audible, counter, eventually, open_files, tape, tape_dir, voice_dir};

/// How long a caller may hear nothing after a sentence, or before the greeting.
const SILENCE_MS: u64 = 3_000;
/// For a machine that does other things too: call time goes on while the bridge waits for its turn.
const BUSY_MS: u64 = 1_000;
/// Calls at the same time.
const AT_ONCE: usize = 4;
const FIRST: &str = "שלום, אני מחפש דירה להשכרה";
const SECOND: &str = "קוראים לי דני כהן";

/// What goes wrong, and the reasons that the metric may name.
fn all() -> Vec<(&'static str, Option<RealtimeFault>, &'static [&'static str])> {
    vec![
        ("Refused", None, &["refused"]),
        ("Unauthorised", Some(RealtimeFault::Status(401)), &["expired"]),
        ("TooMany", Some(RealtimeFault::Status(429)), &["quota"]),
        ("Broken", Some(RealtimeFault::Status(500)), &["server"]),
        ("Mute", Some(RealtimeFault::Mute), &["slow"]),
        ("Silent", Some(RealtimeFault::Silent), &["slow"]),
        ("Slow", Some(RealtimeFault::Slow(Duration::from_secs(4))), &["slow"]),
        ("Stall", Some(RealtimeFault::Stall(400)), &["stalled"]),
        ("Drop", Some(RealtimeFault::Drop(400)), &["dropped"]),
        ("DropAtCommit", Some(RealtimeFault::DropAtCommit), &["dropped"]),
        ("Garbage", Some(RealtimeFault::Garbage), &["garbage"]),
        ("Quota", Some(RealtimeFault::Quota), &["quota"]),
        ("Server", Some(RealtimeFault::Server), &["server"]),
        ("Expired", Some(RealtimeFault::Expired), &["dropped"]),
    ]
}

/// One row of the matrix.
async fn row(name: &str, fault: Option<RealtimeFault>, reasons: &[&str], sid: String) -> String {
    let tape = tape("booking");
    let mut realtime = FakeRealtime::start().await.expect("a port");
    realtime.hears([FIRST, SECOND]);
    realtime.says([Speech::say("בשמחה. אשמח לעזור, ומה השם בבקשה?"), Speech::say("נעים מאוד.")]);
    match fault {
        Some(fault) => realtime.always(fault),
        None => realtime.go_down().await,
    }
    let openai = FakeOpenAi::start().await.expect("a port");
    // A turn may be heard by the chain at once, or after the model was lost: once each.
    openai.transcripts([FIRST, SECOND]);
    openai.replies([Reply::text("בשמחה. מה השם?"), Reply::text("נעים מאוד. באיזה אזור?")]);
    let errors = |metrics: &str| -> u64 {
        let of = |reason: &&str| {
            let reason = format!("reason=\"{reason}\"");
            counter(metrics, "kav_bridge_provider_errors_total", &["role=\"realtime\"", &reason])
        };
        reasons.iter().map(of).sum()
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
    let asked = line.site.openai.requests(Service::Chat).len();
    let said = line.said(&sid);
    let text = format!(
        "{name:<12} greeting {:>5} ms, answers {:>5} and {:>5} ms, {counted} counted, {asked} of the chain",
        waits[0], waits[1], waits[2]
    );
    println!("realtime {text}");
    // The chain answered with what was said so far, and the transcript is whole.
    let told = [FIRST, SECOND].iter().all(|text| said.contains(&format!("caller: {text}")));
    let ok = counted > 0
        && fell_back > 0
        && asked > 0
        && told
        && waits.iter().all(|wait| *wait <= SILENCE_MS + BUSY_MS);
    line.down().await;
    if ok { String::new() } else { format!("{text}; heard at {heard:?}; said {said:#?}") }
}

/// S-AUD-014, S-TEL-013, A-TEL-005: whatever the model does, the caller hears something sensible, the chain goes on
/// with the history so far, the metric says what happened, and nothing is left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_the_model_does_the_caller_is_answered() {
    let _alone = alone().await;
    let begun = open_files();
    let only = std::env::var("MATRIX").unwrap_or_default();
    let rows: Vec<_> = all().into_iter().filter(|(name, ..)| name.starts_with(&only)).collect();
    let mut failures = Vec::new();
    for (group, rows) in rows.chunks(AT_ONCE).enumerate() {
        let calls = rows.iter().enumerate().map(|(at, (name, fault, reasons))| {
            row(name, fault.clone(), reasons, format!("{:032x}", 0xb000 + group * AT_ONCE + at))
        });
        failures.extend(futures_util::future::join_all(calls).await);
    }
    failures.retain(|failure| !failure.is_empty());
    assert!(failures.is_empty(), "{failures:#?}");
    eventually("no task is left", || live_tasks() == 0).await;
    eventually("no file descriptor is left", || open_files().len() <= begun.len()).await;
}

/// S-AUD-003: words that cannot be written down do not hold up the answer; the conversation goes on by voice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_words_the_conversation_goes_on() {
    let _alone = alone().await;
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
