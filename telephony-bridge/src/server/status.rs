//! `POST /api/voice/status`: the state of a call changed (S-TEL-011).
//!
//! Callbacks come out of order and more than once. Only the end of a call changes anything here,
//! and it does so once: by `(CallSid, SequenceNumber)`, and because a call ends once.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::door::Signed;
use super::ended::report_end;
use super::{App, Finished};
use crate::metrics as names;
use crate::twilio::StatusCallback;

pub(super) async fn status(State(app): State<Arc<App>>, Signed(told): Signed<StatusCallback>) -> StatusCode {
    let StatusCallback { call_sid, status, sequence, duration_s } = told;
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
    StatusCode::NO_CONTENT
}
