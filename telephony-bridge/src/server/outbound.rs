//! Calls that the bridge places: somebody must know at once (S-EMG-010, S-EMG-012, S-EMG-013).
//!
//! `POST /api/voice/outbound` names a reference, and the same reference places one call, however often it is asked
//! for. The call says a text, twice if nobody presses a key; a key, or a word, says that it was heard. A machine
//! is left the text after its beep, or hung up on.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::App;
use super::remembered::{Remembered, check_reference};
use super::routes::{Refused, bad_form, internal, signed_form, twiml};
use crate::logging::Redacted;
use crate::metrics as names;
use crate::twilio::rest::{CallStage, Instructions, MAX_TWIML_CHARS, MachineDetection, NewCall, TwilioRest};
use crate::twilio::{
    AmdCallback, CallStatus, GatherVerb, Gathered, StatusCallback, Twiml, is_e164, say_voice,
};

/// Where they are.
pub(super) const OUTBOUND_PATH: &str = "/api/voice/outbound";
/// How long a phone rings, in seconds.
const RING_S: u32 = 30;
/// Longest call, in seconds.
const LIMIT_S: u32 = 300;
/// Said when a key says that it was heard.
const HEARD: &str = "תודה. רשמנו שההודעה התקבלה.";
const PRESS: &str = "לאישור שההודעה התקבלה, הקישו 1.";

/// What to do where a machine answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnMachine {
    /// Say the text after the beep.
    #[default]
    LeaveMessage,
    /// Say nothing.
    HangUp,
}

/// A call to be placed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// One a call, chosen by whoever asks: letters, digits, `-` and `_`.
    reference: String,
    /// Whom, E.164.
    to: String,
    /// From which number of the account, E.164.
    from: String,
    /// What to say.
    text: String,
    /// A voice such as `he-IL-Wavenet-A`.
    #[serde(default)]
    voice: String,
    /// Ask for a key that says that it was heard?
    #[serde(default)]
    acknowledge: bool,
    #[serde(default)]
    on_machine: OnMachine,
}

/// How a call that was placed goes.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Placed {
    reference: String,
    /// Absent until Twilio has named it.
    call_sid: Option<String>,
    /// Twilio's word for its state; `placing` before there is one, `unknown` where Twilio may have placed it.
    status: String,
    /// Twilio's word for who answered.
    answered_by: Option<&'static str>,
    /// The key, or the word, that said that it was heard.
    acknowledged: Option<String>,
}

/// A call that was placed.
#[derive(Debug)]
pub(super) struct Alert {
    placed: Placed,
    text: String,
    voice: String,
    on_machine: OnMachine,
}

/// Calls that were placed, the newest thousand.
pub(super) type Alerts = Remembered<Alert>;

impl Alert {
    /// As it is before it is placed.
    fn of(wanted: &Wanted) -> Self {
        let placed =
            Placed { reference: wanted.reference.clone(), status: "placing".to_owned(), ..Placed::default() };
        Self {
            placed,
            text: wanted.text.clone(),
            voice: say_voice(&wanted.voice),
            on_machine: wanted.on_machine,
        }
    }
}

/// What is known of a call: the answer to whoever asks for it, or asks for it to be placed.
fn answer(app: &App, reference: &str) -> Result<Json<Placed>, Refused> {
    let placed = app.alerts.with(reference, |alert| alert.placed.clone());
    placed.map(Json).ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, "no such reference".to_owned()))
}

/// `POST /api/voice/outbound`
pub(super) async fn place(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Placed>), Refused> {
    internal(&app, &headers)?;
    let wrong = |why: String| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, why);
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|error| wrong(error.to_string()))?;
    check(&wanted).map_err(wrong)?;
    let Some(twilio) = &app.twilio else {
        let why = "TWILIO_ACCOUNT_SID is not set: no call can be placed".to_owned();
        return Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, why));
    };
    let xml = document(&app, &wanted);
    if xml.chars().count() > MAX_TWIML_CHARS {
        return Err(wrong(format!(
            "text has {} characters: too long to be said",
            wanted.text.chars().count()
        )));
    }
    let is_new = app.alerts.begin(&wanted.reference, || Alert::of(&wanted));
    if is_new {
        call(&app, twilio, &wanted, &xml).await?;
    }
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, answer(&app, &wanted.reference)?))
}

