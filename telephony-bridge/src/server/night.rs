//! After hours with somebody on call: whoever presses 1 reaches them (P-VOX-011).
//!
//! Whoever presses nothing is told goodbye, as at night without anybody on call. Where the person on call does not
//! answer, the agent does: no key leads nowhere (P-VOX-014).

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::answer::twiml;
use super::door::Signed;
use super::ended::report_end;
use super::paths::NIGHT_PATH;
use super::{App, CallInfo, transfer};
use crate::twilio::{GatherVerb, Gathered, Twiml, say_voice};

/// How long a key is waited for, in seconds.
const PRESS_S: u32 = 5;
const PRESS: &str = "במקרה חירום, הקישו 1.";

/// Says the business's words and waits for a key. The call is kept as one that rings, until it is known what it does.
pub(super) fn offer(app: &App, mut call: CallInfo, words: &str) -> Response {
    let voice = say_voice(&call.decision.voice);
    let announce = call.decision.announce.take().unwrap_or_default();
    let action = app.config.webhook_url(NIGHT_PATH);
    let gather = GatherVerb { action: &action, digits: Some(1), speech: false, timeout_s: PRESS_S };
    let text = format!("{words} {PRESS}");
    // Without a key Twilio asks the same page, so that the call's end is known there.
    let xml = Twiml::new().say(&voice, &announce).gather(gather, &voice, &text).redirect(&action);
    app.registry.ring(call);
    twiml(xml)
}

/// `POST /api/voice/night`: 1 rings the person on call, anything else ends the call.
pub(super) async fn pressed(State(app): State<Arc<App>>, Signed(gathered): Signed<Gathered>) -> Response {
    let wants = gathered.digits.as_deref() == Some("1");
    // Kept while it rings: Twilio may ask twice, and tells `dialled` what came of it.
    let rings = app.registry.rung(&gathered.call_sid).filter(|_| wants);
    if let Some(xml) = rings.and_then(|call| transfer::document(&app, &call, "")) {
        return twiml(xml);
    }
    if let Some(call) = app.registry.take_rung(&gathered.call_sid) {
        report_end(&app, &call, None);
    }
    twiml(Twiml::new().hang_up())
}
