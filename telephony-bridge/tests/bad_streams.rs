//! Streams that misbehave: each ends or is tolerated by itself, and harms nobody else.

mod common;

use common::{Bridge, End, PANICS, PATIENCE, speech};
use crm_api::{CallEventKind, EndReason};
use provider_fakes::twilio_caller::{Ending, Injection};
use telephony_bridge::server::CallSignal;

/// Makes `bad` beside a good call, and checks that the good one is whole.
async fn beside(bridge: &Bridge, bad: provider_fakes::twilio_caller::Caller) -> Ending {
    let mut good = bridge.caller("good");
    good.audio = speech(16_000);
    let (good, bad) = tokio::join!(good.call(), bad.call());
    assert_eq!(good.expect("a call").ending, Ending::HungUp);
    let seen = bridge.stub.seen("CAgood").await;
    assert_eq!((seen.end, seen.not_understood), (End::Stopped, 0));
    assert_eq!(seen.audio[..16_000], speech(16_000));
    bad.expect("an answer").ending
}

/// A-PLT-004: payloads are split and merged, numbers may be numbers.
#[tokio::test(flavor = "multi_thread")]
async fn payloads_of_any_size() {
    let bridge = Bridge::start(&[]).await;
    let mut caller = bridge.caller("1");
    caller.payload_sizes = vec![1, 7, 333, 160, 1_000, 159];
    caller.plain_numbers = true;
    assert_eq!(beside(&bridge, caller).await, Ending::HungUp);
    let seen = bridge.stub.seen("CA1").await;
    assert_eq!((seen.end, seen.not_understood), (End::Stopped, 0));
    assert_eq!(seen.audio[..8_000], speech(8_000));
}

/// A-TEL-013: what is not understood is ignored.
#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_ignored() {
    let bridge = Bridge::start(&[]).await;
    let nonsense = [
        "",
        "not JSON",
        "[]",
        r#"{"event":"telepathy"}"#,
        r#"{"event":"media"}"#,
        r#"{"event":"media","media":{"payload":"?"}}"#,
        r#"{"event":"media","media":{"payload":"","timestamp":-1}}"#,
        r#"{"event":"dtmf","dtmf":{"digit":"xx"}}"#,
    ];
    let mut caller = bridge.caller("1");
    caller.injections = nonsense.iter().map(|text| (100, Injection::Text((*text).to_owned()))).collect();
    caller.injections.push((200, Injection::Binary(vec![0; 9])));
    assert_eq!(beside(&bridge, caller).await, Ending::HungUp);
    let seen = bridge.stub.seen("CA1").await;
    assert_eq!((seen.end, seen.not_understood), (End::Stopped, nonsense.len()));
    assert_eq!(seen.audio[..8_000], speech(8_000));
}

/// A-TEL-014
#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_message_ends_its_own_call() {
    let bridge = Bridge::start(&[]).await;
    let mut caller = bridge.caller("1");
    caller.injections = vec![(100, Injection::Text("x".repeat(200_000)))];
    caller.audio = speech(8_000 * 120);
    let ending = beside(&bridge, caller).await;
    assert!(matches!(ending, Ending::ClosedByBridge(_)), "{ending:?}");
    assert_eq!(bridge.stub.seen("CA1").await.end, End::SocketLost);
}

/// A-TEL-005: a connection that breaks without `stop`.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_ends_its_own_call() {
    let bridge = Bridge::start(&[]).await;
    let mut caller = bridge.caller("1");
    caller.faults.drop_after_ms = Some(300);
    assert_eq!(beside(&bridge, caller).await, Ending::Dropped);
    // The status callback may be faster than the news of the connection.
    let end = bridge.stub.seen("CA1").await.end;
    assert!(matches!(end, End::SocketLost | End::Told(CallSignal::ProviderEnded)), "{end:?}");
}

/// A stream gets five seconds and sixteen messages for a `start` that can be read.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_start_is_closed() {
    let bridge = Bridge::start(&[]).await;
    let connected = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#.to_owned();
    let start = r#"{"event":"start","start":{"streamSid":"MZ1","callSid":"CA1","mediaFormat":{"encoding":"audio/opus","sampleRate":48000}}}"#;
    let cases = [
        (vec![connected.clone()], "no `start` within 5 s"),
        (vec![connected.clone(); 20], "too many messages"),
        (vec![connected, start.to_owned()], "malformed"),
        (vec!["{".to_owned()], "malformed"),
    ];
    for (messages, expected) in cases {
        let mut caller = bridge.caller("1");
        caller.faults.instead_of_start = Some(messages);
        let ending = caller.call().await.expect("an answer").ending;
        let Ending::ClosedByBridge(Some((1008, reason))) = ending else { panic!("{ending:?}") };
        assert!(reason.contains(expected), "{reason}");
    }
    assert_eq!(bridge.caller("2").call().await.expect("a call").ending, Ending::HungUp);
}

/// A-TEL-013, A-TEL-014: a bug in one call is one call's bug.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_its_own_call() {
    let bridge = Bridge::start(&[]).await;
    let mut caller = bridge.caller("1");
    caller.from = PANICS.to_owned();
    caller.audio = speech(8_000 * 120);
    let ending = beside(&bridge, caller).await;
    assert!(matches!(ending, Ending::ClosedByBridge(_)), "{ending:?}");
    let told = bridge.crm.wait_until(|crm| crm.events("CA1").len() == 2);
    tokio::time::timeout(PATIENCE, told).await.expect("delivered");
    let last = bridge.crm.events("CA1")[1].kind.clone();
    assert_eq!(last, CallEventKind::Ended { reason: EndReason::Failed, duration_ms: 0 });
}
