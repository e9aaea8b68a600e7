//! A whole call with nothing set but a base URL.

use std::sync::Arc;
use std::time::Duration;

use crm_api::{AgentGender, CallEventKind, RouteDecision, Speaker};
use provider_fakes::crm::FakeCrm;
use provider_fakes::openai::{FakeOpenAi, Reply, Service};
use serde_json::Value;

use crate::site::{PATIENCE, Site, audible, eventually, ran_apart, tape};

const FIRST: &str = "שלום, אני מחפש דירה להשכרה";
const SECOND: &str = "קוראים לי דני כהן";

/// What was said on a call, according to the CRM: who and what.
fn turns(site: &Site, call_sid: &str) -> Vec<(Speaker, String)> {
    let turn = |kind| match kind {
        CallEventKind::Turn { speaker, text, .. } => Some((speaker, text)),
        _ => None,
    };
    site.crm.events(call_sid).into_iter().filter_map(|event| turn(event.kind)).collect()
}

/// A-AUD-012, A-AUD-014, A-AUD-016, S-TEL-007: hearing, writing with a tool, speaking, all by one base URL; only what was
/// heard is told to the model; what was said before is not synthesised again, not even after a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_base_url_is_enough_for_a_call() {
    if ran_apart("full_call::a_base_url_is_enough_for_a_call") {
        return;
    }
    let tape = tape("booking");
    let openai = FakeOpenAi::start().await.expect("a port");
    openai.transcripts([FIRST, SECOND]);
    openai.replies([
        Reply::text("**בשמחה!** מה השם בבקשה? 😀"),
        Reply::Tool("save_lead_fields".into(), "{\"name\":\"דני כהן\"}".into()),
        Reply::text("נעים מאוד דני."),
    ]);
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let site = Site::with(openai, folder, &[("OPENAI_API_KEY", "sk-test")]).await;
    let sid = "00000000000000000000000000000001";
    let end = tape.file.caller[1].end_ms;
    let call = site.caller(&tape, sid, end + 4_500).call();
    let shown =
        async { while !site.calls().await.iter().any(|call| call.about.entities.contains_key("name")) {} };
    let (call, shown) =
        tokio::join!(tokio::time::timeout(PATIENCE, call), tokio::time::timeout(PATIENCE, shown));
    let record = call.expect("the call ends").expect("a call");
    shown.expect("what the tool was given is shown while the call lasts");
    assert!(audible(&record).len() >= 3, "greeting and two answers: {:?}", audible(&record));

    // Each sentence is a request of its own, without markup; the key is sent along.
    let spoken: Vec<Value> = site.openai.requests(Service::Speech).iter().map(|r| r.json()).collect();
    let inputs: Vec<&str> = spoken.iter().filter_map(|body| body["input"].as_str()).collect();
    for sentence in ["בשמחה!", "מה השם בבקשה?", "נעים מאוד דני."] {
        assert!(inputs.contains(&sentence), "{sentence} in {inputs:?}");
    }
    let requests = site.openai.requests(Service::Chat);
    assert!(requests.iter().all(|r| r.authorization.as_deref() == Some("Bearer sk-test")));

    // The file is a WAV of the turn, with the language.
    let heard = site.openai.requests(Service::Transcriptions);
    assert!(heard.len() >= 2, "{}", heard.len());
    let body = String::from_utf8_lossy(&heard[0].body);
    assert!(body.contains("name=\"language\"") && body.contains("RIFF") && body.contains("name=\"model\""));

    // The tool was used once, by the call's token; its result went back to the model.
    let tools = site.crm.tools();
    assert_eq!(tools.len(), 1, "{tools:?}");
    let (call_sid, name, request) = &tools[0];
    assert_eq!((call_sid.as_str(), name.as_str()), (format!("CA{sid}").as_str(), "save_lead_fields"));
    assert_eq!((request.call_token.as_str(), request.arguments["name"].as_str()), ("call-token", "דני כהן"));
    let last = requests.last().expect("a request").json();
    let messages = last["messages"].as_array().expect("messages");
    let said: Vec<String> = messages
        .iter()
        .skip(1)
        .map(|m| format!("{}:{}", m["role"].as_str().unwrap_or(""), m["content"].as_str().unwrap_or("-")))
        .collect();
    let greeting = "assistant:שלום, הגעתם לנדל\"ן לדוגמה.";
    let expected = [
        greeting.to_owned(),
        format!("user:{FIRST}"),
        "assistant:בשמחה!".to_owned(),
        "assistant:מה השם בבקשה?".to_owned(),
        format!("user:{SECOND}"),
        "assistant:-".to_owned(),
    ];
    assert_eq!(said[..6], expected);
    assert!(said[6].starts_with("tool:{\"ok\":true"), "{said:?}");

    // The CRM has the conversation.
    let over =
        |crm: &FakeCrm| crm.events(call_sid).iter().any(|e| matches!(e.kind, CallEventKind::Ended { .. }));
    tokio::time::timeout(PATIENCE, site.crm.wait_until(over)).await.expect("the call's end");
    let held = turns(&site, call_sid);
    let caller: Vec<&str> = held.iter().filter(|t| t.0 == Speaker::Caller).map(|t| t.1.as_str()).collect();
    assert_eq!(caller, [FIRST, SECOND]);

    // After a restart greeting and stock phrases come from disk.
    let before = site.openai.requests(Service::Speech).len();
    let (openai, folder) = site.down().await;
    let site = Site::with(openai, folder, &[]).await;
    let call = site.caller(&tape, "00000000000000000000000000000002", 2_500).call();
    let record = tokio::time::timeout(PATIENCE, call).await.expect("the call ends").expect("a call");
    assert!(!audible(&record).is_empty());
    assert_eq!(site.openai.requests(Service::Speech).len(), before, "nothing is synthesised again");
    let (openai, _folder) = site.down().await;
    eventually("no connection is left", || openai.connections() == 0).await;
}

