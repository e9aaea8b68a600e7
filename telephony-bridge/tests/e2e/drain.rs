//! SIGTERM while a call runs.

use crm_api::EndReason;
use provider_fakes::twilio_caller::Ending;
use telephony_bridge::server::fallback::BUSY;

use crate::harness::{Site, caller_said, eventually, hung_up, over};

const SPEED: f64 = 5.0;

/// A-TEL-016, S-TEL-014: the call finishes, new ones are turned away politely, the exit code is 0.
#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_bridge_finishes_its_calls() {
    let site = Site::new("short_answers", SPEED).await;
    let _crm = site.crm().await;
    let bridge = site.bridge(&[]);
    let call = tokio::spawn(site.caller(&bridge, "call").call());
    eventually("the call runs", async || site.call("CAcall").await.filter(|call| !call.turns.is_empty()))
        .await;
    bridge.terminate();
    eventually("the bridge drains", async || {
        (site.health(&bridge).await["status"] == "draining").then_some(())
    })
    .await;
    let refused = over(tokio::spawn(site.caller(&bridge, "late").call())).await;
    assert_eq!(refused.ending, Ending::NoStream);
    assert!(refused.twiml.contains(BUSY) && refused.twiml.contains("<Hangup/>"), "{}", refused.twiml);
    assert!(!call.is_finished(), "the running call was cut off");
    hung_up(call).await;
    let exit = bridge.ended().await;
    assert!(exit.success(), "{exit}");
    // Nothing is left for the next process to deliver.
    let held = site.held("CAcall").await;
    assert_eq!(caller_said(&held.call), site.script());
    assert_eq!(held.call.end_reason, Some(EndReason::CallerHangUp));
    assert_eq!(held.calls, 1);
}

/// A-TEL-008, A-TEL-016: a drain is bounded; a call that takes longer is ended and says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_drain_is_bounded() {
    let site = Site::new("booking", 1.0).await;
    let _crm = site.crm().await;
    let bridge = site.bridge(&[("DRAIN_TIMEOUT", "300")]);
    let call = tokio::spawn(site.caller(&bridge, "call").call());
    eventually("the call runs", async || {
        site.call("CAcall").await.filter(|call| call.status == "in_progress")
    })
    .await;
    bridge.terminate();
    let record = over(call).await;
    assert!(matches!(record.ending, Ending::ClosedByBridge(_)), "{:?}", record.ending);
    let exit = bridge.ended().await;
    assert!(exit.success(), "{exit}");
    assert_eq!(site.held("CAcall").await.call.end_reason, Some(EndReason::Shutdown));
}
