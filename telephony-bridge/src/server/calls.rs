//! `GET /internal/v1/calls`: the live calls, for `top` and for operators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::App;
use super::board::CallRow;

/// Where it is.
pub const CALLS_PATH: &str = "/internal/v1/calls";

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsAnswer {
    /// Calls there may be at the same time.
    pub max: usize,
    /// The live ones, the longest first.
    pub calls: Vec<CallRow>,
}

/// Needs `Authorization: Bearer` with the internal token: what a call is doing is nobody else's business.
pub(super) async fn calls(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let expected = app.config.internal_api_token.expose_secret();
    if !bool::from(token.as_bytes().ct_eq(expected.as_bytes())) {
        return (StatusCode::UNAUTHORIZED, "the internal token is missing or wrong").into_response();
    }
    Json(CallsAnswer { max: app.config.max_calls, calls: app.board.rows() }).into_response()
}
