//! Traces, as a collector gets them. Its protobuf is read by messages written for this test, from
//! opentelemetry-proto's `trace/v1/trace.proto` and its neighbours, not by the package that wrote it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use prost::Message;

use crate::harness::{Site, hung_up, tape};

#[derive(Clone, PartialEq, Message)]
struct Export {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes, tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes, tag = "2")]
    span_id: Vec<u8>,
    #[prost(bytes, tag = "4")]
    parent: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(fixed64, tag = "7")]
    start_ns: u64,
    #[prost(fixed64, tag = "8")]
    end_ns: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
    #[prost(bool, optional, tag = "2")]
    truth: Option<bool>,
    #[prost(int64, optional, tag = "3")]
    number: Option<i64>,
}

impl Span {
    fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()
    }

    fn text(&self, key: &str) -> &str {
        self.attribute(key).and_then(|value| value.text.as_deref()).unwrap_or_default()
    }
}

/// What was exported, message by message.
type Got = Arc<Mutex<Vec<(Vec<u8>, Export)>>>;

/// A collector on a port of its own.
async fn collector() -> (String, Got) {
    let got = Got::default();
    let take = |State(got): State<Got>, headers: HeaderMap, body: Bytes| async move {
        let protobuf = headers.get("content-type").is_some_and(|kind| kind == "application/x-protobuf");
        match Export::decode(&*body) {
            Ok(export) if protobuf => got.lock().expect("whole").push((body.to_vec(), export)),
            _ => return StatusCode::BAD_REQUEST,
        }
        StatusCode::OK
    };
    let app = axum::Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&got));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, got)
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

/// A call is one trace: the call, its greeting and turns, and in each the steps from the end of the caller's turn
/// to the agent's first sound; and nothing that was said, and no number, is in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_a_trace() {
    let (url, got) = collector().await;
    let site = Site::new("short_answers", 5.0).await;
    let _crm = site.crm().await;
    let bridge = site.bridge(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url), ("RUST_LOG", "info")]);
    hung_up(tokio::spawn(site.caller(&bridge, "call").call())).await;
    let held = site.held("CAcall").await;
    // What waits is exported before the end.
    bridge.terminate();
    assert!(bridge.ended().await.success());

    let got = std::mem::take(&mut *got.lock().expect("whole"));
    let resource = got.iter().flat_map(|(_, export)| &export.resources).filter_map(|r| r.resource.as_ref());
    let names: Vec<&Value> = resource
        .flat_map(|resource| &resource.attributes)
        .filter(|attribute| attribute.key == "service.name")
        .filter_map(|attribute| attribute.value.as_ref())
        .collect();
    assert!(
        !names.is_empty() && names.iter().all(|n| n.text.as_deref() == Some("telephony-bridge")),
        "{names:?}"
    );
    let spans: Vec<&Span> = got
        .iter()
        .flat_map(|(_, export)| &export.resources)
        .flat_map(|resource| &resource.scopes)
        .flat_map(|scope| &scope.spans)
        .collect();
    let by_id: BTreeMap<&[u8], &Span> = spans.iter().map(|span| (&*span.span_id, *span)).collect();
    let calls: Vec<&&Span> = spans.iter().filter(|span| span.name == "call").collect();
    let [call] = calls[..] else { panic!("{calls:?}") };
    assert!(call.parent.is_empty());
    assert_eq!((call.text("kav.call_sid"), call.text("kav.stream_sid")), ("CAcall", "MZcall"));
    assert_eq!(call.text("kav.end_reason"), "CallerHangUp");
    for span in &spans {
        assert_eq!(span.trace_id, call.trace_id, "one trace: {span:?}");
        assert!(span.start_ns <= span.end_ns && span.start_ns > 0, "{span:?}");
        if let Some(parent) = by_id.get(&*span.parent) {
            assert!(
                parent.start_ns <= span.start_ns && span.end_ns <= parent.end_ns,
                "{span:?} in {parent:?}"
            );
        } else {
            assert_eq!(span.name, "call", "whose child is {span:?}?");
        }
    }
    let steps = |of: &Span| {
        let mut children: Vec<&Span> =
            spans.iter().filter(|span| span.parent == of.span_id).copied().collect();
        children.sort_by_key(|span| span.start_ns);
        children.into_iter().map(|span| span.name.clone()).collect::<Vec<_>>()
    };
    let greeting = spans.iter().find(|span| span.name == "greeting").expect("a greeting");
    assert_eq!(
        (greeting.text("kav.outcome"), steps(greeting)),
        ("answered", vec!["tts.first_byte".to_owned(), "audio.first_out".to_owned()])
    );
    let answered: Vec<&&Span> =
        spans.iter().filter(|span| span.name == "turn" && span.text("kav.outcome") == "answered").collect();
    let turns = held.call.turns.iter().filter(|turn| turn.speaker == crm_api::Speaker::Caller).count();
    assert!(!answered.is_empty() && answered.len() <= turns, "{} of {turns}", answered.len());
    for turn in answered {
        assert!(turn.attribute("kav.turn").is_some_and(|value| value.number.is_some()), "{turn:?}");
        assert!(turn.attribute("kav.drafted").is_some_and(|value| value.truth.is_some()), "{turn:?}");
        assert_eq!(steps(turn), ["stt.final", "llm.first_sentence", "tts.first_byte", "audio.first_out"]);
    }

    let number = tape("short_answers").file.from.unwrap_or_default();
    let mut secrets = vec![number.trim_start_matches('+').to_owned()];
    secrets.extend(held.call.turns.iter().map(|turn| turn.text.clone()).filter(|text| text.len() > 4));
    for (bytes, _) in &got {
        for secret in &secrets {
            assert!(!contains(bytes, secret), "{secret} was exported");
        }
    }
}

/// A collector that is not there costs no call, and a bridge ends in time without it.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_hinders_nobody() {
    let site = Site::new("greeting", 5.0).await;
    let _crm = site.crm().await;
    let url = format!("http://127.0.0.1:{}", crate::process::quiet_port());
    let bridge = site.bridge(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url)]);
    hung_up(tokio::spawn(site.caller(&bridge, "call").call())).await;
    site.held("CAcall").await;
    bridge.terminate();
    assert!(bridge.ended().await.success());
}
