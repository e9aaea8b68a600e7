//! Calls that the bridge places.

use provider_fakes::twilio_caller::dial_of;
use provider_fakes::twilio_rest::Fault;
use serde_json::{Value, json};

use crate::site::{INTERNAL_TOKEN, PUBLIC, Site};

const OUTBOUND: &str = "/api/voice/outbound";

fn wanted(reference: &str) -> Value {
    json!({ "reference": reference, "to": "+972541234567", "from": "+97233763805",
            "text": "שיחה דחופה: נזילה & הצפה בדירה ברחוב הרצל", "acknowledge": true })
}

/// S-EMG-010, S-EMG-012, S-EMG-013: an urgent call is placed once, says its text twice and takes a key.
#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_call_is_placed_once() {
    let site = Site::start("", "end_call", true, &[]).await;
    let (status, body) = site.internal("POST", OUTBOUND, Some(wanted("e1")), INTERNAL_TOKEN).await;
    assert_eq!(status, 201, "{body}");
    let placed: Value = serde_json::from_str(&body).expect("JSON");
    let call_sid = placed["call_sid"].as_str().expect("named").to_owned();
    let (status, again) = site.internal("POST", OUTBOUND, Some(wanted("e1")), INTERNAL_TOKEN).await;
    assert_eq!((status, serde_json::from_str::<Value>(&again).expect("JSON")), (200, placed));
    assert_eq!(site.twilio.calls().len(), 1);

    let document = site.twilio.calls()[&call_sid].instructions.clone();
    assert_eq!(document.matches("נזילה &amp; הצפה").count(), 2, "{document}");
    let key = format!("{OUTBOUND}/e1/key");
    assert!(document.contains(&format!("action=\"{PUBLIC}{key}\"")), "{document}");
    assert_eq!(dial_of(&document), None);
    let asked = &site.twilio.asked()[0];
    assert_eq!(asked.get("MachineDetection"), Some("DetectMessageEnd"));
    assert_eq!(asked.get("AsyncAmdStatusCallback"), Some(&*format!("{PUBLIC}{OUTBOUND}/e1/answered-by")));

    let (_, thanks) = site.post(&key, &[("CallSid", &call_sid), ("Digits", "1")]).await;
    assert!(thanks.contains("<Say") && thanks.ends_with("<Hangup/></Response>"), "{thanks}");
    // Callbacks come out of order: the end stays the end.
    for state in ["completed", "in-progress"] {
        let form = [("CallSid", call_sid.as_str()), ("CallStatus", state)];
        assert_eq!(site.post(&format!("{OUTBOUND}/e1/status"), &form).await.0, 204);
    }
    let (_, body) = site.internal("GET", &format!("{OUTBOUND}/e1"), None, INTERNAL_TOKEN).await;
    let shown: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((&shown["status"], &shown["acknowledged"]), (&json!("completed"), &json!("1")));
    site.down().await;
}

/// A machine is left the text after its beep, or hung up on; a person is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_told_from_a_person() {
    let site = Site::start("", "end_call", true, &[]).await;
    let mut placed = Vec::new();
    for (reference, on_machine) in [("leave", "leave_message"), ("end", "hang_up"), ("person", "hang_up")] {
        let mut call = wanted(reference);
        call["on_machine"] = on_machine.into();
        let (status, body) = site.internal("POST", OUTBOUND, Some(call), INTERNAL_TOKEN).await;
        assert_eq!(status, 201, "{body}");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        placed.push((reference, body["call_sid"].as_str().expect("named").to_owned()));
    }
    for ((reference, call_sid), who) in placed.iter().zip(["machine_end_beep", "machine_start", "human"]) {
        let form = [("CallSid", call_sid.as_str()), ("AnsweredBy", who)];
        assert_eq!(site.post(&format!("{OUTBOUND}/{reference}/answered-by"), &form).await.0, 204);
    }
    let calls = site.twilio.calls();
    let [leave, end, person] = &placed[..] else { unreachable!("three") };
    let message = &calls[&leave.1].instructions;
    assert!(message.contains("נזילה") && !message.contains("Gather"), "{message}");
    assert_eq!(calls[&end.1].status, "completed");
    assert_eq!(
        (calls[&person.1].status.as_str(), calls[&person.1].instructions.contains("Gather")),
        ("queued", true)
    );
    let (_, body) = site.internal("GET", &format!("{OUTBOUND}/person"), None, INTERNAL_TOKEN).await;
    assert!(body.contains(r#""answered_by":"human""#), "{body}");
    site.down().await;
}

/// Nobody but our own services places calls; nonsense is named; what may have rung is not asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn calls_are_not_placed_for_anybody() {
    let site = Site::start("", "end_call", true, &[]).await;
    assert_eq!(site.internal("POST", OUTBOUND, Some(wanted("a")), "guessed").await.0, 401);
    assert_eq!(site.internal("GET", &format!("{OUTBOUND}/a"), None, "guessed").await.0, 401);
    for (field, value, told) in [
        ("to", json!("0541234567"), "to is `0541234567`"),
        ("from", json!("+0"), "from is `+0`"),
        ("reference", json!("a/b"), "reference"),
        ("text", json!(" "), "text is empty"),
        ("text", json!("א".repeat(4_000)), "too long"),
        ("on_machine", json!("shout"), "shout"),
        ("number", json!(1), "number"),
    ] {
        let mut call = wanted("a");
        call[field] = value;
        let (status, body) = site.internal("POST", OUTBOUND, Some(call), INTERNAL_TOKEN).await;
        assert_eq!(status, 422, "{body}");
        assert!(body.contains(told), "{body}");
    }
    assert_eq!(site.twilio.asked(), []);
    // The answer is lost: it may ring, and is not placed again.
    site.twilio.fail_next([Fault::DoneAndDropped]);
    let (status, body) = site.internal("POST", OUTBOUND, Some(wanted("lost")), INTERNAL_TOKEN).await;
    assert!(status == 502 && body.contains("may have done it"), "{status} {body}");
    let (status, body) = site.internal("POST", OUTBOUND, Some(wanted("lost")), INTERNAL_TOKEN).await;
    assert!(status == 200 && body.contains(r#""status":"unknown""#), "{status} {body}");
    // Refused for certain: it may be asked for again.
    site.twilio.fail_next([Fault::Status { status: 400, retry_after: None }]);
    assert_eq!(site.internal("POST", OUTBOUND, Some(wanted("no")), INTERNAL_TOKEN).await.0, 502);
    assert_eq!(site.internal("POST", OUTBOUND, Some(wanted("no")), INTERNAL_TOKEN).await.0, 201);
    site.down().await;
    let without = Site::start("", "end_call", false, &[]).await;
    let (status, body) = without.internal("POST", OUTBOUND, Some(wanted("a")), INTERNAL_TOKEN).await;
    assert!(status == 503 && body.contains("TWILIO_ACCOUNT_SID"), "{status} {body}");
    without.down().await;
}
