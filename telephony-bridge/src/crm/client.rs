//! HTTP to crm-service (types in `crm-api`).
//!
//! Two classes of error. *Retryable*: no answer, too late, 5xx, 408, 425, 429, and 401 and 403,
//! which an operator mends by mending a token. *Permanent*: every other 4xx; the same request
//! will be refused for ever.

use std::time::Duration;

use crm_api::{ApiError, EventAck, EventBatch, RouteDecision, RouteRequest, ToolReply, ToolRequest};
use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long a call may wait for a decision.
const ROUTE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a tool may take: the caller is listening.
const TOOL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a batch of events may take.
const EVENTS_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest text of a refusal that is kept, in characters.
const MAX_DETAIL: usize = 300;

/// Why the CRM did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrmError {
    /// It may work later. Typically the CRM is down, restarting or overloaded.
    #[error("the CRM did not answer: {0}")]
    Retryable(String),
    /// It will never work. Typically the two services are of different versions.
    #[error("the CRM refused with {status} ({code}): {message}")]
    Permanent {
        /// HTTP status.
        status: u16,
        /// The CRM's word for it, or `unknown`.
        code: String,
        /// The CRM's sentence.
        message: String,
    },
}

/// Speaks to one crm-service. Cheap to clone.
#[derive(Clone)]
pub struct CrmClient {
    http: reqwest::Client,
    base: String,
    token: SecretString,
    events_timeout: Duration,
}

impl std::fmt::Debug for CrmClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CrmClient").field("base", &self.base).finish_non_exhaustive()
    }
}

impl CrmClient {
    /// A client of the crm-service at `base`, such as `http://127.0.0.1:8081`.
    ///
    /// # Errors
    /// [`CrmError::Retryable`] if the HTTP client cannot be made.
    pub fn new(base: &str, token: SecretString) -> Result<Self, CrmError> {
        let http = reqwest::Client::builder()
            .connect_timeout(ROUTE_TIMEOUT)
            .no_proxy()
            .build()
            .map_err(|error| CrmError::Retryable(chain(&error.without_url())))?;
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { http, base, token, events_timeout: EVENTS_TIMEOUT })
    }

    /// The same client with another patience for a batch of events; 10 s where nothing is said.
    #[must_use]
    pub fn with_events_timeout(mut self, timeout: Duration) -> Self {
        self.events_timeout = timeout;
        self
    }

    /// What shall be done with this call? Answers within a second.
    ///
    /// # Errors
    /// [`CrmError`].
    pub async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, CrmError> {
        self.post("route", request, ROUTE_TIMEOUT).await
    }

    /// Stores events of one call, in rising `seq`. Repeating it does no harm.
    ///
    /// # Errors
    /// [`CrmError`].
    pub async fn post_events(&self, call_sid: &str, batch: &EventBatch) -> Result<EventAck, CrmError> {
        self.post(&format!("{call_sid}/events"), batch, self.events_timeout).await
    }

    /// Uses a tool. Repeating it with the same idempotency key does no harm.
    ///
    /// # Errors
    /// [`CrmError`].
    pub async fn use_tool(
        &self,
        call_sid: &str,
        name: &str,
        request: &ToolRequest,
    ) -> Result<ToolReply, CrmError> {
        self.post(&format!("{call_sid}/tools/{name}"), request, TOOL_TIMEOUT).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        timeout: Duration,
    ) -> Result<T, CrmError> {
        let url = format!("{}/internal/v1/calls/{path}", self.base);
        let answer = self
            .http
            .post(url)
            .bearer_auth(self.token.expose_secret())
            .json(body)
            .timeout(timeout)
            .send()
            .await
            .map_err(|error| CrmError::Retryable(chain(&error.without_url())))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| CrmError::Retryable(chain(&error.without_url())))?;
        if status.is_success() {
            return serde_json::from_slice(&bytes)
                .map_err(|error| CrmError::Retryable(format!("unreadable answer: {error}")));
        }
        Err(refusal(status, &bytes))
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> CrmError {
    let refused = serde_json::from_slice::<ApiError>(body);
    // Only the CRM itself can refuse for good: a proxy that does not know the way, or a CRM that does
    // not know the path, is somebody's mistake and will be mended.
    let by_the_crm = refused.as_ref().is_ok_and(|e| !matches!(&*e.code, "unknown_path" | "unknown_method"));
    let error = refused.unwrap_or_else(|_| ApiError {
        code: "unknown".to_owned(),
        message: String::from_utf8_lossy(body).into_owned(),
    });
    let message: String = error.message.chars().take(MAX_DETAIL).collect();
    let lasting =
        by_the_crm && status.is_client_error() && !matches!(status.as_u16(), 401 | 403 | 408 | 425 | 429);
    if lasting {
        CrmError::Permanent { status: status.as_u16(), code: error.code, message }
    } else {
        CrmError::Retryable(format!("{status} ({}): {message}", error.code))
    }
}

/// An error and what caused it, in one line, without the URL.
fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(cause) = next {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_can_mend_is_not_permanent() {
        for status in [401, 403, 408, 425, 429, 500, 502, 503, 302] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert!(matches!(refusal(status, b""), CrmError::Retryable(_)), "{status}");
        }
        for status in [400, 404, 409, 413, 422] {
            let status = StatusCode::from_u16(status).expect("a status");
            let body = br#"{"code":"bad_event","message":"turn 0"}"#;
            assert!(matches!(refusal(status, body), CrmError::Permanent { .. }), "{status}");
        }
    }

    #[test]
    fn only_the_crm_itself_refuses_for_good() {
        let elsewhere =
            [&b"<html>not here</html>"[..], br#"{"code":"unknown_path","message":"no such path"}"#];
        for body in elsewhere {
            assert!(matches!(refusal(StatusCode::NOT_FOUND, body), CrmError::Retryable(_)));
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let body = br#"{"code":"unknown_call","message":"call CA1 was never routed"}"#;
        assert_eq!(
            refusal(StatusCode::NOT_FOUND, body).to_string(),
            "the CRM refused with 404 (unknown_call): call CA1 was never routed"
        );
    }
}
