//! OpenAI's official Python package as an independent peer of our stand-in: what the fake speaks is what their
//! client, whose models are generated from the specification, expects.
//!
//! Runs with `KAV_PEERS=1`, which installs the package into a folder of its own, or with `KAV_PEER_VENV`, a virtual
//! environment that has it. Skipped loudly otherwise, and where there is no Python, no pip or no network.

#[path = "peer/python.rs"]
mod python;

use std::io::Write as _;
use std::process::{Command, Stdio};

use provider_fakes::openai::{FakeOpenAi, HttpFault, Reply, Service};
use serde_json::{Value, json};

const PACKAGE: &str = "openai>=2,<3";
const PEER: &str = include_str!("peer/openai_peer.py");

fn ask(python: &std::path::Path, base: &str) -> Value {
    let mut peer = Command::new(python)
        .args(["-c", PEER])
        .env("PYTHONUTF8", "1")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python");
    peer.stdin
        .take()
        .expect("piped")
        .write_all(json!({ "base": base }).to_string().as_bytes())
        .expect("it reads");
    let output = peer.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the peer failed");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Streamed words and tools, transcriptions, speech and refusals, as OpenAI's own client reads them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openais_own_package_agrees() {
    let folder = tempfile::tempdir().expect("a folder");
    let python = match python::with(PACKAGE, folder.path()) {
        Ok(python) => python,
        Err(why) => {
            eprintln!("SKIPPED: OpenAI's Python package is not asked: {why}");
            return;
        }
    };
    let fake = FakeOpenAi::start().await.expect("a port");
    let arguments = "{\"deal\":\"rent\",\"name\":\"דנה\"}";
    fake.replies([Reply::text("בשמחה! מה השם?"), Reply::Tool("save_lead_fields".into(), arguments.into())]);
    fake.transcripts(["שלום, אני מחפש דירה"]);
    let faults =
        [HttpFault::None, HttpFault::None, HttpFault::Quota(Some(1)), HttpFault::Expired, HttpFault::Server];
    fake.script(Service::Chat, faults);
    let base = fake.url();
    let told = tokio::task::spawn_blocking(move || ask(&python, &base)).await.expect("no panic");
    assert_eq!(told["wrong"], json!([]), "openai {}", told["version"]);
    let found = &told["found"];
    assert_eq!(found["words"], json!({ "text": "בשמחה! מה השם?", "calls": [], "reasons": ["stop"] }));
    assert_eq!(
        found["tool"],
        json!({ "text": "", "reasons": ["tool_calls"],
                "calls": [{ "id": "call_1", "name": "save_lead_fields", "arguments": arguments }] })
    );
    assert_eq!(found["heard"], "שלום, אני מחפש דירה");
    assert_eq!(found["verbose"], json!(["שלום, אני מחפש דירה", 1]));
    // 60 ms of 24 kHz PCM a letter.
    assert_eq!(found["pcm"], 4 * 24 * 60 * 2);
    assert_eq!(
        found["failures"],
        json!([
            [true, 429, "insufficient_quota"],
            [true, 401, "invalid_api_key"],
            [true, 500, "server_error"]
        ])
    );
    assert!(
        fake.requests(Service::Chat).iter().all(|r| r.authorization.as_deref() == Some("Bearer sk-peer"))
    );
}
