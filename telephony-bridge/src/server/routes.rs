//! Which handler serves which path.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};

use super::{
    App, calls, health, messages, night, outbound, paths, recordings, status, transfer, upgrade, voice,
};

/// Longest form, in bytes.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// The routes of a bridge.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .route(paths::CALLS_PATH, get(calls::calls))
        .route(paths::INBOUND_PATH, post(voice::inbound))
        .route(paths::DIAL_PATH, post(voice::dialled))
        .route(paths::NIGHT_PATH, post(night::pressed))
        .route(paths::AFTER_PATH, post(transfer::after))
        .route(paths::RECORDING_PATH, post(recordings::recorded))
        .route("/internal/v1/recordings/{sid}", delete(recordings::delete))
        .route(paths::OUTBOUND_PATH, post(outbound::place))
        .route("/api/voice/outbound/{reference}", get(outbound::show))
        .route("/api/voice/outbound/{reference}/key", post(outbound::key))
        .route("/api/voice/outbound/{reference}/answered-by", post(outbound::answered_by))
        .route("/api/voice/outbound/{reference}/status", post(outbound::status))
        .route(paths::MESSAGES_PATH, post(messages::send))
        .route("/api/messages/{reference}", get(messages::show))
        .route("/api/messages/{reference}/status", post(messages::status))
        .route(paths::STATUS_PATH, post(status::status))
        .route("/media", get(upgrade::media))
        .route("/", get(upgrade::media))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .with_state(app)
}
