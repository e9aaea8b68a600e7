//! A live call goes to a person, and comes back where nobody takes it; a goodbye ends the call.

use crm_api::{CallEventKind, EndReason, Speaker};
use provider_fakes::openai::Service;
use provider_fakes::twilio_caller::{Ending, Injection, stream_of};
use provider_fakes::twilio_rest::Fault;
use telephony_bridge::server::fallback::NOBODY_FREE;

use crate::site::{PERSON, PUBLIC, Site};

const ASKS: &str = "שלום, אפשר לדבר עם נציג?";
const TOOL: &str = "transfer_to_person";
const GREETING: &str = "שלום, הגעתם לנדל\"ן לדוגמה.";
const PROMISE: &str = "כמובן, אני מעבירה.";

fn is_end(kind: &CallEventKind) -> bool {
    matches!(kind, CallEventKind::Ended { .. })
}

fn turns(events: &[CallEventKind]) -> Vec<(u32, Speaker, String)> {
    let turns = events.iter().filter_map(|kind| match kind {
        CallEventKind::Turn { turn, speaker, text, .. } => Some((*turn, *speaker, text.clone())),
        _ => None,
    });
    turns.collect()
}

/// S-EMG-007, P-VOX-008: with credentials the live call is redirected; the CRM hears of one call that ends once.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_rung_by_twilios_api() {
    let site = Site::start(ASKS, TOOL, true, &[("TRANSFER_TO", PERSON)]).await;
    site.twilio.add_call("CA1", "in-progress");
    let record = site.caller("1").call().await.expect("a call");
    assert!(matches!(record.ending, Ending::ClosedByBridge(_)), "{:?}", record.ending);
    let document = site.twilio.calls()["CA1"].instructions.clone();
    assert!(document.contains(&format!("<Number>{PERSON}</Number>")), "{document}");
    assert!(document.contains(&format!("action=\"{PUBLIC}/api/voice/dial\"")), "{document}");
    assert_eq!(site.twilio.calls()["CA1"].status, "in-progress", "nobody hung up");
    let events = site.events("CA1", 1, is_end).await;
    assert_eq!(events.iter().filter(|kind| is_end(kind)).count(), 1, "{events:?}");
    let said = turns(&events);
    assert!(said.iter().any(|(_, speaker, text)| *speaker == Speaker::Agent && text == PROMISE), "{said:?}");
    site.down().await;
}

/// P-VOX-008: without credentials the document's next verb rings; nobody answers, the agent is back and knows
/// what was said; the events of both parts are one call.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_and_the_agent_is_back() {
    let site = Site::start(ASKS, TOOL, false, &[("TRANSFER_TO", PERSON)]).await;
    let mut caller = site.caller("1");
    caller.dialled = Some("no-answer".to_owned());
    let record = caller.call().await.expect("a call");
    let [rings, back] = &record.documents[..] else { panic!("{:?}", record.documents) };
    assert!(
        record.twiml.contains(&format!("<Redirect method=\"POST\">{PUBLIC}/api/voice/after")),
        "{}",
        record.twiml
    );
    assert!(rings.contains(&format!("<Number>{PERSON}</Number>")), "{rings}");
    assert!(stream_of(back).is_some() && back.ends_with("</Connect><Hangup/></Response>"), "{back}");
    assert_eq!(record.ending, Ending::HungUp);

    let events = site.events("CA1", 1, is_end).await;
    assert!(is_end(events.last().expect("events")), "{events:?}");
    let starts = events.iter().filter(|kind| matches!(kind, CallEventKind::Started { .. })).count();
    assert_eq!((starts, events.iter().filter(|kind| is_end(kind)).count()), (1, 1), "{events:?}");
    let said = turns(&events);
    let numbers: Vec<u32> = said.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=said.len() as u32).collect::<Vec<_>>(), "{said:?}");
    let times: Vec<u64> = events
        .iter()
        .filter_map(|kind| match kind {
            CallEventKind::Turn { end_ms, .. } => Some(*end_ms),
            _ => None,
        })
        .collect();
    assert!(times.is_sorted(), "{events:#?}");
    let asked: Vec<_> = site.openai.requests(Service::Chat).iter().map(|request| request.json()).collect();
    let [first, second] = &asked[..] else { panic!("{asked:?}") };
    assert!(first["tools"].to_string().contains(TOOL));
    assert!(!second["tools"].to_string().contains(TOOL), "nobody is rung in a circle");
    let told: Vec<&str> = second["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(|m| m["content"].as_str())
        .collect();
    let before = [GREETING, ASKS, PROMISE, NOBODY_FREE, ASKS];
    assert_eq!(told[1..], before, "the model knows what was said before");
    site.down().await;
}

