//! A call comes in: who is asked, and what Twilio is told (A-PLT-006, S-TEL-010).

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use crm_api::{Decision, Dial, GreetingText, RouteDecision, RouteRequest};

use super::answer::twiml;
use super::door::Signed;
use super::ended::report_end;
use super::paths::{AFTER_PATH, DIAL_PATH};
use super::wall_clock::unix_ms;
use super::{App, CallInfo, NoPlace, fallback, night, transfer};
use crate::logging::Redacted;
use crate::metrics as names;
use crate::twilio::{DialResult, Form, FormError, SAY_VOICE, Twiml, VoiceWebhook, say_voice};

/// How long a person is rung to whom the agent hands a call over, where the CRM does not say, in seconds.
const RING_S: u32 = 25;

/// `POST /api/voice/inbound`
pub(super) async fn inbound(State(app): State<Arc<App>>, Signed(call): Signed<VoiceWebhook>) -> Response {
    tracing::info!(
        call_sid = call.call_sid,
        from = %Redacted(&call.from),
        to = %Redacted(&call.to),
        "a call comes in"
    );
    if let Err(no_place) = app.registry.check_place(&call.call_sid, Instant::now()) {
        return turned_away(&call.call_sid, no_place);
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
        earlier: None,
    };
    answer(&app, call)
}

/// A person was rung: what came of it, and the call as it is told each time.
pub(super) struct Dialled {
    result: DialResult,
    call: VoiceWebhook,
}

impl TryFrom<&Form> for Dialled {
    type Error = FormError;

    fn try_from(form: &Form) -> Result<Self, FormError> {
        Ok(Self { result: form.try_into()?, call: form.try_into()? })
    }
}

/// `POST /api/voice/dial`: a person took the call, or did not and the agent does.
pub(super) async fn dialled(
    State(app): State<Arc<App>>,
    Signed(Dialled { result, call: webhook }): Signed<Dialled>,
) -> Response {
    let rung = app.registry.take_rung(&result.call_sid);
    if result.answered {
        if let Some(call) = rung {
            report_end(&app, &call, result.duration_s);
        }
        return twiml(Twiml::new().hang_up());
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
        earlier: None,
    });
    // Whoever was talked to before, or pressed a key at night, has heard the greeting.
    let greeted = call.earlier.is_some() || call.decision.decision == Decision::Night;
    call.decision.decision = Decision::Agent;
    // Nobody is rung in a circle.
    call.decision.dial = None;
    if greeted {
        let words = fallback::NOBODY_FREE.to_owned();
        call.decision.greeting = GreetingText { text: words, tts_cache_key: String::new(), version: 0 };
    }
    answer(&app, call)
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
            if decision.decision == Decision::Agent && decision.dial.is_none() {
                let person = app.config.twilio.transfer_to.clone();
                decision.dial =
                    person.map(|number| Dial { number, timeout: RING_S, action: DIAL_PATH.to_owned() });
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
            if call.decision.decision == Decision::Night && call.decision.dial.is_some() {
                let words = words.to_owned();
                return night::offer(app, call, &words);
            }
            let announce = call.decision.announce.as_deref().unwrap_or_default();
            let xml = Twiml::new().say(&voice, announce).say(&voice, words).hang_up();
            // The call ends here: no stream will report it.
            report_end(app, &call, None);
            twiml(xml)
        }
        Decision::Ring if call.decision.dial.is_some() => ring(app, call),
        Decision::Ring | Decision::Agent => {
            // Taken out, so that nobody says it twice.
            let announce = call.decision.announce.take().unwrap_or_default();
            let call_sid = call.call_sid.clone();
            let hands_over = call.decision.dial.is_some();
            app.runner.prewarm(&call);
            let token = match app.registry.announce(call, Instant::now()) {
                Ok(token) => token,
                Err(no_place) => return turned_away(&call_sid, no_place),
            };
            let stream = app.config.stream_url();
            let parameters = [("token", token.as_str())];
            let document = Twiml::new().say(&voice, &announce);
            let document = match hands_over {
                true => {
                    let after = app.config.webhook_url(AFTER_PATH);
                    document.connect_stream_then(&stream, &parameters, &after)
                }
                false => document.connect_stream(&stream, &parameters),
            };
            match document {
                Ok(xml) => twiml(xml),
                Err(error) => {
                    tracing::error!(call_sid, %error, "no stream");
                    twiml(Twiml::new().say(SAY_VOICE, fallback::REFUSED).hang_up())
                }
            }
        }
    }
}

fn ring(app: &App, mut call: CallInfo) -> Response {
    let announce = call.decision.announce.take().unwrap_or_default();
    let Some(xml) = transfer::document(app, &call, &announce) else {
        return answer(app, call);
    };
    call.decision.dial = None;
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
