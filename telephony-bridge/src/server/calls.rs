//! `GET /internal/v1/calls`: the live calls, for `top` and for operators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::App;
use super::board::CallRow;
use super::door::Internal;

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsAnswer {
    /// Calls that this bridge takes at the same time.
    pub max: usize,
    /// The live ones, its own and then those of other bridges, the longest first.
    pub calls: Vec<CallRow>,
    /// Are there other bridges, and are they heard of? Absent without Redis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
}

/// Needs `Authorization: Bearer` with the internal token: what a call is doing is nobody else's business.
pub(super) async fn calls(State(app): State<Arc<App>>, _: Internal) -> Json<CallsAnswer> {
    let mut calls = app.board.rows();
    calls.extend(app.sessions.others());
    let shared = app.sessions.redis().map(|redis| redis.connected);
    Json(CallsAnswer { max: app.config.max_calls, calls, shared })
}
