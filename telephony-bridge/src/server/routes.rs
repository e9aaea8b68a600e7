//! The routes, and the one door through which signed forms come.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};

use secrecy::ExposeSecret as _;
use subtle::ConstantTimeEq as _;

use super::{App, calls, health, messages, night, outbound, recordings, status, transfer, upgrade, voice};
use crate::metrics as names;
use crate::twilio::{Form, FormError, verify_form};

/// Longest form, in bytes.
const MAX_FORM_BYTES: usize = 64 * 1024;
/// Header of the signature.
pub(super) const SIGNATURE: &str = "x-twilio-signature";

/// The routes of a bridge.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .route(calls::CALLS_PATH, get(calls::calls))
        .route(voice::INBOUND_PATH, post(voice::inbound))
        .route(voice::DIAL_PATH, post(voice::dialled))
        .route(night::NIGHT_PATH, post(night::pressed))
        .route(transfer::AFTER_PATH, post(transfer::after))
        .route(voice::RECORDING_PATH, post(recordings::recorded))
        .route("/internal/v1/recordings/{sid}", delete(recordings::delete))
        .route(outbound::OUTBOUND_PATH, post(outbound::place))
        .route("/api/voice/outbound/{reference}", get(outbound::show))
        .route("/api/voice/outbound/{reference}/key", post(outbound::key))
        .route("/api/voice/outbound/{reference}/answered-by", post(outbound::answered_by))
        .route("/api/voice/outbound/{reference}/status", post(outbound::status))
        .route(messages::MESSAGES_PATH, post(messages::send))
        .route("/api/messages/{reference}", get(messages::show))
        .route("/api/messages/{reference}/status", post(messages::status))
        .route(status::STATUS_PATH, post(status::status))
        .route("/media", get(upgrade::media))
        .route("/", get(upgrade::media))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .with_state(app)
}

/// A webhook that is not served, with a sentence that says why.
#[derive(Debug)]
pub(super) struct Refused(StatusCode, String);

impl Refused {
    pub(super) fn new(status: StatusCode, why: String) -> Self {
        Self(status, why)
    }
}

/// Is it one of our own services that asks? By `Authorization: Bearer` with the internal token.
pub(super) fn internal(app: &App, headers: &HeaderMap) -> Result<(), Refused> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let expected = app.config.internal_api_token.expose_secret();
    if bool::from(token.as_bytes().ct_eq(expected.as_bytes())) {
        return Ok(());
    }
    Err(Refused(StatusCode::UNAUTHORIZED, "the internal token is missing or wrong".to_owned()))
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

/// The form, if its signature is Twilio's (P-QUE-012).
pub(super) fn signed_form(
    app: &App,
    route: &'static str,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Form, Refused> {
    let form = Form::decode(body);
    if let Some(token) = app.config.auth_token() {
        let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let url = app.config.webhook_url(path);
        if !signature.is_some_and(|signature| verify_form(token, signature, &url, &form.0)) {
            let reason = if signature.is_some() { "wrong_signature" } else { "no_signature" };
            metrics::counter!(names::WEBHOOKS_REFUSED, "route" => route, "reason" => reason).increment(1);
            tracing::warn!(route, reason, url, "webhook refused");
            return Err(Refused(StatusCode::FORBIDDEN, "the signature is not Twilio's".to_owned()));
        }
    }
    Ok(form)
}

/// A form that lacks what it must have.
pub(super) fn bad_form(route: &'static str, error: &FormError) -> Refused {
    metrics::counter!(names::WEBHOOKS_REFUSED, "route" => route, "reason" => "form").increment(1);
    tracing::warn!(route, %error, "webhook refused");
    Refused(StatusCode::BAD_REQUEST, error.to_string())
}

/// A TwiML document.
pub(super) fn twiml(xml: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], xml).into_response()
}

/// Now, as unix ms.
pub(super) fn unix_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
