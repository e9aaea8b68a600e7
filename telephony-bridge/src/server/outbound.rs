//! Calls that the bridge places: somebody must know at once (S-EMG-010, S-EMG-012, S-EMG-013).
//!
//! `POST /api/voice/outbound` names a reference, and the same reference places one call, however often it is asked
//! for, and though whoever asked went away; it is answered as [`super::messages`] are. The call says a text, twice if
//! nobody presses a key; a key, or a word, says that it was heard. A machine is left the text after its beep, or hung
//! up on.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::App;
use super::answer::{Refused, twiml};
use super::door::{Internal, Signed};
use super::paths::OUTBOUND_PATH;
use super::remembered::{Order, Reference, Remembered};
use crate::logging::Redacted;
use crate::metrics as names;
use crate::twilio::rest::{
    CallStage, Created, Instructions, MAX_TWIML_CHARS, MachineDetection, NewCall, RestError, TwilioRest,
};
use crate::twilio::{
    AmdCallback, CallStatus, GatherVerb, Gathered, StatusCallback, Twiml, is_e164, say_voice,
};

/// How long a phone rings, in seconds.
const RING_S: u32 = 30;
/// Longest call, in seconds.
const LIMIT_S: u32 = 300;
/// The state before Twilio has answered.
const PLACING: &str = "placing";
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

/// A call as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
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

/// A call to be placed.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Asked")]
struct Wanted {
    reference: Reference,
    to: String,
    from: String,
    text: String,
    /// As Twilio names it.
    voice: String,
    acknowledge: bool,
    on_machine: OnMachine,
}

impl TryFrom<Asked> for Wanted {
    type Error = String;

    fn try_from(asked: Asked) -> Result<Self, String> {
        let Asked { reference, to, from, text, voice, acknowledge, on_machine } = asked;
        let reference = Reference::parse(reference)?;
        for (field, number) in [("to", &to), ("from", &from)] {
            if !is_e164(number) {
                let shown: String = number.chars().take(20).flat_map(char::escape_debug).collect();
                return Err(format!("{field} is `{shown}`: expected a number such as +972501234567"));
            }
        }
        if text.trim().is_empty() {
            return Err("text is empty".to_owned());
        }
        let voice = say_voice(&voice);
        Ok(Self { reference, to, from, text, voice, acknowledge, on_machine })
    }
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

/// Calls that were placed.
pub(super) type Alerts = Remembered<Alert>;

impl Order for Alert {
    type Receipt = Created;
    type Shown = Placed;

    fn taken(&mut self, created: Created) {
        self.placed.call_sid = Some(created.sid);
        self.placed.begin(created.status.as_str());
    }

    fn unknown(&mut self) {
        self.placed.begin("unknown");
    }

