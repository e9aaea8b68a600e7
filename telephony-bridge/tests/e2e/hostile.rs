//! Callers that misbehave on the real bridge, each beside one that does not: whatever the first
//! does, the second's call is whole.

use std::sync::Arc;

use crm_api::EndReason;
use provider_fakes::twilio_caller::{CallRecord, Caller, Ending, Injection, Signing, Token, stream_of};

use crate::harness::{Calling, Site, caller_said, conversation, hung_up, over};
use crate::process::Process;

const SPEED: f64 = 6.0;
/// More than the bridge accepts in one message.
const OVERSIZED: usize = 200_000;

/// A bridge with well-behaved callers on it for as long as the others misbehave.
struct Scene {
    site: Arc<Site>,
    bridge: Process,
    _crm: Process,
    good: Vec<Calling>,
}

impl Scene {
    async fn new() -> Self {
        let site = Arc::new(Site::new("greeting", SPEED).await);
        let crm = site.crm().await;
        let bridge = site.bridge(&[]);
        Self { site, bridge, _crm: crm, good: Vec::new() }
    }

    fn caller(&self, sid: &str) -> Caller {
        self.site.caller(&self.bridge, sid)
    }

    /// Makes the call beside a good one, which begins first and must end as if it were alone.
    async fn beside_a_good_call(&mut self, bad: Caller) -> CallRecord {
        let good = self.caller(&format!("good{}", self.good.len()));
        self.good.push(tokio::spawn(good.call()));
        over(tokio::spawn(bad.call())).await
    }

    /// The end of the calls that did nothing wrong.
    async fn curtain(mut self) {
        let good = std::mem::take(&mut self.good);
        assert!(!good.is_empty());
        let mut alone: Option<Vec<_>> = None;
        for (i, call) in good.into_iter().enumerate() {
            hung_up(call).await;
            let held = self.site.held(&format!("CAgood{i}")).await;
            assert_eq!(caller_said(&held.call), self.site.script(), "CAgood{i}");
            assert_eq!(held.call.end_reason, Some(EndReason::CallerHangUp), "CAgood{i}");
            let said = conversation(&held.call);
            assert_eq!(*alone.get_or_insert_with(|| said.clone()), said, "CAgood{i}");
        }
        assert!(!self.bridge.has_ended());
        self.bridge.terminate();
        assert!(self.bridge.ended().await.success());
    }

    /// The bad call was good enough: its turns are all in the CRM.
    async fn assert_whole(&self, record: &CallRecord, call_sid: &str) {
        assert_eq!(record.ending, Ending::HungUp, "{call_sid}");
        let held = self.site.held(call_sid).await;
        assert_eq!(caller_said(&held.call), self.site.script(), "{call_sid}");
    }
}

fn closed_with_1008(record: &CallRecord) -> bool {
    matches!(record.ending, Ending::ClosedByBridge(Some((1008, _))))
}

/// P-QUE-012, S-TEL-001, S-TEL-002, A-TEL-014: who may not come in does not.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_at_the_door() {
    let mut scene = Scene::new().await;
    for (i, signing) in [Signing::Missing, Signing::Wrong].into_iter().enumerate() {
        let mut caller = scene.caller(&format!("webhook{i}"));
        caller.faults.webhook = signing;
        assert_eq!(scene.beside_a_good_call(caller).await.ending, Ending::WebhookRefused(403));
        let mut caller = scene.caller(&format!("handshake{i}"));
        caller.faults.handshake = signing;
        assert_eq!(scene.beside_a_good_call(caller).await.ending, Ending::HandshakeRefused(403));
    }

    // A token that has opened a stream opens no other, of its own call or of another one.
    let first = scene.caller("first");
    let first = scene.beside_a_good_call(first).await;
    scene.assert_whole(&first, "CAfirst").await;
    let used = stream_of(&first.twiml).expect("a stream").parameters["token"].clone();
    for (sid, claims) in [("first", None), ("replayed", None), ("other", Some("CAfirst"))] {
        let mut caller = scene.caller(sid);
        caller.faults.token = Token::Fixed(used.clone());
        caller.faults.start_call_sid = claims.map(str::to_owned);
        let record = scene.beside_a_good_call(caller).await;
        assert!(closed_with_1008(&record), "{sid}: {:?}", record.ending);
    }
    let mut caller = scene.caller("mistaken");
    caller.faults.start_call_sid = Some("CAsomebody".to_owned());
    assert!(closed_with_1008(&scene.beside_a_good_call(caller).await));
    let mut caller = scene.caller("tokenless");
    caller.faults.token = Token::Missing;
    assert!(closed_with_1008(&scene.beside_a_good_call(caller).await));
    scene.curtain().await;
}

