//! Messages that the bridge sends for our own services, by the account that places calls (A-TEL-012).
//!
//! `POST /api/messages` names a reference, and the same reference sends one message, however often it is asked for: one
//! bridge knows the newest thousand since it started. It is answered once Twilio has answered: 201; to whoever asks for
//! the same while that is awaited, the same but 200; later, 200 with the message's state. 422: what is asked for makes
//! no sense. 502: Twilio has not taken it, and the reference is free again; or it may have, and the message is `unknown`
//! and not sent again. It is sent, and its state known, though whoever asked went away.
//! Whether somebody may be written to, and when, is the business of whoever asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::App;
use super::answer::Refused;
use super::door::{Internal, Signed};
use super::paths::MESSAGES_PATH;
use super::remembered::{Order, Reference, Remembered};
use crate::logging::Redacted;
use crate::metrics as names;
use crate::twilio::MessageCallback;
use crate::twilio::rest::{Content, MessageStatus, NewMessage, RestError, SentMessage, TwilioRest};

/// The state before Twilio has answered.
const SUBMITTING: &str = "submitting";

/// A message as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// One a message, chosen by whoever asks: letters, digits, `-` and `_`.
    reference: String,
    /// To whom: E.164, or that behind `whatsapp:`.
    to: String,
    /// From which sender of the account, of the same kind.
    from: String,
    /// What it says…
    #[serde(default)]
    text: Option<String>,
    /// …or the template that does, `HX…`…
    #[serde(default)]
    template: Option<String>,
    /// …and what stands for its variables.
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// A message to be sent.
#[derive(Deserialize)]
#[serde(try_from = "Asked")]
struct Wanted {
    reference: Reference,
    to: String,
    from: String,
    says: Says,
}

enum Says {
    Text(String),
    Template(String, BTreeMap<String, String>),
}

impl TryFrom<Asked> for Wanted {
    type Error = String;

    fn try_from(asked: Asked) -> Result<Self, String> {
        let Asked { reference, to, from, text, template, variables } = asked;
        let reference = Reference::parse(reference)?;
        let says = match (text, template) {
            (Some(text), None) if variables.is_empty() => Says::Text(text),
            (None, Some(template)) => Says::Template(template, variables),
            _ => return Err("expected text, or template with its variables".to_owned()),
        };
        Ok(Self { reference, to, from, says })
    }
}

/// How a message goes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Message {
    reference: String,
    /// Absent until Twilio has named it.
    message_sid: Option<String>,
    /// `submitting` until Twilio has answered, then Twilio's word for its state; `unknown` where Twilio may have taken it.
    status: String,
    /// Twilio's number for what went wrong.
    error_code: Option<u32>,
}

/// Messages that were sent.
pub(super) type Messages = Remembered<Message>;

impl Order for Message {
    type Receipt = SentMessage;
    type Shown = Self;

    fn taken(&mut self, sent: SentMessage) {
        self.message_sid = Some(sent.sid);
        // A callback may have been faster.
        self.reach(sent.status);
    }

    fn unknown(&mut self) {
        if self.status == SUBMITTING {
            "unknown".clone_into(&mut self.status);
        }
    }

    fn shown(&self) -> Self {
        self.clone()
    }
}

impl Message {
    /// As it is before it is sent.
    fn of(wanted: &Wanted) -> Self {
        let reference = wanted.reference.as_str().to_owned();
        Self { reference, message_sid: None, status: SUBMITTING.to_owned(), error_code: None }
    }

    /// Callbacks come out of order: what is further on the way stays.
    fn reach(&mut self, status: MessageStatus) {
        if MessageStatus::parse(&self.status).is_none_or(|known| known < status) {
            status.as_str().clone_into(&mut self.status);
        }
    }
}

/// `POST /api/messages`
pub(super) async fn send(
    State(app): State<Arc<App>>,
    _: Internal,
    body: Bytes,
) -> Result<(StatusCode, Json<Message>), Refused> {
    let wanted: Wanted = serde_json::from_slice(&body).map_err(Refused::wrong)?;
    let twilio = app.twilio_or("no message can be sent")?.clone();
    let (reference, message) = (wanted.reference.clone(), Message::of(&wanted));
    let callback = app.config.webhook_url(&format!("{MESSAGES_PATH}/{}/status", reference.as_str()));
    app.messages.once(&app.tasks, &reference, message, submit(twilio, wanted, callback)).await
}

/// Has Twilio send it.
async fn submit(twilio: TwilioRest, wanted: Wanted, callback: String) -> Result<SentMessage, RestError> {
    let Wanted { reference, to, from, says } = &wanted;
    let reference = reference.as_str();
    let content = match says {
        Says::Text(text) => Content::Text(text),
        Says::Template(template, variables) => Content::Template(template, variables),
    };
    let sent = twilio.send_message(&NewMessage { to, from, content, status_callback: Some(&callback) }).await;
    let result = if sent.is_ok() { "sent" } else { "failed" };
    metrics::counter!(names::MESSAGES, "result" => result).increment(1);
    match &sent {
        Ok(sent) => {
            tracing::info!(reference, message_sid = sent.sid, to = %Redacted(to), "a message is sent");
        }
        // The datum is told to whoever asked, and to nobody else.
        Err(RestError::Wrong { field, .. }) => {
            tracing::warn!(reference, field, "a message is not sent: that is wrong");
        }
        Err(error) => tracing::error!(reference, %error, "a message is not sent"),
    }
    sent
}

/// `GET /api/messages/{reference}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    _: Internal,
) -> Result<Json<Message>, Refused> {
    app.messages.show(&reference)
}

/// `POST /api/messages/{reference}/status`
pub(super) async fn status(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    Signed(told): Signed<MessageCallback>,
) -> StatusCode {
    app.messages.with(&reference, |message| {
        message.message_sid.get_or_insert(told.message_sid);
        message.reach(told.status);
        message.error_code = told.error_code.or(message.error_code);
    });
    StatusCode::NO_CONTENT
}
