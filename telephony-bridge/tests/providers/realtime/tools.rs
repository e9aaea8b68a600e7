//! Tools that take their time, and a goodbye without words.

use std::time::Duration;

use provider_fakes::crm::Fault;
use provider_fakes::openai::Service;
use provider_fakes::realtime::{FakeRealtime, Speech};

use super::Line;
use crate::site::{PATIENCE, ran_apart, tape};

/// S-AUD-007: a slow tool is bridged by a phrase of the bridge's own, which the model is told of; then it goes on. A
/// model that ends the call without a word says goodbye all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_tool_is_bridged() {
    if ran_apart("realtime::tools::a_slow_tool_is_bridged") {
        return;
    }
    let tape = tape("booking");
    let realtime = FakeRealtime::start().await.expect("a port");
    realtime.hears(["שלום, אני מחפש דירה להשכרה", "קוראים לי דני כהן"]);
    realtime.says([
        Speech::Tool("save_lead_fields".into(), "{\"deal\":\"rent\"}".into(), String::new()),
        Speech::say("רשמתי."),
        Speech::Tool("end_call".into(), "{}".into(), String::new()),
    ]);
    let line = Line::start(realtime, &[]).await;
    let sid = "00000000000000000000000000000a03";
    let calling = line.call(&tape, sid, 30_000);
    let slowing = async {
        tokio::time::timeout(PATIENCE, line.site.crm.wait_until(|crm| crm.requests() > 0))
            .await
            .expect("a call begins");
        line.site.crm.set_fault(Fault::Slow(Duration::from_millis(1_200)));
    };
    tokio::join!(calling, slowing);
    let said = line.said(sid);
    let expected = [
        "agent: שלום, הגעתם לנדל\"ן לדוגמה.",
        "caller: שלום, אני מחפש דירה להשכרה",
        "agent: רגע, אני בודקת.",
        "agent: רשמתי.",
        "caller: קוראים לי דני כהן",
        "agent: תודה, ולהתראות.",
    ];
    assert_eq!(said, expected);
    assert_eq!(line.site.openai.requests(Service::Chat).len(), 0);
    let known = &line.realtime.asked()[2].known;
    assert!(known.iter().any(|item| item.text == "רגע, אני בודקת."), "{known:?}");
    assert_eq!(line.realtime.sessions()[0].errors, Vec::<String>::new());
    line.down().await;
}