/// A slow tool is bridged by a phrase, and is not cancelled by the end of the call.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_tool_is_bridged() {
    if ran_apart("full_call::a_slow_tool_is_bridged") {
        return;
    }
    let tape = tape("booking");
    let site = Site::start(&[]).await;
    site.openai.transcripts([FIRST]);
    site.openai.replies([
        Reply::Tool("save_lead_fields".into(), "{\"deal\":\"rent\"}".into()),
        Reply::text("רשמתי."),
    ]);
    let end = tape.file.caller[0].end_ms;
    let fault = provider_fakes::crm::Fault::Slow(Duration::from_millis(1_500));
    let call = tokio::spawn(site.caller(&tape, "00000000000000000000000000000003", end + 5_000).call());
    tokio::time::timeout(PATIENCE, site.crm.wait_until(|crm| crm.requests() > 0))
        .await
        .expect("a call begins");
    site.crm.set_fault(fault);
    let record = tokio::time::timeout(PATIENCE, call).await.expect("the call ends").expect("no panic");
    record.expect("a call");
    let inputs: Vec<Value> = site.openai.requests(Service::Speech).iter().map(|r| r.json()).collect();
    let said = |text: &str| inputs.iter().any(|body| body["input"] == text);
    assert!(said("רגע, אני בודקת.") && said("רשמתי."), "{inputs:?}");
    site.down().await;
}

/// A-AUD-012, A-AUD-014, A-AUD-016: two businesses on one bridge: each has its voice, its gender and its words, and what was
/// kept of one voice is not heard in the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_business_has_its_own_voice_and_words() {
    if ran_apart("full_call::a_business_has_its_own_voice_and_words") {
        return;
    }
    let tape = tape("booking");
    let site = Site::start(&[]).await;
    site.openai.transcripts([FIRST]);
    site.openai.replies([Reply::text("רגע, אני בודק/ת.")]);
    let ours = provider_fakes::crm::agent();
    let theirs = RouteDecision {
        voice: "onyx".to_owned(),
        agent_gender: AgentGender::Masculine,
        vocabulary: vec!["נוף לים".to_owned(), "דירת גן".to_owned()],
        ..ours.clone()
    };
    let end = tape.file.caller[0].end_ms;
    let mut heard = Vec::new();
    for (n, decision) in [ours, theirs].into_iter().enumerate() {
        site.crm.set_decision(decision);
        let before = Service::ALL.map(|service| site.openai.requests(service).len());
        let call = site.caller(&tape, &format!("0000000000000000000000000000009{n}"), end + 4_000).call();
        tokio::time::timeout(PATIENCE, call).await.expect("the call ends").expect("a call");
        heard.push(
            Service::ALL.map(|service| site.openai.requests(service)[before[service as usize]..].to_vec()),
        );
    }
    let [chat, speech, transcriptions] =
        [0, 1, 2].map(|service| heard.iter().map(move |call| &call[service]));
    let voices: Vec<Vec<(String, String)>> = speech
        .map(|requests| {
            let field = |body: &Value, name: &str| body[name].as_str().unwrap_or_default().to_owned();
            requests
                .iter()
                .map(|r| r.json())
                .map(|body| (field(&body, "voice"), field(&body, "input")))
                .collect()
        })
        .collect();
    let greeting = "שלום, הגעתם לנדל\"ן לדוגמה.";
    for (voice, reply, spoken) in
        [("nova", "רגע, אני בודקת.", &voices[0]), ("onyx", "רגע, אני בודק.", &voices[1])]
    {
        assert!(spoken.iter().all(|(of, _)| of == voice), "{spoken:?}");
        assert!(spoken.iter().any(|(_, text)| text.contains(reply)), "{spoken:?}");
    }
    assert!(
        voices[1].iter().any(|(_, text)| text.contains("שלום")),
        "{greeting} in his voice too: {:?}",
        voices[1]
    );
    let told: Vec<String> =
        chat.map(|requests| String::from_utf8_lossy(&requests[0].body).into_owned()).collect();
    assert!(told[0].contains("את נציגה") && told[1].contains("אתה נציג"), "{told:?}");
    let prompts: Vec<bool> = transcriptions
        .map(|requests| {
            requests.iter().all(|r| {
                String::from_utf8_lossy(&r.body).contains("name=\"prompt\"\r\n\r\nנוף לים, דירת גן\r\n")
            })
        })
        .collect();
    assert_eq!(prompts, [false, true]);
    site.down().await;
}
