//! Who gets in: signatures, tokens, places.

mod common;

use common::{AUTH_TOKEN, Bridge, End, GREETING, PATIENCE, PUBLIC, speech, token_of};
use crm_api::{CallEventKind, Decision, EndReason};
use provider_fakes::crm::{Fault, agent};
use provider_fakes::twilio_caller::{Caller, Ending, Event, Injection, Signing, Token};
use telephony_bridge::server::fallback;

/// A-PLT-004, A-PLT-005, A-PLT-006, S-TEL-002, S-TEL-004, S-TEL-010, P-VOX-001 and P-VOX-003 for calls: whenever one comes it is
/// answered at once, the answer's first verb is the stream. A-TEN-006, the bridge's part: business and greeting come
/// with one question to the CRM.
#[tokio::test(flavor = "multi_thread")]
async fn a_signed_call_goes_through() {
    let bridge = Bridge::start(&[]).await;
    let mut caller = bridge.caller("1");
    caller.injections = vec![(100, Injection::Dtmf('#'))];
    let record = caller.call().await.expect("a call");
    assert_eq!(record.ending, Ending::HungUp);
    assert_eq!(record.status_callback, Some(204));
    assert_eq!(record.subprotocol.as_deref(), Some("audio.twilio.com"));
    assert!(record.twiml.contains(r#"url="wss://bridge.example.com/media""#), "{}", record.twiml);
    assert!(record.twiml.contains("<Response><Connect"), "at once: {}", record.twiml);
    assert!(record.twiml.ends_with("</Connect><Hangup/></Response>"), "{}", record.twiml);
    assert_eq!(record.count(|event| matches!(event, Event::Nonsense(_))), 0);
    let heard: Vec<u8> = record.heard.iter().copied().filter(|&byte| byte != 0xff).collect();
    assert_eq!(heard, GREETING);

    let seen = bridge.stub.seen("CA1").await;
    assert_eq!((seen.end, seen.fallback, seen.not_understood), (End::Stopped, false, 0));
    assert_eq!((seen.keys.as_str(), seen.marks), ("#", vec!["greeting".to_owned()]));
    assert_eq!(seen.audio[..8_000], speech(8_000));
    let asked: Vec<String> = bridge.crm.routes().into_iter().map(|asked| asked.from).collect();
    assert_eq!(asked, ["+972502345678"], "once");
    tokio::time::timeout(PATIENCE, bridge.crm.wait_until(|crm| crm.events("CA1").len() == 2))
        .await
        .expect("delivered");
}

/// P-QUE-012
#[tokio::test(flavor = "multi_thread")]
async fn unsigned_webhooks_are_refused() {
    let bridge = Bridge::start(&[]).await;
    for signing in [Signing::Wrong, Signing::Missing] {
        let mut caller = bridge.caller("1");
        caller.faults.webhook = signing;
        let record = caller.call().await.expect("an answer");
        assert_eq!(record.ending, Ending::WebhookRefused(403), "{signing:?}");
    }
    assert_eq!(bridge.crm.routes(), []);
    let unsigned = bridge.http.post(format!("http://{}/api/voice/status", bridge.address));
    let answer = unsigned.body("CallSid=CA1&CallStatus=completed").send().await.expect("answers");
    assert_eq!(answer.status().as_u16(), 403);
}

/// P-QUE-012, S-TEL-001
#[tokio::test(flavor = "multi_thread")]
async fn unsigned_streams_are_refused() {
    let bridge = Bridge::start(&[]).await;
    for signing in [Signing::Wrong, Signing::Missing] {
        let mut caller = bridge.caller("1");
        caller.faults.handshake = signing;
        let record = caller.call().await.expect("an answer");
        assert_eq!(record.ending, Ending::HandshakeRefused(403), "{signing:?}");
    }
}

/// S-TEL-001: a signature is not enough.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_one_stream_of_its_own_call() {
    let bridge = Bridge::start(&[]).await;
    let first = bridge.caller("1").call().await.expect("a call");
    assert_eq!(first.ending, Ending::HungUp);
    let used = token_of(&first.twiml);
    let refused = |token: Token, start_call_sid: Option<&str>| {
        let mut caller = bridge.caller("2");
        caller.faults.token = token;
        caller.faults.start_call_sid = start_call_sid.map(str::to_owned);
        async {
            let record = caller.call().await.expect("an answer");
            let Ending::ClosedByBridge(Some((code, reason))) = record.ending else {
                panic!("{:?}", record.ending)
            };
            assert_eq!(code, 1008, "{reason}");
            assert!(reason.contains("token"), "{reason}");
        }
    };
    refused(Token::Fixed(used.clone()), Some("CA1")).await;
    refused(Token::Fixed(used), None).await;
    refused(Token::Missing, None).await;
    refused(Token::AsGiven, Some("CA1")).await;
    let good = bridge.caller("2").call().await.expect("a call");
    assert_eq!(good.ending, Ending::HungUp);
}

/// P-QUE-013
#[tokio::test(flavor = "multi_thread")]
async fn mock_mode_checks_no_signature_but_tokens() {
    let bridge = Bridge::start(&[("MOCK_TWILIO", "true")]).await;
    let unsigned = |sid: &str| {
        let mut caller = Caller::new(bridge.address, PUBLIC, None, sid);
        caller.speed = Some(10.0);
        caller.idle_ms = 100;
        caller
    };
    assert_eq!(unsigned("1").call().await.expect("a call").ending, Ending::HungUp);
    let mut caller = unsigned("2");
    caller.faults.token = Token::Missing;
    let ending = caller.call().await.expect("an answer").ending;
    assert!(matches!(ending, Ending::ClosedByBridge(Some((1008, _)))), "{ending:?}");
}

/// S-TEL-014
#[tokio::test(flavor = "multi_thread")]
async fn the_call_too_many_is_refused_politely() {
    let bridge = Bridge::start(&[("MAX_WEBSOCKET_CONNECTIONS", "1")]).await;
    let mut long = bridge.caller("1");
    long.speed = Some(1.0);
    long.audio = speech(8_000 * 60);
    let long = tokio::spawn(long.call());
    bridge.stub.begun("CA1").await;
    let record = bridge.caller("2").call().await.expect("an answer");
    assert_eq!(record.ending, Ending::NoStream);
    assert!(record.twiml.contains(fallback::BUSY) && record.twiml.contains("<Hangup/>"));
    assert_eq!(bridge.crm.routes().len(), 1);
    long.abort();
    assert_eq!(bridge.stub.seen("CA1").await.end, End::SocketLost);
    // The place is free as soon as the socket is gone; give the bridge a moment to notice.
    let freed =
        async { while bridge.caller("3").call().await.expect("an answer").ending != Ending::HungUp {} };
    tokio::time::timeout(PATIENCE, freed).await.expect("a place");
}

/// A-TEL-010: the call goes on without the CRM, and the CRM learns of it later.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_crm_costs_no_call() {
    let mut bridge = Bridge::start(&[]).await;
    bridge.crm.go_down().await;
    assert_eq!(bridge.caller("1").call().await.expect("a call").ending, Ending::HungUp);
    assert!(bridge.stub.seen("CA1").await.fallback);
    bridge.crm.come_up().await.expect("its port");
    bridge.crm.set_fault(Fault::Slow(std::time::Duration::from_secs(2)));
    let slow = bridge.caller("2").call().await.expect("a call");
    assert_eq!(slow.ending, Ending::HungUp);
    assert!(bridge.stub.seen("CA2").await.fallback);
    bridge.crm.set_fault(Fault::None);
    tokio::time::timeout(PATIENCE, bridge.crm.wait_until(|crm| crm.event_count() == 4))
        .await
        .expect("delivered");
    assert_eq!(bridge.crm.conflicts(), 0);
}

