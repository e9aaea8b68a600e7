//! Sessions that end, and what the next one knows.

use std::time::Duration;

use provider_fakes::openai::{Reply, Service};
use provider_fakes::realtime::{FakeRealtime, RealtimeFault, Speech};

use super::Line;
use crate::site::{counter, ran_apart, tape};

const FIRST: &str = "שלום, אני מחפש דירה להשכרה";
const SECOND: &str = "קוראים לי דני כהן";

/// S-AUD-014, S-TEL-013: an answer that fails is given by the chain; some seconds later, while nobody speaks, the
/// model is back, and knows what the chain said.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_model_that_works_again_is_used_again() {
    if ran_apart("realtime::rollover::a_model_that_works_again_is_used_again") {
        return;
    }
    let tape = tape("booking");
    let realtime = FakeRealtime::start().await.expect("a port");
    realtime.hears(["בתל אביב, קרוב לים"]);
    realtime.hears_after(Duration::from_millis(200));
    realtime.says([Speech::say("לא נשמע."), Speech::say("יפה שם.")]);
    realtime.script([RealtimeFault::Server]);
    let line = Line::start(realtime, &[]).await;
    line.site.openai.transcripts([FIRST, SECOND]);
    line.site.openai.replies([Reply::text("בשמחה. מה השם?"), Reply::text("נעים מאוד.")]);
    let sid = "00000000000000000000000000000a08";
    line.call(&tape, sid, 19_000).await;
    let asked = line.realtime.asked();
    assert_eq!(asked.iter().map(|asked| asked.session).collect::<Vec<_>>(), [0, 1], "{:?}", line.said(sid));
    let expected = [
        "assistant: שלום, הגעתם לנדל\"ן לדוגמה.",
        &format!("user: {FIRST}"),
        "assistant: בשמחה.",
        "assistant: מה השם?",
        &format!("user: {SECOND}"),
        "assistant: נעים מאוד.",
    ];
    assert_eq!(known(&line), expected);
    let said = line.said(sid);
    assert_eq!(said[said.len() - 2..], ["caller: בתל אביב, קרוב לים", "agent: יפה שם."]);
    line.down().await;
}

fn model() -> [Speech; 2] {
    [Speech::say("בשמחה. מה השם?"), Speech::say("נעים מאוד.")]
}

/// What the model knew at the second answer, in words: roles and texts without the caller's last turn.
fn known(line: &Line) -> Vec<String> {
    let asked = line.realtime.asked();
    let known = &asked.last().expect("an answer").known;
    known[..known.len() - 1].iter().map(|item| format!("{}: {}", item.role, item.text)).collect()
}

fn whole_history() -> Vec<String> {
    ["assistant: שלום, הגעתם לנדל\"ן לדוגמה.", &format!("user: {FIRST}"), "assistant: בשמחה. מה השם?"]
        .map(str::to_owned)
        .to_vec()
}

/// S-AUD-014, S-TEL-013: a session is replaced before it ends, while nobody speaks, and the next one knows what was
/// said. The chain is not asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_is_replaced_before_it_ends() {
    if ran_apart("realtime::rollover::a_session_is_replaced_before_it_ends") {
        return;
    }
    let tape = tape("booking");
    let realtime = FakeRealtime::start().await.expect("a port");
    realtime.hears([FIRST, SECOND]);
    realtime.says(model());
    // It lives for a quarter of a minute, and half of that is used.
    realtime.lives(Duration::from_secs(15));
    let line = Line::start(realtime, &[]).await;
    let sid = "00000000000000000000000000000a05";
    line.call(&tape, sid, 13_500).await;
    let asked = line.realtime.asked();
    assert_eq!(asked.iter().map(|asked| asked.session).collect::<Vec<_>>(), [0, 1], "the second one answers");
    assert_eq!(known(&line), whole_history());
    assert_eq!(line.site.openai.requests(Service::Chat).len(), 0);
    assert!(line.said(sid).contains(&"agent: נעים מאוד.".to_owned()), "{:?}", line.said(sid));
    let metrics = line.site.metrics().await;
    let rolled = counter(&metrics, "kav_bridge_realtime_sessions_total", &["why=\"rollover\""]);
    assert!(rolled >= 1, "{metrics}");
    // What the dashboard shows of it: each set-up and each first sound is timed.
    assert!(counter(&metrics, "kav_bridge_realtime_setup_seconds_count", &[]) >= 2, "{metrics}");
    let first = counter(&metrics, "kav_bridge_provider_first_result_seconds_count", &["role=\"realtime\""]);
    assert!(first >= 2, "{metrics}");
    line.down().await;
}

/// S-AUD-014, S-TEL-013: a session that is lost between two turns is followed by another one that knows what was said;
/// the caller notices nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_lost_in_silence_is_replaced() {
    if ran_apart("realtime::rollover::a_session_lost_in_silence_is_replaced") {
        return;
    }
    let tape = tape("booking");
    let realtime = FakeRealtime::start().await.expect("a port");
    realtime.hears([FIRST, SECOND]);
    realtime.says(model());
    realtime.script([RealtimeFault::Close(Duration::from_millis(8_800))]);
    let line = Line::start(realtime, &[]).await;
    let sid = "00000000000000000000000000000a06";
    line.call(&tape, sid, 13_500).await;
    let asked = line.realtime.asked();
    assert_eq!(asked.iter().map(|asked| asked.session).collect::<Vec<_>>(), [0, 1], "the second one answers");
    assert_eq!(known(&line), whole_history());
    assert_eq!(line.site.openai.requests(Service::Chat).len(), 0);
    line.down().await;
}