/// A redirection that fails, or whose answer is lost, is done by the next verb; never twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_redirection_leaves_it_to_the_document() {
    let site = Site::start(ASKS, TOOL, true, &[("TRANSFER_TO", PERSON)]).await;
    site.twilio.add_call("CA1", "in-progress");
    site.twilio.fail_next([Fault::Status { status: 500, retry_after: None }]);
    let mut caller = site.caller("1");
    caller.dialled = Some("completed".to_owned());
    let record = caller.call().await.expect("a call");
    let [rings, over] = &record.documents[..] else { panic!("{:?}", record.documents) };
    assert!(rings.contains(PERSON), "{rings}");
    assert!(over.contains("<Response><Hangup/></Response>"), "{over}");
    assert_eq!(site.twilio.asked().len(), 1, "once");
    site.events("CA1", 1, is_end).await;
    site.down().await;
}

/// Whoever is not to be rung is not promised: no number, no tool, no verb.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_person_nobody_is_promised() {
    let site = Site::start(ASKS, TOOL, true, &[]).await;
    let record = site.caller("1").call().await.expect("a call");
    assert!(record.twiml.ends_with("</Connect><Hangup/></Response>"), "{}", record.twiml);
    assert_eq!(record.ending, Ending::HungUp);
    let said = turns(&site.events("CA1", 1, is_end).await);
    assert!(said.iter().all(|(_, _, text)| text != PROMISE), "{said:?}");
    assert!(!site.openai.requests(Service::Chat)[0].json()["tools"].to_string().contains(TOOL));
    assert_eq!(site.twilio.asked(), [], "the caller hung up: there is nothing to end");
    site.down().await;
}

/// Guarantees 3, 4 and 5: the goodbye is heard out, then the call is ended at Twilio, on the second try where need be.
#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_ends_the_call_at_twilio() {
    let site = Site::start("לא תודה, להתראות", "end_call", true, &[]).await;
    site.twilio.add_call("CA1", "in-progress");
    site.twilio.fail_next([Fault::Status { status: 503, retry_after: None }]);
    let record = site.caller("1").call().await.expect("a call");
    assert!(matches!(record.ending, Ending::ClosedByBridge(_)), "{:?}", record.ending);
    site.asked(|twilio| twilio.asked().len() == 2).await;
    let events = site.events("CA1", 1, is_end).await;
    let last = events.last().expect("events");
    assert!(matches!(last, CallEventKind::Ended { reason: EndReason::AgentHangUp, .. }), "{events:?}");
    let said = turns(&events);
    let (_, speaker, text) = said.last().expect("a turn");
    assert_eq!((*speaker, text.as_str()), (Speaker::Agent, "תודה, ולהתראות."), "heard out");
    assert_eq!(site.twilio.calls()["CA1"].status, "completed");
    site.down().await;
}

/// Guarantee 3: a stream that broke is ended at Twilio, one that Twilio closed needs no telling.
#[tokio::test(flavor = "multi_thread")]
async fn only_an_end_that_twilio_does_not_know_of_is_told() {
    let site = Site::start("שלום", "end_call", true, &[]).await;
    site.twilio.add_call("CA1", "in-progress");
    site.twilio.add_call("CA2", "in-progress");
    let mut closes = site.caller("1");
    closes.injections = vec![(500, Injection::Close)];
    let record = closes.call().await.expect("a call");
    assert!(matches!(record.ending, Ending::ClosedByBridge(_)), "{:?}", record.ending);
    let events = site.events("CA1", 1, is_end).await;
    let lost =
        |kind: &CallEventKind| matches!(kind, CallEventKind::Ended { reason: EndReason::SocketLost, .. });
    assert!(events.last().is_some_and(lost), "{events:?}");

    let mut breaks = site.caller("2");
    breaks.faults.drop_after_ms = Some(500);
    breaks.call().await.expect("a call");
    site.asked(|twilio| twilio.calls()["CA2"].status == "completed").await;
    let asked = site.twilio.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(site.twilio.calls()["CA1"].status, "in-progress", "the fake's own end was not asked for");
    site.down().await;
}