/// What Twilio tells of a call that comes in.
fn call(sid: &str) -> [(&'static str, &str); 3] {
    [("CallSid", sid), ("From", "+972502345678"), ("To", "+97233763805")]
}

/// The events of a call, once there is one.
async fn told(bridge: &Bridge, sid: &'static str) -> Vec<CallEventKind> {
    let wait = bridge.crm.wait_until(move |crm| !crm.events(sid).is_empty());
    tokio::time::timeout(PATIENCE, wait).await.expect("delivered");
    bridge.crm.events(sid).into_iter().map(|event| event.kind).collect()
}

fn ended(duration_ms: u64) -> CallEventKind {
    CallEventKind::Ended { reason: EndReason::CallerHangUp, duration_ms }
}

/// A-PLT-006, P-VOX-010, the call's part: at night the business's words, and the end; what is then written to the
/// caller is the CRM's.
#[tokio::test(flavor = "multi_thread")]
async fn at_night_a_call_is_told_so() {
    let bridge = Bridge::start(&[]).await;
    let mut night = agent();
    night.decision = Decision::Night;
    night.greeting.text = "המשרד סגור & נחזור אליכם".to_owned();
    bridge.crm.set_decision(night);
    let (status, xml) = bridge.post("/api/voice/inbound", &call("CA1")).await;
    assert_eq!(status, 200);
    assert!(xml.contains("המשרד סגור &amp; נחזור אליכם</Say><Hangup/>"), "{xml}");
    assert_eq!(told(&bridge, "CA1").await, [ended(0)]);
}

/// P-VOX-011, P-VOX-014, the call's part: at night with somebody on call, 1 rings them; whoever presses nothing is told
/// goodbye; where nobody answers the agent does, and does not begin with "we are closed".
#[tokio::test(flavor = "multi_thread")]
async fn at_night_a_key_reaches_whoever_is_on_call() {
    let bridge = Bridge::start(&[]).await;
    let mut night = agent();
    night.decision = Decision::Night;
    night.greeting.text = "המשרד סגור".to_owned();
    let number = "+972541234567".to_owned();
    night.dial = Some(crm_api::Dial { number, timeout: 20, action: "/api/voice/dial".to_owned() });
    bridge.crm.set_decision(night);
    for sid in ["CA1", "CA2", "CA3"] {
        let (_, xml) = bridge.post("/api/voice/inbound", &call(sid)).await;
        assert!(
            xml.contains("<Gather input=\"dtmf\" action=\"https://bridge.example.com/api/voice/night\""),
            "{xml}"
        );
        assert!(xml.contains("המשרד סגור במקרה חירום, הקישו 1."), "{xml}");
        assert!(xml.ends_with("/api/voice/night</Redirect></Response>"), "{xml}");
    }
    // Nothing was pressed; then something else was.
    let (_, xml) = bridge.post("/api/voice/night", &call("CA1")).await;
    assert!(xml.contains("<Response><Hangup/></Response>"), "{xml}");
    assert_eq!(told(&bridge, "CA1").await, [ended(0)]);
    let (_, xml) = bridge.post("/api/voice/night", &[("CallSid", "CA2"), ("Digits", "2")]).await;
    assert!(xml.contains("<Response><Hangup/></Response>"), "{xml}");
    // 1, and Twilio asks again.
    for _ in 0..2 {
        let (_, xml) = bridge.post("/api/voice/night", &[("CallSid", "CA3"), ("Digits", "1")]).await;
        assert!(xml.contains("<Number>+972541234567</Number>") && xml.contains("timeout=\"20\""), "{xml}");
    }
    let mut outcome = call("CA3").to_vec();
    outcome.push(("DialCallStatus", "no-answer"));
    let (_, xml) = bridge.post("/api/voice/dial", &outcome).await;
    assert!(xml.contains("<Connect>"), "no dead end: {xml}");
    let unknown = bridge.post("/api/voice/night", &[("CallSid", "CA9"), ("Digits", "1")]).await.1;
    assert!(unknown.contains("<Response><Hangup/></Response>"), "{unknown}");
}

/// A-PLT-006, P-VOX-006, P-VOX-007, P-VOX-009, the call's part: a person is rung for as long as the CRM says, and the
/// outcome comes here; a call that was taken is reported once and nothing else is done; one that was not goes
/// to the agent.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_rung_before_the_agent() {
    let bridge = Bridge::start(&[]).await;
    let mut ring = agent();
    ring.decision = Decision::Ring;
    ring.announce = Some("השיחה מוקלטת".to_owned());
    let number = "+972541234567".to_owned();
    ring.dial = Some(crm_api::Dial { number, timeout: 15, action: "/api/voice/dial".to_owned() });
    bridge.crm.set_decision(ring);
    for (sid, outcome) in [("CA2", "no-answer"), ("CA3", "completed"), ("CA4", "busy"), ("CA5", "failed")] {
        let (_, xml) = bridge.post("/api/voice/inbound", &call(sid)).await;
        assert!(xml.contains("השיחה מוקלטת</Say><Dial "), "{xml}");
        assert!(xml.contains(r#"timeout="15""#) && xml.contains("+972541234567"), "{xml}");
        assert!(xml.contains(r#"action="https://bridge.example.com/api/voice/dial""#), "{xml}");
        let outcome = [("CallSid", sid), ("DialCallStatus", outcome), ("DialCallDuration", "61")];
        let (_, xml) = bridge.post("/api/voice/dial", &outcome).await;
        match sid {
            "CA3" => assert!(xml.contains("<Response><Hangup/></Response>"), "{xml}"),
            _ => assert!(xml.contains("<Connect>"), "{xml}"),
        }
    }
    assert_eq!(told(&bridge, "CA3").await, [ended(61_000)]);
}

/// S-TEL-011: callbacks come twice.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_call_is_reported_once() {
    let bridge = Bridge::start(&[]).await;
    let call = [("CallSid", "CA1"), ("From", ""), ("To", "+97233763805")];
    let (_, xml) = bridge.post("/api/voice/inbound", &call).await;
    assert!(xml.contains("<Connect>"), "{xml}");
    for sequence in ["2", "2", "3"] {
        let over = [("CallSid", "CA1"), ("CallStatus", "completed"), ("SequenceNumber", sequence)];
        assert_eq!(bridge.post("/api/voice/status", &over).await.0, 204);
    }
    let one = bridge.crm.wait_until(|crm| !crm.events("CA1").is_empty());
    tokio::time::timeout(PATIENCE, one).await.expect("delivered");
    while !bridge.get("/health").await.1.contains(r#""pending":0"#) {}
    assert_eq!(bridge.crm.events("CA1").len(), 1);
    let (status, _) = bridge.post("/api/voice/status", &[("CallSid", "CA1")]).await;
    assert_eq!(status, 400);
}

/// S-HLT-002, S-HLT-007: a bridge that uses more memory than it should says so, in `/health` and in its metrics.
#[tokio::test(flavor = "multi_thread")]
async fn too_much_memory_is_a_warning() {
    let bridge = Bridge::start(&[("MAX_MEMORY_USAGE_MB", "1")]).await;
    let (status, body) = bridge.get("/health").await;
    let health: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &health["status"]), (200, &"warning".into()), "{health}");
    let resident = health["memory"]["resident_bytes"].as_u64().expect("a number");
    assert!(resident > 1_000_000, "{health}");
    let (_, metrics) = bridge.get("/metrics").await;
    let value = |name: &str| {
        let line = metrics.lines().find(|line| line.starts_with(&format!("{name} ")));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .unwrap_or_else(|| panic!("{name}: {metrics}"))
    };
    assert!(value("kav_bridge_resident_bytes") > value("kav_bridge_memory_limit_bytes"));
}

/// S-HLT-001, S-HLT-003
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_bridge_is_healthy() {
    let bridge = Bridge::start(&[]).await;
    let (status, body) = bridge.get("/health").await;
    assert_eq!(status, 200);
    let health: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((&health["status"], &health["calls"]["max"]), (&"ok".into(), &100.into()));
    assert!(!body.contains(AUTH_TOKEN));
    assert_eq!(health["redis"], serde_json::Value::Null, "there is none");
    assert!(health["memory"]["resident_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{health}");
    let (status, metrics) = bridge.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(metrics.contains("# TYPE kav_bridge_calls_live gauge"), "{metrics}");
}
