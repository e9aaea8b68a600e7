//! `POST /api/voice/status`: the state of a call changed (S-TEL-011).
//!
//! Callbacks come out of order and more than once. Only the end of a call changes anything here,
//! and it does so once: by `(CallSid, SequenceNumber)`, and because a call ends once.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};

use super::routes::{Refused, bad_form, signed_form};
use super::voice::report_end;
use super::{App, Finished};
use crate::metrics as names;
use crate::twilio::StatusCallback;

/// Where Twilio tells of a call's states.
pub const STATUS_PATH: &str = "/api/voice/status";

pub(super) async fn status(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let form = signed_form(&app, "status", &uri, &headers, &body)?;
    let StatusCallback { call_sid, status, sequence, duration_s } =
        StatusCallback::try_from(&form).map_err(|error| bad_form("status", &error))?;
    let new = sequence.is_none_or(|sequence| app.registry.first_time(&call_sid, sequence));
    let result = if new { "new" } else { "repeated" };
    metrics::counter!(names::STATUS_CALLBACKS, "result" => result).increment(1);
    if new && status.is_final() {
        tracing::info!(call_sid, status = status.as_str(), duration_s, "the call is over");
        match app.registry.provider_ended(&call_sid) {
            Finished::Live | Finished::Unknown => {}
            Finished::NeverConnected(call) | Finished::Rung(call) => {
                report_end(&app, &call, duration_s);
            }
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