/// A-TEL-013, S-TEL-002: what comes instead of `start`.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_does_not_start() {
    let mut scene = Scene::new().await;
    let connected = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#.to_owned();
    let silence = "/".repeat(216);
    let media = format!(
        r#"{{"event":"media","streamSid":"MZ1","media":{{"track":"inbound","timestamp":"0","payload":"{silence}"}}}}"#
    );
    let openings = [
        ("early", vec![connected.clone(), media]),
        ("flood", vec![connected; 50]),
        ("broken", vec![r#"{"event":"start","start":{"#.to_owned()]),
        ("oversized", vec!["x".repeat(OVERSIZED)]),
        ("stopped", vec![r#"{"event":"stop"}"#.to_owned()]),
    ];
    for (sid, opening) in openings {
        let mut caller = scene.caller(sid);
        caller.faults.instead_of_start = Some(opening);
        let record = scene.beside_a_good_call(caller).await;
        assert!(matches!(record.ending, Ending::ClosedByBridge(_)), "{sid}: {:?}", record.ending);
    }
    scene.curtain().await;
}

/// A-TEL-005, A-TEL-013: what a call can bear, it bears, and goes on.
#[tokio::test(flavor = "multi_thread")]
async fn nonsense_in_a_call_is_ignored() {
    let mut scene = Scene::new().await;
    let nonsense = [
        "",
        "\0",
        "not JSON",
        "[]",
        "null",
        r#"{"event":"media""#,
        r#"{"event":"telepathy","streamSid":"MZnonsense"}"#,
        r#"{"event":7}"#,
        r#"{"event":"connected"}"#,
        r#"{"event":"start","start":{"streamSid":"MZ9","callSid":"CA9"}}"#,
        r#"{"event":"media"}"#,
        r#"{"event":"media","media":{"payload":"?"}}"#,
        r#"{"event":"media","media":{"payload":""}}"#,
        r#"{"event":"media","media":{"payload":"AAAA","timestamp":-1}}"#,
        r#"{"event":"media","media":{"payload":"AAAA","timestamp":"eight"}}"#,
        r#"{"event":"media","media":{"track":"outbound","timestamp":"0","payload":"AAAA"}}"#,
        r#"{"event":"dtmf","dtmf":{"digit":"xx"}}"#,
        r#"{"event":"mark","mark":{"name":"somebody else's"}}"#,
        r#"{"event":"mark","mark":{"name":"u"}}"#,
        r#"{"event":"mark","mark":{"name":"u99999999999999999999"}}"#,
        r#"{"event":"mark","mark":{"name":"u4294967295"}}"#,
        r#"{"event":"mark","mark":{}}"#,
    ];
    let mut caller = scene.caller("nonsense");
    // All through the call: during the greeting, the turn and the answer.
    let texts = nonsense.iter().map(|text| Injection::Text((*text).to_owned()));
    let binary = [Injection::Binary(Vec::new()), Injection::Binary(vec![0xff; 9_000])];
    let all = texts.chain(binary).enumerate();
    caller.injections = all.map(|(i, injection)| (300 * i as u64, injection)).collect();
    let record = scene.beside_a_good_call(caller).await;
    scene.assert_whole(&record, "CAnonsense").await;
    scene.curtain().await;
}

/// The frame law, S-TEL-002: payloads of any size, numbers as strings or as numbers.
#[tokio::test(flavor = "multi_thread")]
async fn payloads_of_any_size_make_the_same_call() {
    let mut scene = Scene::new().await;
    for (sid, sizes, plain_numbers) in [
        ("s1", vec![1], false),
        ("s159", vec![159], true),
        ("s161", vec![161], false),
        ("s333", vec![333], true),
        ("s8000", vec![8_000], false),
        ("mixed", vec![1, 159, 8_000, 161, 333, 160], true),
    ] {
        let mut caller = scene.caller(sid);
        caller.payload_sizes = sizes;
        caller.plain_numbers = plain_numbers;
        let record = scene.beside_a_good_call(caller).await;
        scene.assert_whole(&record, &format!("CA{sid}")).await;
    }
    scene.curtain().await;
}

/// A-TEL-005, A-TEL-014: what a call cannot bear ends it, and it alone; the CRM is told.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_borne_ends_one_call() {
    let mut scene = Scene::new().await;
    let mut caller = scene.caller("oversized");
    caller.injections = vec![(1_000, Injection::Text("x".repeat(OVERSIZED)))];
    let record = scene.beside_a_good_call(caller).await;
    assert!(matches!(record.ending, Ending::ClosedByBridge(_)), "{:?}", record.ending);

    let mut caller = scene.caller("flood");
    caller.injections = vec![(1_000, Injection::Text("{".to_owned())); 150];
    let record = scene.beside_a_good_call(caller).await;
    assert!(matches!(record.ending, Ending::ClosedByBridge(_)), "{:?}", record.ending);

    let mut caller = scene.caller("binary");
    caller.injections = vec![(1_000, Injection::Binary(vec![0; 160])); 150];
    let record = scene.beside_a_good_call(caller).await;
    assert!(matches!(record.ending, Ending::ClosedByBridge(_)), "{:?}", record.ending);

    let mut caller = scene.caller("gone");
    caller.faults.drop_after_ms = Some(4_000);
    assert_eq!(scene.beside_a_good_call(caller).await.ending, Ending::Dropped);

    for (sid, reason) in [
        ("CAoversized", EndReason::SocketLost),
        ("CAflood", EndReason::Failed),
        ("CAbinary", EndReason::Failed),
        ("CAgone", EndReason::SocketLost),
    ] {
        assert_eq!(scene.site.held(sid).await.call.end_reason, Some(reason), "{sid}");
    }
    scene.curtain().await;
}
