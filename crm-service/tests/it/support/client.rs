//! Requests and the events they carry.

use std::collections::BTreeMap;

use crm_api::{
    CallEvent, CallEventKind, EndReason, EventAck, EventBatch, RouteDecision, RouteRequest, Speaker,
};
use reqwest::StatusCode;

use super::TOKEN;

/// Any JSON.
pub(crate) type Json = serde_json::Value;

/// Speaks to one service.
#[derive(Clone)]
pub(crate) struct Client {
    base: String,
    http: reqwest::Client,
}

impl Client {
    pub(crate) fn new(base: String) -> Self {
        Self { base, http: reqwest::Client::new() }
    }

    /// The bare client and an address, for requests that are wrong on purpose.
    pub(crate) fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", self.base))
    }

    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.base))
    }

    /// Status and body of an internal request.
    pub(crate) async fn internal(&self, path: &str, body: &impl serde::Serialize) -> (StatusCode, Json) {
        answer(self.post(path).bearer_auth(TOKEN).json(body)).await
    }

    /// Routes a call that must be routed.
    pub(crate) async fn route(&self, call_sid: &str, from: &str, to: &str) -> RouteDecision {
        let request =
            RouteRequest { call_sid: call_sid.to_owned(), from: from.to_owned(), to: to.to_owned() };
        let (status, body) = self.internal("/internal/v1/calls/route", &request).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        serde_json::from_value(body).unwrap()
    }

    /// Sends events that must be taken.
    pub(crate) async fn events(&self, call_sid: &str, events: &[CallEvent]) -> EventAck {
        let (status, body) = self.try_events(call_sid, events).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        serde_json::from_value(body).unwrap()
    }

    /// Sends events.
    pub(crate) async fn try_events(&self, call_sid: &str, events: &[CallEvent]) -> (StatusCode, Json) {
        let batch = EventBatch { events: events.to_vec() };
        self.internal(&format!("/internal/v1/calls/{call_sid}/events"), &batch).await
    }

    /// Runs a tool.
    pub(crate) async fn tool(
        &self,
        call_sid: &str,
        name: &str,
        token: &str,
        key: &str,
        arguments: Json,
    ) -> (StatusCode, Json) {
        let body = serde_json::json!({"call_token": token, "idempotency_key": key, "arguments": arguments});
        self.internal(&format!("/internal/v1/calls/{call_sid}/tools/{name}"), &body).await
    }

    /// Status and body of a read with an API key.
    pub(crate) async fn read(&self, key: &str, path: &str) -> (StatusCode, Json) {
        answer(self.get(path).bearer_auth(key)).await
    }

    /// A read that must succeed.
    pub(crate) async fn view<T: serde::de::DeserializeOwned>(&self, key: &str, path: &str) -> T {
        let (status, body) = self.read(key, path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_value(body).unwrap()
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Json) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: not JSON: {text}"));
    (status, body)
}

fn event(seq: u64, kind: CallEventKind) -> CallEvent {
    CallEvent { seq, at_ms: 1_790_000_000_000 + i64::try_from(seq).unwrap() * 1_000, kind }
}

pub(crate) fn started(seq: u64, from: &str, to: &str) -> CallEvent {
    event(
        seq,
        CallEventKind::Started { from: from.to_owned(), to: to.to_owned(), stream_sid: "MZ1".to_owned() },
    )
}

/// Turn `number`, said by the caller when odd and by the agent when even.
pub(crate) fn turn(seq: u64, number: u32, text: &str) -> CallEvent {
    let speaker = if number % 2 == 1 { Speaker::Caller } else { Speaker::Agent };
    let start_ms = u64::from(number) * 1_000;
    event(
        seq,
        CallEventKind::Turn {
            turn: number,
            speaker,
            text: text.to_owned(),
            start_ms,
            end_ms: start_ms + 800,
            interrupted: false,
        },
    )
}

pub(crate) fn barge_in(seq: u64) -> CallEvent {
    event(seq, CallEventKind::BargeIn { at_ms_in_call: 5_000, score: 0.93, heard_ms: 700 })
}

pub(crate) fn fields(seq: u64, pairs: &[(&str, &str)]) -> CallEvent {
    let fields: BTreeMap<_, _> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    event(seq, CallEventKind::LeadFields { fields })
}

pub(crate) fn ended(seq: u64) -> CallEvent {
    event(seq, CallEventKind::Ended { reason: EndReason::CallerHangUp, duration_ms: 42_000 })
}
