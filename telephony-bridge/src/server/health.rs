//! `GET /health` and `GET /metrics` (S-HLT-001; S-HLT-003: idle is healthy).

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::App;
use super::wall_clock::unix_ms;
use crate::metrics as names;

/// An event that waits longer than this, in ms, means that the CRM is away.
const CRM_AWAY_MS: i64 = 60_000;

/// 200 with `ok`, `degraded` (the CRM or Redis is away: calls go on) or `warning` (more memory than
/// `MAX_MEMORY_USAGE_MB`), 503 with `draining` (S-TEL-009).
pub(super) async fn health(State(app): State<Arc<App>>) -> Response {
    let calls = app.registry.stats(Instant::now());
    let outbox = app.outbox.stats();
    let oldest_ms = outbox.oldest_at_ms.map(|at_ms| (unix_ms() - at_ms).max(0));
    let (redis, traffic, resident) = (app.sessions.redis(), app.board.traffic(), resident_bytes());
    let crm_away = oldest_ms.is_some_and(|age| age > CRM_AWAY_MS);
    let too_big = app.config.max_memory.zip(resident).is_some_and(|(limit, resident)| resident > limit);
    let (code, status) = if app.registry.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else if crm_away || redis.is_some_and(|redis| !redis.connected) {
        (StatusCode::OK, "degraded")
    } else if too_big {
        (StatusCode::OK, "warning")
    } else {
        (StatusCode::OK, "ok")
    };
    let average = |sum: f64, count: u64| (count > 0).then(|| sum / count as f64);
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
        "sessions": {
            "active": calls.live,
            "total": calls.accepted,
            "average_s": average(calls.ended_time.as_secs_f64(), calls.ended),
        },
        "websocket": {
            "active": calls.live,
            "messages": traffic.messages,
            "average_latency_ms": average(traffic.pong_us as f64 / 1_000.0, traffic.pongs),
        },
        "redis": redis,
        "memory": { "resident_bytes": resident, "limit_bytes": app.config.max_memory },
        "outbox": { "pending": outbox.pending, "oldest_ms": oldest_ms },
        "mock_twilio": app.config.auth_token().is_none(),
    });
    (code, Json(body)).into_response()
}

/// Resident memory of this process, from `/proc/self/status`.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kb = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(kb.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
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
    if let Some(resident) = resident_bytes() {
        metrics::gauge!(names::RESIDENT).set(resident as f64);
    }
    if let Some(limit) = app.config.max_memory {
        metrics::gauge!(names::MEMORY_LIMIT).set(limit as f64);
    }
    app.runner.publish();
    let text = app.metrics.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
