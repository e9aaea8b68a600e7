//! The CRM goes away; calls go on, and it learns of everything once.

use provider_fakes::twilio_caller::{CallRecord, Event};
use telephony_bridge::server::fallback::NEUTRAL_GREETING;

use crate::harness::{Held, Site, caller_said, conversation, eventually, hung_up, script, tape};

const SPEED: f64 = 5.0;

/// The marks that came back: one for everything the agent said to its end.
fn heard_to_the_end(record: &CallRecord) -> usize {
    record.count(|event| matches!(event, Event::SentMark(_)))
}

/// A call in which nothing goes wrong.
async fn undisturbed(tape: &str) -> (CallRecord, Held) {
    let site = Site::new(tape, SPEED).await;
    let _crm = site.crm().await;
    let bridge = site.bridge(&[]);
    let record = hung_up(tokio::spawn(site.caller(&bridge, "call").call())).await;
    (record, site.held("CAcall").await)
}

/// A call during which the CRM is killed and started again.
async fn disturbed(tape: &str) -> (CallRecord, Held) {
    let site = Site::new(tape, SPEED).await;
    let crm = site.crm().await;
    let bridge = site.bridge(&[]);
    let call = tokio::spawn(site.caller(&bridge, "call").call());
    let turns = async || site.call("CAcall").await.filter(|call| call.turns.len() >= 3);
    eventually("the CRM hears of the first turns", turns).await;
    crm.kill();
    let goes_on = async || (site.pending(&bridge).await >= 4).then_some(());
    eventually("the call goes on without the CRM", goes_on).await;
    assert!(!call.is_finished());

    let _crm = site.crm().await;
    let record = hung_up(call).await;
    let held = site.held("CAcall").await;
    let delivered = async || (site.pending(&bridge).await == 0).then_some(());
    eventually("everything is acknowledged", delivered).await;
    (record, held)
}

/// A-TEL-010, A-TEL-013, A-CRM-002, A-CRM-003, A-CRM-005: killed in mid-call and started again.
#[tokio::test(flavor = "multi_thread")]
async fn a_crm_that_is_killed_in_mid_call_costs_nothing() {
    let ((record, held), (reference_record, reference)) =
        tokio::join!(disturbed("booking"), undisturbed("booking"));
    assert_eq!(heard_to_the_end(&record), heard_to_the_end(&reference_record));
    assert_eq!(conversation(&held.call), conversation(&reference.call));
    assert_eq!(caller_said(&held.call), script(&tape("booking")));
    assert_eq!(held.events, reference.events, "events are missing or too many");
    assert_eq!(held.call.end_reason, reference.call.end_reason);
    assert_eq!((held.calls, held.leads.len()), (1, 1));
    assert_eq!(held.leads[0].fields, reference.leads[0].fields);
}

/// A-TEL-010, A-TEN-005, S-TEL-006, A-CRM-005: down when the call comes, up when it is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_the_crm_never_routed_is_there_in_the_end() {
    let site = Site::new("short_answers", SPEED).await;
    let bridge = site.bridge(&[]);
    let record = hung_up(tokio::spawn(site.caller(&bridge, "call").call())).await;
    assert!(record.twiml.contains("<Connect>"), "{}", record.twiml);
    // The greeting and an answer to each turn.
    assert_eq!(heard_to_the_end(&record), 1 + site.script().len());

    let _crm = site.crm().await;
    let held = site.held("CAcall").await;
    let said = conversation(&held.call);
    assert_eq!(said[0].1, NEUTRAL_GREETING);
    assert_eq!(caller_said(&held.call), site.script());
    assert_eq!(said.len(), 1 + 2 * site.script().len());
    assert_eq!((held.calls, held.leads.len()), (1, 1));
    assert_eq!(held.leads[0].calls, 1);
}
