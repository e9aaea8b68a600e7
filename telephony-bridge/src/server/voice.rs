//! A call comes in: who is asked, and what Twilio is told (A-PLT-006, S-TEL-010).

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use crm_api::{CallEventKind, Decision, EndReason, RouteDecision, RouteRequest};

use super::routes::{Refused, bad_form, signed_form, twiml, unix_ms};
use super::{App, CallInfo, NoPlace, fallback};
use crate::logging::Redacted;
use crate::metrics as names;
use crate::twilio::{DialResult, DialVerb, SAY_VOICE, Twiml, VoiceWebhook, say_voice};

pub(super) const INBOUND_PATH: &str = "/api/voice/inbound";
/// Where Twilio reports whether a person took the call.
pub(super) const DIAL_PATH: &str = "/api/voice/dial";

/// `POST /api/voice/inbound`
pub(super) async fn inbound(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let form = signed_form(&app, "inbound", &uri, &headers, &body)?;
    let call = VoiceWebhook::try_from(&form).map_err(|error| bad_form("inbound", &error))?;
    tracing::info!(
        call_sid = call.call_sid,
        from = %Redacted(&call.from),
        to = %Redacted(&call.to),
        "a call comes in"
    );
    if let Err(no_place) = app.registry.check_place(&call.call_sid, Instant::now()) {
        return Ok(turned_away(&call.call_sid, no_place));
    }
    let (decision, fallback) = decide(&app, &call).await;
    metrics::counter!(names::CALLS, "decision" => word(decision.decision)).increment(1);
    let call = CallInfo {
        call_sid: call.call_sid,
        from: call.from,
        to: call.to,
        decision,
        fallback,
        announced_at_ms: unix_ms(),
    };
    Ok(answer(&app, call))
}

/// `POST /api/voice/dial`: a person took the call, or did not and the agent does.
pub(super) async fn dialled(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let form = signed_form(&app, "dial", &uri, &headers, &body)?;
    let result = DialResult::try_from(&form).map_err(|error| bad_form("dial", &error))?;
    let webhook = VoiceWebhook::try_from(&form).map_err(|error| bad_form("dial", &error))?;
    let rung = app.registry.take_rung(&result.call_sid);
    if result.answered {
        if let Some(call) = rung {
            report_end(&app, &call, result.duration_s);
        }
        return Ok(twiml(Twiml::new().hang_up()));
    }
    // A process restarted in between does not know the call any more; the agent answers all
    // the same.
    let mut call = rung.unwrap_or_else(|| CallInfo {
        call_sid: webhook.call_sid,
        from: webhook.from,
        to: webhook.to,
        decision: fallback::neutral_decision(app.config.barge_in_preset.as_deref()),
        fallback: true,
        announced_at_ms: unix_ms(),
    });
    call.decision.decision = Decision::Agent;
    Ok(answer(&app, call))
}

/// Reports the end of a call that never had a stream.
pub(super) fn report_end(app: &App, call: &CallInfo, duration_s: Option<u64>) {
    let kind = CallEventKind::Ended {
        reason: EndReason::CallerHangUp,
        duration_ms: duration_s.unwrap_or(0).saturating_mul(1_000),
    };
    app.outbox.record(&call.call_sid, kind, unix_ms());
}

/// Asks the CRM, for a second at most; the call goes on without it (A-TEL-010).
async fn decide(app: &App, call: &VoiceWebhook) -> (RouteDecision, bool) {
    let request =
        RouteRequest { call_sid: call.call_sid.clone(), from: call.from.clone(), to: call.to.clone() };
    let asked = Instant::now();
    let answer = app.crm.route(&request).await;
    metrics::histogram!(names::ROUTE_SECONDS).record(asked.elapsed());
    let preset = app.config.barge_in_preset.as_deref();
    match answer {
        Ok(mut decision) => {
            if let Some(preset) = preset {
                preset.clone_into(&mut decision.barge_in_preset);
            }
            (decision, false)
        }
        Err(error) => {
            metrics::counter!(names::ROUTE_FALLBACKS).increment(1);
            tracing::error!(call_sid = call.call_sid, %error, "no decision: the call goes on");
            (fallback::neutral_decision(preset), true)
        }
    }
}

/// Tells Twilio what was decided.
fn answer(app: &App, mut call: CallInfo) -> Response {
    let voice = say_voice(&call.decision.voice);
    match call.decision.decision {
        Decision::Night | Decision::Refuse => {
            let words = match call.decision.greeting.text.trim() {
                "" => fallback::REFUSED,
                text => text,
            };
            let announce = call.decision.announce.as_deref().unwrap_or_default();
            let xml = Twiml::new().say(&voice, announce).say(&voice, words).hang_up();
            // The call ends here: no stream will report it.
            report_end(app, &call, None);
            twiml(xml)
        }
        Decision::Ring if call.decision.dial.is_some() => ring(app, call, &voice),
        Decision::Ring | Decision::Agent => {
            // Taken out, so that nobody says it twice.
            let announce = call.decision.announce.take().unwrap_or_default();
            let call_sid = call.call_sid.clone();
            app.runner.prewarm(&call);
            let token = match app.registry.announce(call, Instant::now()) {
                Ok(token) => token,
                Err(no_place) => return turned_away(&call_sid, no_place),
            };
            let stream = app.config.stream_url();
            let parameters = [("token", token.as_str())];
            match Twiml::new().say(&voice, &announce).connect_stream(&stream, &parameters) {
                Ok(xml) => twiml(xml),
                Err(error) => {
                    tracing::error!(call_sid, %error, "no stream");
                    twiml(Twiml::new().say(SAY_VOICE, fallback::REFUSED).hang_up())
                }
            }
        }
    }
}

fn ring(app: &App, mut call: CallInfo, voice: &str) -> Response {
    let announce = call.decision.announce.take().unwrap_or_default();
    let Some(dial) = call.decision.dial.take() else {
        return answer(app, call);
    };
    let action = app.config.webhook_url(DIAL_PATH);
    let xml = Twiml::new().say(voice, &announce).dial(DialVerb {
        number: &dial.number,
        timeout_s: dial.timeout.clamp(5, 600),
        action: &action,
        record: call.decision.record,
    });
    app.registry.ring(call);
    twiml(xml)
}

/// The next call is refused politely (S-TEL-014).
fn turned_away(call_sid: &str, no_place: NoPlace) -> Response {
    let reason = match no_place {
        NoPlace::Full => "full",
        NoPlace::Draining => "draining",
    };
    metrics::counter!(names::CALLS_REFUSED, "reason" => reason).increment(1);
    tracing::warn!(call_sid, reason, "a call is turned away");
    twiml(Twiml::new().say(SAY_VOICE, fallback::BUSY).hang_up())
}

const fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Agent => "agent",
        Decision::Ring => "ring",
        Decision::Night => "night",
        Decision::Refuse => "refuse",
    }
}