    fn shown(&self) -> Placed {
        self.placed.clone()
    }
}

impl Placed {
    /// The first state, unless a callback was faster.
    fn begin(&mut self, status: &str) {
        if self.status == PLACING {
            status.clone_into(&mut self.status);
        }
    }
}

impl Alert {
    /// As it is before it is placed.
    fn of(wanted: &Wanted) -> Self {
        let reference = wanted.reference.as_str().to_owned();
        Self {
            placed: Placed { reference, status: PLACING.to_owned(), ..Placed::default() },
            text: wanted.text.clone(),
            voice: wanted.voice.clone(),
            on_machine: wanted.on_machine,
        }
    }
}

/// Where Twilio tells of the call: `status`, `answered-by` or `key`.
fn callback(app: &App, wanted: &Wanted, what: &str) -> String {
    app.config.webhook_url(&format!("{OUTBOUND_PATH}/{}/{what}", wanted.reference.as_str()))
}

/// `POST /api/voice/outbound`
pub(super) async fn place(
    State(app): State<Arc<App>>,
    _: Internal,
    body: Bytes,
) -> Result<(StatusCode, Json<Placed>), Refused> {
    let wanted: Wanted = serde_json::from_slice(&body).map_err(Refused::wrong)?;
    let twilio = app.twilio_or("no call can be placed")?.clone();
    let xml = document(&app, &wanted)?;
    let (reference, alert) = (wanted.reference.clone(), Alert::of(&wanted));
    let told = ["status", "answered-by"].map(|what| callback(&app, &wanted, what));
    app.alerts.once(&app.tasks, &reference, alert, submit(twilio, wanted, xml, told)).await
}

/// Has Twilio place the call.
async fn submit(
    twilio: TwilioRest,
    wanted: Wanted,
    xml: String,
    [status, amd]: [String; 2],
) -> Result<Created, RestError> {
    let reference = wanted.reference.as_str();
    let call = NewCall {
        to: &wanted.to,
        from: &wanted.from,
        instructions: Instructions::Twiml(&xml),
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
    match &created {
        Ok(created) => {
            tracing::info!(reference, call_sid = created.sid, to = %Redacted(&wanted.to), "a call is placed");
        }
        Err(error) => tracing::error!(reference, %error, "a call is not placed"),
    }
    created
}

/// Says the text; asks for a key; says the text once more.
fn document(app: &App, wanted: &Wanted) -> Result<String, Refused> {
    let Wanted { text, voice, .. } = wanted;
    let xml = match wanted.acknowledge {
        false => Twiml::new().say(voice, text).pause(1).say(voice, text).hang_up(),
        true => {
            let action = callback(app, wanted, "key");
            let text = format!("{text} {PRESS}");
            let gather = GatherVerb { action: &action, digits: Some(1), speech: true, timeout_s: 5 };
            Twiml::new().gather(gather, voice, &text).gather(gather, voice, &text).hang_up()
        }
    };
    if xml.chars().count() > MAX_TWIML_CHARS {
        let length = text.chars().count();
        return Err(Refused::wrong(format!("text has {length} characters: too long to be said")));
    }
    Ok(xml)
}

/// `GET /api/voice/outbound/{reference}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    _: Internal,
) -> Result<Json<Placed>, Refused> {
    app.alerts.show(&reference)
}

/// `POST /api/voice/outbound/{reference}/key`: a key or a word says that it was heard.
pub(super) async fn key(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    Signed(gathered): Signed<Gathered>,
) -> Response {
    let answer = gathered.digits.or(gathered.speech);
    let voice = app.alerts.with(&reference, |alert| {
        if alert.placed.acknowledged.is_none() {
            alert.placed.acknowledged.clone_from(&answer);
        }
        alert.voice.clone()
    });
    let thanks = if answer.is_some() { HEARD } else { "" };
    twiml(Twiml::new().say(&voice.unwrap_or_else(|| say_voice("")), thanks).hang_up())
}

/// `POST /api/voice/outbound/{reference}/answered-by`: a person or a machine.
pub(super) async fn answered_by(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    Signed(told): Signed<AmdCallback>,
) -> StatusCode {
    let message = app.alerts.with(&reference, |alert| {
        alert.placed.answered_by = Some(told.answered_by.as_str());
        let leaves = alert.on_machine == OnMachine::LeaveMessage && told.answered_by.takes_messages();
        leaves.then(|| Twiml::new().say(&alert.voice, &alert.text).hang_up())
    });
    let (Some(message), Some(twilio)) = (message, &app.twilio) else { return StatusCode::NO_CONTENT };
    let done = match message {
        // From its beginning: what was said before was said to an announcement.
        Some(xml) => twilio.redirect_call(&told.call_sid, Instructions::Twiml(&xml)).await.map(drop),
        None if told.answered_by.is_nobody() => twilio.hang_up(&told.call_sid).await.map(drop),
        None => Ok(()),
    };
    if let Err(error) = done {
        tracing::error!(reference, call_sid = told.call_sid, %error, "a machine goes on");
    }
    StatusCode::NO_CONTENT
}

/// `POST /api/voice/outbound/{reference}/status`
pub(super) async fn status(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    Signed(told): Signed<StatusCallback>,
) -> StatusCode {
    app.alerts.with(&reference, |alert| {
        alert.placed.call_sid.get_or_insert(told.call_sid);
        // Callbacks come out of order; an end is final.
        let over = CallStatus::parse(&alert.placed.status).is_some_and(CallStatus::is_final);
        if !over {
            told.status.as_str().clone_into(&mut alert.placed.status);
        }
    });
    StatusCode::NO_CONTENT
}
