//! One reference, one call or message: whoever asks may go away, ask twice at once, or ask while the first attempt fails.

use std::time::Duration;

use provider_fakes::twilio_rest::Fault;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::site::{INTERNAL_TOKEN, PATIENCE, Site};

const CALLS: &str = "/api/voice/outbound";
const MESSAGES: &str = "/api/messages";
/// Where orders are given, and what Twilio's id is called there.
const DOORS: [(&str, &str); 2] = [(CALLS, "call_sid"), (MESSAGES, "message_sid")];
/// Long enough for an answer that is not waited for.
const A_WHILE: Duration = Duration::from_millis(300);

/// A call or a message: both doors take these.
fn wanted(reference: &str) -> Value {
    json!({ "reference": reference, "to": "+972541234567", "from": "+97233763805", "text": "נציג חוזר מיד" })
}

async fn ask(site: &Site, path: &str, reference: &str) -> (u16, String) {
    site.internal("POST", path, Some(wanted(reference)), INTERNAL_TOKEN).await
}

/// What Twilio has done so far.
fn done(site: &Site) -> usize {
    site.twilio.calls().len() + site.twilio.messages().len()
}

/// Asks over a connection of its own and goes away once Twilio has been asked, before it answers.
async fn ask_and_go(site: &Site, path: &str, reference: &str) {
    let before = site.twilio.asked().len();
    let body = wanted(reference).to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: bridge\r\nAuthorization: Bearer {INTERNAL_TOKEN}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let mut socket = TcpStream::connect(site.address).await.expect("a connection");
    socket.write_all((head + &body).as_bytes()).await.expect("written");
    site.asked(|twilio| twilio.asked().len() > before).await;
    socket.shutdown().await.expect("closed");
    // The bridge has noticed once it closes too.
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
    closed.expect("in time").expect("closed");
    assert_eq!(String::from_utf8_lossy(&answer), "", "nobody answers before Twilio has");
}

/// S-EMG-010, A-TEL-012: a connection that closes in mid-request loses neither the call nor what became of it.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_may_go_away() {
    let site = Site::start("", "end_call", true, &[]).await;
    for (path, sid) in DOORS {
        site.twilio.fail_next([Fault::Held]);
        ask_and_go(&site, path, "gone").await;
        site.twilio.release();
        let (status, body) = ask(&site, path, "gone").await;
        let shown: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((status, &shown["status"]), (200, &json!("queued")), "{body}");
        assert!(shown[sid].is_string(), "{body}");
    }
    assert_eq!((site.twilio.asked().len(), done(&site)), (2, 2), "once each");
    site.down().await;
}

/// S-EMG-010: a bridge that goes down waits for Twilio's answer to what was asked for by somebody who went away.
#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_goes_down_after_its_orders() {
    let site = Site::start("", "end_call", true, &[]).await;
    site.twilio.fail_next([Fault::Held]);
    ask_and_go(&site, CALLS, "late").await;
    let twilio = site.twilio.clone();
    let mut down = Box::pin(site.down());
    assert!(tokio::time::timeout(A_WHILE, &mut down).await.is_err(), "a call is being placed");
    twilio.release();
    down.await;
    assert_eq!(twilio.calls().len(), 1);
}

/// What Twilio tells while its answer is awaited counts, even where the answer is lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_callback_tells_is_known() {
    let site = Site::start("", "end_call", true, &[]).await;
    for ((path, sid), state) in
        DOORS.into_iter().zip([("CallStatus", "in-progress"), ("MessageStatus", "sent")])
    {
        site.twilio.fail_next([Fault::Held, Fault::DoneAndDropped]);
        ask_and_go(&site, path, "lost").await;
        let form = [("CallSid", "CA1"), ("MessageSid", "CA1"), state];
        assert_eq!(site.post(&format!("{path}/lost/status"), &form).await.0, 204);
        site.twilio.release();
        // As the first would have been answered, or later than that.
        let answer = ask(&site, path, "lost").await;
        assert!(answer.0 == 502 || answer.0 == 200, "{answer:?}");
        let (status, body) = ask(&site, path, "lost").await;
        let shown: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((status, &shown["status"], &shown[sid]), (200, &json!(state.1), &json!("CA1")), "{body}");
    }
    site.down().await;
}

/// Whoever asks for the same while Twilio is asked waits, and is told what came of it.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_at_the_same_time_is_answered_the_same() {
    let site = Site::start("", "end_call", true, &[]).await;
    for (path, _) in DOORS {
        let before = site.twilio.asked().len();
        site.twilio.fail_next([Fault::Held]);
        let mut first = Box::pin(ask(&site, path, "twice"));
        assert!(tokio::time::timeout(A_WHILE, &mut first).await.is_err(), "Twilio has not answered");
        let again = [ask(&site, path, "twice"), ask(&site, path, "twice")];
        let mut again = Box::pin(futures_util::future::join_all(again));
        let early = tokio::time::timeout(A_WHILE, &mut again).await;
        assert!(early.is_err(), "nobody knows yet: {early:?}");
        site.twilio.release();
        let (first, again) = tokio::join!(first, again);
        assert_eq!(first.0, 201, "{}", first.1);
        assert!(first.1.contains(r#""status":"queued""#), "{}", first.1);
        assert_eq!(again, [(200, first.1.clone()), (200, first.1)]);
        assert_eq!(site.twilio.asked().len(), before + 1, "{path}");
    }
    assert_eq!(done(&site), 2);
    site.down().await;
}

/// Where the first attempt fails while another waits, both are told so; it may be asked for again where it was
/// certainly not done.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_what_fails_is_told_so() {
    let site = Site::start("", "end_call", true, &[]).await;
    let refused = Fault::Status { status: 400, retry_after: None };
    for (path, _) in DOORS {
        for (reference, fault, told, later) in [
            ("refused", refused.clone(), "Twilio answers 400", (201, r#""status":"queued""#)),
            ("lost", Fault::DoneAndDropped, "may have done it", (200, r#""status":"unknown""#)),
        ] {
            site.twilio.fail_next([Fault::Held, fault]);
            let mut first = Box::pin(ask(&site, path, reference));
            assert!(tokio::time::timeout(A_WHILE, &mut first).await.is_err(), "Twilio has not answered");
            let mut again = Box::pin(ask(&site, path, reference));
            let early = tokio::time::timeout(A_WHILE, &mut again).await;
            assert!(early.is_err(), "nobody knows yet: {early:?}");
            site.twilio.release();
            let (first, again) = tokio::join!(first, again);
            assert!(first.0 == 502 && first.1.contains(told), "{first:?}");
            assert_eq!(again, first);
            let (status, body) = ask(&site, path, reference).await;
            assert!(status == later.0 && body.contains(later.1), "{status} {body}");
        }
    }
    assert_eq!(done(&site), 4, "each once");
    site.down().await;
}
