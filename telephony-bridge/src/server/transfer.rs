//! A live call goes to a person (S-EMG-007).
//!
//! The agent says so, the session waits until that was heard, and the driver hands the call over: by Twilio's
//! API, which replaces the document that the call is running, or, without credentials and where the API
//! fails, by closing the stream: the document's next verb asks here what follows. Either way a person is
//! rung, and what came of it is told to [`super::voice::dialled`]: nobody took it, and the agent is back.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::answer::twiml;
use super::door::Signed;
use super::paths::{DIAL_PATH, RECORDING_PATH};
use super::{App, CallInfo};
use crate::twilio::{DialVerb, Twiml, VoiceWebhook, say_voice};

/// `POST /api/voice/after`: the stream is over; is a person to be rung, or is this the end?
pub(super) async fn after(State(app): State<Arc<App>>, Signed(call): Signed<VoiceWebhook>) -> Response {
    // Kept until the outcome is known: Twilio may ask twice.
    let rings = app.registry.rung(&call.call_sid).and_then(|call| document(&app, &call, ""));
    twiml(rings.unwrap_or_else(|| Twiml::new().hang_up()))
}

/// The document that rings the person of the call's decision, after an announcement, if there is a person.
pub(super) fn document(app: &App, call: &CallInfo, announce: &str) -> Option<String> {
    let dial = call.decision.dial.as_ref()?;
    let action = app.config.webhook_url(DIAL_PATH);
    let recording = app.config.webhook_url(RECORDING_PATH);
    // A call that Twilio records from its beginning is not recorded twice.
    let record = call.decision.record && !(app.config.twilio.record_calls && call.earlier.is_some());
    Some(Twiml::new().say(&say_voice(&call.decision.voice), announce).dial(DialVerb {
        number: &dial.number,
        timeout_s: dial.timeout.clamp(5, 600),
        action: &action,
        record_to: record.then_some(&recording),
    }))
}
