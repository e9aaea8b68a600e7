//! The server's own voice detection.

use provider_fakes::realtime::{FakeRealtime, Speech};
use serde_json::json;

use super::Line;
use crate::site::{audible, ran_apart, tape};

/// S-AUD-004, S-AUD-009, S-AUD-010: the server decides when a turn is over and gets all of the line for it; it neither
/// answers nor interrupts by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_server_may_decide_when_a_turn_is_over() {
    if ran_apart("realtime::vad::the_server_may_decide_when_a_turn_is_over") {
        return;
    }
    let tape = tape("booking");
    let realtime = FakeRealtime::start().await.expect("a port");
    realtime.hears(["שלום, אני מחפש דירה להשכרה", "קוראים לי דני כהן"]);
    realtime.says([Speech::say("בשמחה. מה השם?"), Speech::say("נעים מאוד.")]);
    let line = Line::start(realtime, &[("REALTIME_VAD", "server")]).await;
    let sid = "00000000000000000000000000000a04";
    let record = line.call(&tape, sid, 13_500).await;
    assert!(audible(&record).len() >= 3, "{:?}", audible(&record));
    let session = &line.realtime.sessions()[0];
    let vad = &session.messages[0]["session"]["audio"]["input"]["turn_detection"];
    assert_eq!((&vad["type"], &vad["create_response"]), (&json!("server_vad"), &json!(false)));
    assert_eq!(session.of("input_audio_buffer.commit").len(), 0, "the server commits");
    assert!(session.audio as u64 > 8 * 8_000, "all of the line: {} bytes", session.audio);
    assert_eq!(session.errors, Vec::<String>::new());
    let said = line.said(sid);
    for expected in
        ["caller: שלום, אני מחפש דירה להשכרה", "caller: קוראים לי דני כהן", "agent: בשמחה. מה השם?"]
    {
        assert!(said.iter().any(|line| line == expected), "{expected} in {said:?}");
    }
    line.down().await;
}
