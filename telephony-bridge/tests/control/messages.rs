//! Messages that the bridge sends.

use provider_fakes::twilio_rest::Fault;
use serde_json::{Value, json};

use crate::site::{INTERNAL_TOKEN, PUBLIC, Site};

const MESSAGES: &str = "/api/messages";

fn wanted(reference: &str, to: &str, from: &str) -> Value {
    json!({ "reference": reference, "to": to, "from": from, "text": "נציג חוזר אליכם & מיד" })
}

fn whatsapp(reference: &str) -> Value {
    wanted(reference, "whatsapp:+972541234567", "whatsapp:+97233763805")
}

async fn send(site: &Site, message: Value) -> (u16, String) {
    site.internal("POST", MESSAGES, Some(message), INTERNAL_TOKEN).await
}

fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// A-TEL-012: with the credentials of one account a call is placed and a WhatsApp message is sent, once each; where the
/// message is, is known.
#[tokio::test(flavor = "multi_thread")]
async fn one_account_reaches_by_voice_and_by_whatsapp() {
    let site = Site::start("", "end_call", true, &[]).await;
    let call = json!({ "reference": "v1", "to": "+972541234567", "from": "+97233763805", "text": "שלום" });
    let (status, body) = site.internal("POST", "/api/voice/outbound", Some(call), INTERNAL_TOKEN).await;
    assert_eq!(status, 201, "{body}");
    let (status, body) = send(&site, whatsapp("m1")).await;
    assert_eq!(status, 201, "{body}");
    let sid = json(&body)["message_sid"].as_str().expect("named").to_owned();
    let (status, again) = send(&site, whatsapp("m1")).await;
    assert_eq!((status, json(&again)), (200, json(&body)));
    let (calls, messages) = (site.twilio.calls(), site.twilio.messages());
    assert_eq!((calls.len(), messages.len()), (1, 1));
    assert_eq!(
        (messages[0].to.as_str(), messages[0].said.as_str()),
        ("whatsapp:+972541234567", "נציג חוזר אליכם & מיד")
    );
    let asked = site.twilio.asked();
    assert!(asked.iter().all(|asked| asked.authorised));
    let callback = format!("{MESSAGES}/m1/status");
    assert_eq!(asked[1].get("StatusCallback"), Some(&*format!("{PUBLIC}{callback}")));

    // Callbacks come out of order: what is further on the way stays.
    for state in ["sent", "read", "delivered"] {
        let form = [("MessageSid", sid.as_str()), ("MessageStatus", state)];
        assert_eq!(site.post(&callback, &form).await.0, 204);
    }
    let (_, body) = site.internal("GET", &format!("{MESSAGES}/m1"), None, INTERNAL_TOKEN).await;
    assert_eq!((&json(&body)["status"], &json(&body)["error_code"]), (&json!("read"), &Value::Null));

    // Outside the 24 hours WhatsApp takes templates alone, and says so later.
    send(&site, whatsapp("m2")).await;
    let form = [("MessageSid", "SM2"), ("MessageStatus", "undelivered"), ("ErrorCode", "63016")];
    assert_eq!(site.post(&format!("{MESSAGES}/m2/status"), &form).await.0, 204);
    let (_, body) = site.internal("GET", &format!("{MESSAGES}/m2"), None, INTERNAL_TOKEN).await;
    assert_eq!((&json(&body)["status"], &json(&body)["error_code"]), (&json!("undelivered"), &json!(63_016)));
    let template = json!({ "reference": "m3", "to": "whatsapp:IL.1349", "from": "whatsapp:+97233763805",
                           "template": "HX0123", "variables": { "1": "דנה" } });
    assert_eq!(send(&site, template).await.0, 201);
    let asked = site.twilio.asked();
    let last = asked.last().expect("asked");
    assert_eq!(
        (last.get("ContentSid"), last.get("ContentVariables")),
        (Some("HX0123"), Some("{\"1\":\"דנה\"}"))
    );
    assert_eq!(last.get("Body"), None);
    site.down().await;
}

/// Nobody but our own services sends messages; nonsense is named; what may have arrived is not sent again, and what
/// certainly has not may be.
#[tokio::test(flavor = "multi_thread")]
async fn messages_are_not_sent_for_anybody() {
    let site = Site::start("", "end_call", true, &[]).await;
    assert_eq!(site.internal("POST", MESSAGES, Some(whatsapp("a")), "guessed").await.0, 401);
    assert_eq!(site.internal("GET", &format!("{MESSAGES}/a"), None, "guessed").await.0, 401);
    assert_eq!(site.internal("GET", &format!("{MESSAGES}/a"), None, INTERNAL_TOKEN).await.0, 404);
    for (field, value, told) in [
        ("to", json!("whatsapp:0541234567"), "To is `whatsapp:0541234567`"),
        ("from", json!("+97233763805"), "a sender of the same kind"),
        ("reference", json!("a/b"), "reference"),
        ("text", json!(" "), "Body is ` `"),
        ("template", json!("HX1"), "expected text, or template"),
        ("variables", json!({"1": "x"}), "expected text, or template"),
        ("media", json!("x"), "media"),
    ] {
        let mut message = whatsapp("a");
        message[field] = value;
        let (status, body) = send(&site, message).await;
        assert!(status == 422 && body.contains(told), "{status} {body}");
    }
    assert_eq!(site.twilio.asked(), []);
    // The answer is lost: it may arrive, and is not sent again.
    site.twilio.fail_next([Fault::DoneAndDropped]);
    let (status, body) = send(&site, whatsapp("lost")).await;
    assert!(status == 502 && body.contains("may have done it"), "{status} {body}");
    let (status, body) = send(&site, whatsapp("lost")).await;
    assert!(status == 200 && body.contains(r#""status":"unknown""#), "{status} {body}");
    assert_eq!(site.twilio.messages().len(), 1);
    // Whoever wants none gets none, and whoever asked is told why.
    site.twilio.opt_out("whatsapp:+972541234567");
    let (status, body) = send(&site, whatsapp("no")).await;
    assert!(status == 502 && body.contains("21610"), "{status} {body}");
    assert_eq!(
        send(&site, wanted("no", "+972541234567", "+97233763805")).await.0,
        201,
        "the reference is free"
    );
    site.down().await;
    let without = Site::start("", "end_call", false, &[]).await;
    let (status, body) = send(&without, whatsapp("a")).await;
    assert!(status == 503 && body.contains("TWILIO_ACCOUNT_SID"), "{status} {body}");
    without.down().await;
}