/// Has Twilio place the call.
async fn call(app: &App, twilio: &TwilioRest, wanted: &Wanted, xml: &str) -> Result<(), Refused> {
    let at = |what: &str| app.config.webhook_url(&format!("{OUTBOUND_PATH}/{}/{what}", wanted.reference));
    let (status, amd) = (at("status"), at("answered-by"));
    let call = NewCall {
        to: &wanted.to,
        from: &wanted.from,
        instructions: Instructions::Twiml(xml),
        timeout_s: RING_S,
        time_limit_s: Some(LIMIT_S),
        status_callback: Some((&status, &[CallStage::Answered, CallStage::Completed])),
        machine_detection: Some(MachineDetection {
            wait_for_end: wanted.on_machine == OnMachine::LeaveMessage,
            callback: &amd,
            timeout_s: RING_S,
        }),
        record_to: None,
    };
    let created = twilio.create_call(&call).await;
    let result = if created.is_ok() { "placed" } else { "failed" };
    metrics::counter!(names::OUTBOUND, "result" => result).increment(1);
    match created {
        Ok(created) => {
            tracing::info!(reference = wanted.reference, call_sid = created.sid, to = %Redacted(&wanted.to), "a call is placed");
            app.alerts.with(&wanted.reference, |alert| {
                alert.placed.call_sid = Some(created.sid);
                // A callback may have been faster.
                if alert.placed.status == "placing" {
                    created.status.as_str().clone_into(&mut alert.placed.status);
                }
            });
            Ok(())
        }
        Err(error) => {
            tracing::error!(reference = wanted.reference, %error, "a call is not placed");
            if error.may_be_done() {
                // Asking again must not ring twice.
                app.alerts.with(&wanted.reference, |alert| "unknown".clone_into(&mut alert.placed.status));
            } else {
                app.alerts.forget(&wanted.reference);
            }
            Err(Refused::new(StatusCode::BAD_GATEWAY, error.to_string()))
        }
    }
}

fn check(wanted: &Wanted) -> Result<(), String> {
    let Wanted { reference, to, from, text, .. } = wanted;
    check_reference(reference)?;
    for (field, number) in [("to", to), ("from", from)] {
        if !is_e164(number) {
            let shown: String = number.chars().take(20).flat_map(char::escape_debug).collect();
            return Err(format!("{field} is `{shown}`: expected a number such as +972501234567"));
        }
    }
    if text.trim().is_empty() { Err("text is empty".to_owned()) } else { Ok(()) }
}

/// Says the text; asks for a key; says the text once more.
fn document(app: &App, wanted: &Wanted) -> String {
    let voice = say_voice(&wanted.voice);
    if !wanted.acknowledge {
        return Twiml::new().say(&voice, &wanted.text).pause(1).say(&voice, &wanted.text).hang_up();
    }
    let action = app.config.webhook_url(&format!("{OUTBOUND_PATH}/{}/key", wanted.reference));
    let text = format!("{} {PRESS}", wanted.text);
    let gather = GatherVerb { action: &action, digits: Some(1), speech: true, timeout_s: 5 };
    Twiml::new().gather(gather, &voice, &text).gather(gather, &voice, &text).hang_up()
}

/// `GET /api/voice/outbound/{reference}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Placed>, Refused> {
    internal(&app, &headers)?;
    answer(&app, &reference)
}

/// `POST /api/voice/outbound/{reference}/key`: a key or a word says that it was heard.
pub(super) async fn key(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let form = signed_form(&app, "outbound", &uri, &headers, &body)?;
    let gathered = Gathered::try_from(&form).map_err(|error| bad_form("outbound", &error))?;
    let answer = gathered.digits.or(gathered.speech);
    let voice = app.alerts.with(&reference, |alert| {
        if alert.placed.acknowledged.is_none() {
            alert.placed.acknowledged.clone_from(&answer);
        }
        alert.voice.clone()
    });
    let thanks = if answer.is_some() { HEARD } else { "" };
    Ok(twiml(Twiml::new().say(&voice.unwrap_or_else(|| say_voice("")), thanks).hang_up()))
}

/// `POST /api/voice/outbound/{reference}/answered-by`: a person or a machine.
pub(super) async fn answered_by(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let form = signed_form(&app, "outbound", &uri, &headers, &body)?;
    let told = AmdCallback::try_from(&form).map_err(|error| bad_form("outbound", &error))?;
    let message = app.alerts.with(&reference, |alert| {
        alert.placed.answered_by = Some(told.answered_by.as_str());
        let leaves = alert.on_machine == OnMachine::LeaveMessage && told.answered_by.takes_messages();
        leaves.then(|| Twiml::new().say(&alert.voice, &alert.text).hang_up())
    });
    let (Some(message), Some(twilio)) = (message, &app.twilio) else { return Ok(StatusCode::NO_CONTENT) };
    let done = match message {
        // From its beginning: what was said before was said to an announcement.
        Some(xml) => twilio.redirect_call(&told.call_sid, Instructions::Twiml(&xml)).await.map(drop),
        None if told.answered_by.is_nobody() => twilio.hang_up(&told.call_sid).await.map(drop),
        None => Ok(()),
    };
    if let Err(error) = done {
        tracing::error!(reference, call_sid = told.call_sid, %error, "a machine goes on");
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/voice/outbound/{reference}/status`
pub(super) async fn status(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let form = signed_form(&app, "outbound", &uri, &headers, &body)?;
    let told = StatusCallback::try_from(&form).map_err(|error| bad_form("outbound", &error))?;
    app.alerts.with(&reference, |alert| {
        alert.placed.call_sid.get_or_insert(told.call_sid);
        // Callbacks come out of order; an end is final.
        let over = CallStatus::parse(&alert.placed.status).is_some_and(CallStatus::is_final);
        if !over {
            told.status.as_str().clone_into(&mut alert.placed.status);
        }
    });
    Ok(StatusCode::NO_CONTENT)
}
