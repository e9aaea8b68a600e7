//! `GET /internal/v1/calls`: the live calls, for `top` and for operators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use super::App;
use super::board::CallRow;
use super::routes::internal;

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
    if let Err(refused) = internal(&app, &headers) {
        return refused.into_response();
    }
    Json(CallsAnswer { max: app.config.max_calls, calls: app.board.rows() }).into_response()
}
