//! `GET /health` and `GET /metrics` (S-HLT-001, S-HLT-003: idle is healthy).

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::App;
use super::routes::unix_ms;
use crate::metrics as names;

/// An event that waits longer than this, in ms, means that the CRM is away.
const CRM_AWAY_MS: i64 = 60_000;

/// 200 with `ok` or `degraded` (the CRM is away: calls go on), 503 with `draining`.
pub(super) async fn health(State(app): State<Arc<App>>) -> Response {
    let calls = app.registry.stats(Instant::now());
    let outbox = app.outbox.stats();
    let oldest_ms = outbox.oldest_at_ms.map(|at_ms| (unix_ms() - at_ms).max(0));
    let (code, status) = if app.registry.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else if oldest_ms.is_some_and(|age| age > CRM_AWAY_MS) {
        (StatusCode::OK, "degraded")
    } else {
        (StatusCode::OK, "ok")
    };
    let body = json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        "timestamp": jiff::Timestamp::now().to_string(),
        "uptime_s": app.started.elapsed().as_secs(),
        "calls": {
            "live": calls.live,
            "awaited": calls.awaited,
            "rung": calls.rung,
            "accepted": calls.accepted,
            "max": app.config.max_calls,
        },
        "outbox": { "pending": outbox.pending, "oldest_ms": oldest_ms },
        "mock_twilio": app.config.auth_token().is_none(),
    });
    (code, Json(body)).into_response()
}

/// Prometheus text.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let calls = app.registry.stats(Instant::now());
    let outbox = app.outbox.stats();
    let oldest = outbox.oldest_at_ms.map_or(0, |at_ms| (unix_ms() - at_ms).max(0));
    metrics::gauge!(names::CALLS_LIVE).set(calls.live as f64);
    metrics::gauge!(names::CALLS_AWAITED).set(calls.awaited as f64);
    metrics::gauge!(names::OUTBOX_PENDING).set(outbox.pending as f64);
    metrics::gauge!(names::OUTBOX_OLDEST).set(oldest as f64 / 1_000.0);
    app.runner.publish();
    let text = app.metrics.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
