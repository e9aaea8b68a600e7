//! What makes a call urgent, for whoever writes the replies.

use crm_api::{CallEventKind, RouteDecision};
use futures_util::future::join_all;
use provider_fakes::openai::{Reply, Service};

use crate::site::{PATIENCE, Site, counter, ran_apart, tape};

const WORDS: &str = "יש לי הצפה בבית";

/// One call under this list, in which the caller says [`WORDS`]; the bridge and the CRM as they are after it.
async fn call(site: &Site, sid: &str, own: Option<&[&str]>) {
    let emergencies = own.map(|list| list.iter().map(|phrase| (*phrase).to_owned()).collect());
    site.crm.set_decision(RouteDecision { emergencies, ..provider_fakes::crm::agent() });
    site.openai.transcripts([WORDS]);
    let tape = tape("booking");
    let call = site.caller(&tape, sid, tape.file.caller[0].end_ms + 4_000).call();
    tokio::time::timeout(PATIENCE, call).await.expect("the call ends").expect("a call");
    let is_over = |kind: &CallEventKind| matches!(kind, CallEventKind::Ended { .. });
    let over = site.crm.wait_until(|crm| crm.events(&format!("CA{sid}")).iter().any(|e| is_over(&e.kind)));
    tokio::time::timeout(PATIENCE, over).await.expect("the call's end");
}

/// S-EMG-001, S-EMG-017: the embedded dialogue reports an emergency with the lead where the business, or else the
/// language, says that it is one; the call is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_dialogue_goes_by_the_business_s_list() {
    if ran_apart("emergency::the_dialogue_goes_by_the_business_s_list") {
        return;
    }
    let lists = [
        (None, true),
        (Some(&["הצפה", "burst pipe"][..]), true),
        (Some(&["מנעול"]), false),
        (Some(&[]), false),
    ];
    let calls = lists.into_iter().enumerate().map(async |(n, (own, urgent))| {
        let site = Site::start(&[("LLM_CHAIN", "embedded")]).await;
        let sid = format!("0000000000000000000000000000007{n}");
        call(&site, &sid, own).await;
        let told = site.crm.events(&format!("CA{sid}")).into_iter().any(|event| match event.kind {
            CallEventKind::LeadFields { fields } => {
                fields.get("emergency").is_some_and(|said| said == "הצפה")
            }
            _ => false,
        });
        assert_eq!(told, urgent, "{own:?}");
        site.down().await;
    });
    join_all(calls).await;
    // All bridges of a process count together.
    let metrics = telephony_bridge::metrics::install().expect("a recorder").render();
    assert_eq!(counter(&metrics, "kav_bridge_emergencies_total", &[]), 2);
}

/// S-EMG-017: a model is told what its business calls urgent, and is told nothing where the business has no list.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_model_is_told_what_is_urgent() {
    if ran_apart("emergency::a_model_is_told_what_is_urgent") {
        return;
    }
    let lists = [
        (None, None),
        (Some(&["מנעול נתקע"][..]), Some("מנעול נתקע")),
        (Some(&[]), Some("שום דבר אינו דחוף")),
    ];
    let calls = lists.into_iter().enumerate().map(async |(n, (own, told))| {
        let site = Site::start(&[]).await;
        site.openai.replies([Reply::text("מיד.")]);
        call(&site, &format!("0000000000000000000000000000006{n}"), own).await;
        let request = site.openai.requests(Service::Chat)[0].json();
        let instructions = request["messages"][0]["content"].as_str().expect("instructions").to_owned();
        match told {
            Some(told) => assert!(instructions.contains(told), "{instructions}"),
            None => assert!(!instructions.contains("בעסק הזה"), "{instructions}"),
        }
        site.down().await;
    });
    join_all(calls).await;
}
