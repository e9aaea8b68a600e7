//! Twilio's official Python package as an independent peer: signatures and TwiML.
//!
//! Runs with `KAV_PEERS=1`, which installs the package into a folder of its own, or with `KAV_PEER_VENV`, a virtual
//! environment that has it. Skipped loudly otherwise, and where there is no Python, no pip or no network.

#[path = "peer/python.rs"]
mod python;

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use telephony_bridge::twilio::{
    DialVerb, GatherVerb, SAY_VOICE, Twiml, sign, sign_form, verify_form, verify_handshake, verify_json,
};

const TOKEN: &str = "12345";
const PACKAGE: &str = "twilio>=9,<10";
const PEER: &str = include_str!("peer/twilio_peer.py");

struct Case {
    url: String,
    form: Vec<(String, String)>,
    body: Option<&'static str>,
}

fn cases() -> Vec<Case> {
    let form =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let case =
        |url: &str, pairs: &[(&str, &str)]| Case { url: url.to_owned(), form: form(pairs), body: None };
    let call =
        [("CallSid", "CA1"), ("From", "+972501234567"), ("To", "+97233763805"), ("CallerName", "דנה & co")];
    let base = "https://bridge.example.com";
    let body = r#"{"property": "value", "boolean": true}"#;
    let digest: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    vec![
        case(&format!("{base}/api/voice/inbound"), &call),
        case(&format!("{base}/api/voice/dial?a=1&b=2"), &call),
        case("https://bridge.example.com:443/api/voice/inbound", &call),
        case("https://bridge.example.com:8443/api/voice/inbound", &call),
        case("http://bridge.example.com:80/api/voice/inbound", &call),
        case("http://bridge.example.com/api/voice/inbound", &call),
        case("https://user:pass@bridge.example.com/x", &call),
        // Repeated keys: each value once, sorted.
        case(
            &format!("{base}/x"),
            &[("Digits", "5678"), ("Sid", "CA1"), ("Digits", "1234"), ("Digits", "1234")],
        ),
        case(
            &format!("{base}/x"),
            &[("ReasonConferenceEnded", "test"), ("Reason", "Participant"), ("Empty", "")],
        ),
        case("wss://bridge.example.com/media", &[]),
        Case { url: format!("{base}/json?bodySHA256={digest}"), form: Vec::new(), body: Some(body) },
    ]
}

fn verified(case: &Case, signature: &str) -> bool {
    match case.body {
        Some(body) => verify_json(TOKEN, signature, &case.url, body.as_bytes()),
        None if case.url.starts_with("wss") => verify_handshake(TOKEN, signature, &case.url),
        None => verify_form(TOKEN, signature, &case.url, &case.form),
    }
}

fn documents() -> Value {
    let (text, url) = ("שלום & \"ברוכים\" <הבאים>'", "https://bridge.example.com/x?a=1&b='2'");
    let (stream, token, number) = ("wss://bridge.example.com/media", "a\"b&c<d>", "+972541234567");
    let say = || Twiml::new().say(SAY_VOICE, text);
    let parameters = [("token", token)];
    let dial = DialVerb { number, timeout_s: 15, action: url, record_to: Some(url) };
    let gather = GatherVerb { action: url, digits: Some(1), speech: true, timeout_s: 5 };
    json!({
        "case": { "text": text, "url": url, "stream": stream, "token": token, "number": number },
        "stream": say().connect_stream(stream, &parameters).expect("short"),
        "stream_then": say().connect_stream_then(stream, &parameters, url).expect("short"),
        "dial": Twiml::new().dial(dial),
        "gather": Twiml::new().gather(gather, SAY_VOICE, text).pause(1).hang_up(),
    })
}

/// P-QUE-012, A-PLT-006: what we sign Twilio's package takes, what it signs we take, and our documents are those
/// that its builder writes.
#[test]
fn twilios_own_package_agrees() {
    let folder = tempfile::tempdir().expect("a folder");
    let python = match python::with(PACKAGE, folder.path()) {
        Ok(python) => python,
        Err(why) => {
            eprintln!("SKIPPED: Twilio's Python package is not asked: {why}");
            return;
        }
    };
    let cases = cases();
    let signatures: Vec<Value> = cases
        .iter()
        .map(|case| {
            let signature = match case.form.is_empty() {
                true => sign(TOKEN, &case.url),
                false => sign_form(TOKEN, &case.url, &case.form),
            };
            json!({ "url": case.url, "form": case.form, "body": case.body, "signature": signature })
        })
        .collect();
    let given = json!({ "token": TOKEN, "signatures": signatures, "twiml": documents() });
    let mut peer = Command::new(python)
        .args(["-c", PEER])
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python");
    peer.stdin.take().expect("piped").write_all(given.to_string().as_bytes()).expect("it reads");
    let output = peer.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the peer failed");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["wrong"], json!([]));
    let theirs = told["signatures"].as_array().expect("a list");
    assert_eq!(theirs.len(), cases.len());
    for (case, signature) in cases.iter().zip(theirs) {
        assert!(verified(case, signature.as_str().expect("text")), "{}", case.url);
    }
}
