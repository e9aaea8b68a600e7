//! Health and numbers, for those who run the service.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;

/// How the service is.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`; `warning` above the memory limit; `error` when a check fails.
    status: &'static str,
    /// What is wrong, when something is.
    message: Option<String>,
    /// RFC 3339, UTC.
    timestamp: String,
    /// Of crm-service.
    version: &'static str,
    /// Seconds since the start.
    uptime_s: u64,
    database: DatabaseHealth,
    memory: MemoryHealth,
}

/// How the database is.
#[derive(Serialize, ToSchema)]
struct DatabaseHealth {
    /// `sqlite` or `postgres`.
    kind: &'static str,
    /// Does it answer?
    ok: bool,
}

/// Memory of the process.
#[derive(Serialize, ToSchema)]
struct MemoryHealth {
    /// Resident bytes, where the system tells.
    rss: Option<u64>,
}

/// Checks what the service needs. Being idle is healthy.
#[utoipa::path(
    get,
    path = "/health",
    tag = "operations",
    responses(
        (status = 200, body = Health, description = "ok or warning"),
        (status = 500, body = Health, description = "error, with a message"),
    )
)]
pub(super) async fn health(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    let answered = app.db.ping().await;
    let rss = resident_bytes();
    let heavy = app.settings.max_memory_mb.zip(rss).filter(|(limit, rss)| *rss > limit * 1_000_000);
    let (code, status, message) = match (&answered, heavy) {
        (Err(error), _) => {
            tracing::error!(%error, "the database does not answer");
            let message = format!("the {} database does not answer", app.db.kind());
            (StatusCode::INTERNAL_SERVER_ERROR, "error", Some(message))
        }
        (Ok(()), Some((limit, rss))) => {
            let message = format!("{} MB of memory, more than MAX_MEMORY_USAGE_MB={limit}", rss / 1_000_000);
            (StatusCode::OK, "warning", Some(message))
        }
        (Ok(()), None) => (StatusCode::OK, "ok", None),
    };
    let health = Health {
        status,
        message,
        timestamp: clock::now_text(),
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: app.started.elapsed().as_secs(),
        database: DatabaseHealth { kind: app.db.kind(), ok: answered.is_ok() },
        memory: MemoryHealth { rss },
    };
    (code, Json(health))
}

/// Linux tells in kB; elsewhere nothing.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1_024)
}

/// Counters, as Prometheus text.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render())
}
