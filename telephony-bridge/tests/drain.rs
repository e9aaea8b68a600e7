//! Going down: no new calls, the others finish, what is told is told.

mod common;

use common::{Bridge, End, speech};
use provider_fakes::twilio_caller::Ending;
use telephony_bridge::server::{CallSignal, fallback};

/// A-TEL-016: calls in progress finish, and their events are delivered before the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_drain_lets_calls_finish() {
    let mut bridge = Bridge::start(&[]).await;
    let mut long = bridge.caller("1");
    long.audio = speech(8_000 * 20);
    let long = tokio::spawn(long.call());
    bridge.stub.begun("CA1").await;
    bridge.stop();
    while bridge.get("/health").await.0 != 503 {}
    let (_, health) = bridge.get("/health").await;
    assert!(health.contains(r#""status":"draining""#), "{health}");
    let refused = bridge.caller("2").call().await.expect("an answer");
    assert_eq!(refused.ending, Ending::NoStream);
    assert!(refused.twiml.contains(fallback::BUSY));
    assert_eq!(long.await.expect("no panic").expect("a call").ending, Ending::HungUp);
    assert_eq!(bridge.stub.seen("CA1").await.audio[..160_000], speech(160_000));
    let crm =
        std::mem::replace(&mut bridge.crm, provider_fakes::crm::FakeCrm::start("x").await.expect("a port"));
    bridge.down().await;
    assert_eq!(crm.events("CA1").len(), 2);
}

/// A drain is bounded.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_call_is_told_to_end() {
    let mut bridge = Bridge::start(&[("DRAIN_TIMEOUT", "200")]).await;
    let mut endless = bridge.caller("1");
    endless.audio = speech(8_000 * 3_600);
    let endless = tokio::spawn(endless.call());
    bridge.stub.begun("CA1").await;
    bridge.stop();
    let told = bridge.stub.seen("CA1").await;
    assert_eq!(told.end, End::Told(CallSignal::Shutdown));
    bridge.down().await;
    assert!(matches!(
        endless.await.expect("no panic").map(|record| record.ending),
        Ok(Ending::ClosedByBridge(_)) | Err(_)
    ));
}
