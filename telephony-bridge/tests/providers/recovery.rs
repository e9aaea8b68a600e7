//! A provider that works again is used again.

use provider_fakes::openai::{HttpFault, Reply, Service};

use crate::site::{PATIENCE, Site, ran_apart, tape, tape_dir, voice_dir};

/// A-TEL-005: the circuit opens at the first refused key, no caller waits for the provider while it is open, a probe
/// in the background closes it, and the same call goes on with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_provider_that_works_again_is_used_again() {
    if ran_apart("recovery::a_provider_that_works_again_is_used_again") {
        return;
    }
    let tape = tape("booking");
    let (dir, voice) = (tape_dir("booking"), voice_dir());
    let site = Site::start(&[("EMBEDDED_TAPE", &dir), ("VOICE_DIR", &voice)]).await;
    site.openai.transcripts(["שלום, אני מחפש דירה להשכרה", "קוראים לי דני כהן"]);
    // The probe takes the first of them.
    site.openai.replies([Reply::text("כן."), Reply::text("נעים מאוד, באיזה אזור?")]);
    site.openai.script(Service::Chat, [HttpFault::Expired]);
    let end = tape.file.caller[1].end_ms;
    let call = site.caller(&tape, "00000000000000000000000000000041", end + 3_000).call();
    tokio::time::timeout(PATIENCE, call).await.expect("the call ends").expect("a call");
    let asked: Vec<usize> = site
        .openai
        .requests(Service::Chat)
        .iter()
        .map(|request| request.json()["messages"].as_array().map_or(0, Vec::len))
        .collect();
    // The first turn was refused, the probe is one message long, the second turn tells the whole call.
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[0] > 1 && asked[1] == 1 && asked[2] > asked[0], "{asked:?}");
    let spoken = site.openai.requests(Service::Speech);
    assert!(spoken.iter().any(|request| request.json()["input"] == "נעים מאוד, באיזה אזור?"));
    // What the embedded dialogue said meanwhile is part of the history.
    let last = site.openai.requests(Service::Chat)[2].json();
    let said = |message: &serde_json::Value| message["role"] == "assistant";
    let agent = last["messages"].as_array().expect("messages").iter().filter(|m| said(m)).count();
    assert!(agent >= 2, "greeting and the fallback's answer: {last}");
    site.down().await;
}
