//! Messages that the bridge sends for our own services, by the account that places calls (A-TEL-012).
//!
//! `POST /api/messages` names a reference, and the same reference sends one message, however often it is asked for: one
//! bridge knows the newest thousand since it started. Whether somebody may be written to, and when, is the business of whoever asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::{Deserialize, Serialize};

use super::App;
use super::remembered::{Remembered, check_reference};
use super::routes::{Refused, bad_form, internal, signed_form};
use crate::logging::Redacted;
use crate::metrics as names;
use crate::twilio::MessageCallback;
use crate::twilio::rest::{Content, MessageStatus, NewMessage, RestError};

/// Where they are.
pub(super) const MESSAGES_PATH: &str = "/api/messages";

/// A message to be sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
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

/// How a message goes.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Message {
    reference: String,
    /// Absent until Twilio has named it.
    message_sid: Option<String>,
    /// `submitting` until Twilio has answered, then Twilio's word for its state; `unknown` where Twilio may have taken it.
    status: String,
    /// Twilio's number for what went wrong.
    error_code: Option<u32>,
}

/// Messages that were sent, the newest thousand.
pub(super) type Messages = Remembered<Message>;

/// `POST /api/messages`
pub(super) async fn send(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Message>), Refused> {
    internal(&app, &headers)?;
    let wrong = |why: String| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, why);
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|error| wrong(error.to_string()))?;
    check_reference(&wanted.reference).map_err(wrong)?;
    if wanted.content().is_none() {
        return Err(wrong("expected text, or template with its variables".to_owned()));
    }
    if app.twilio.is_none() {
        let why = "TWILIO_ACCOUNT_SID is not set: no message can be sent".to_owned();
        return Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, why));
    }
    let reference = wanted.reference.clone();
    let begun =
        || Message { reference: reference.clone(), status: "submitting".to_owned(), ..Message::default() };
    let is_new = app.messages.begin(&reference, begun);
    if is_new {
        // Whoever asks may go away: what becomes of the message is known all the same.
        let submitted = tokio::spawn(submit(Arc::clone(&app), wanted)).await;
        submitted.map_err(|error| {
            Refused::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the message's task ended: {error}"))
        })??;
    }
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, answer(&app, &reference)?))
}

impl Wanted {
    /// `None`: neither a text nor a template, or both.
    fn content(&self) -> Option<Content<'_>> {
        match (&self.text, &self.template) {
            (Some(text), None) if self.variables.is_empty() => Some(Content::Text(text)),
            (None, Some(template)) => Some(Content::Template(template, &self.variables)),
            _ => None,
        }
    }
}

/// Has Twilio send it.
async fn submit(app: Arc<App>, wanted: Wanted) -> Result<(), Refused> {
    let (Some(twilio), Some(content)) = (&app.twilio, wanted.content()) else {
        return Ok(()); // both were looked at
    };
    let callback = app.config.webhook_url(&format!("{MESSAGES_PATH}/{}/status", wanted.reference));
    let message =
        NewMessage { to: &wanted.to, from: &wanted.from, content, status_callback: Some(&callback) };
    let sent = twilio.send_message(&message).await;
    let result = if sent.is_ok() { "sent" } else { "failed" };
    metrics::counter!(names::MESSAGES, "result" => result).increment(1);
    match sent {
        Ok(sent) => {
            tracing::info!(reference = wanted.reference, message_sid = sent.sid, to = %Redacted(&wanted.to), "a message is sent");
            app.messages.with(&wanted.reference, |message| {
                message.message_sid = Some(sent.sid);
                message.reach(sent.status);
            });
            Ok(())
        }
        Err(error) => {
            match &error {
                // The datum is told to whoever asked, and to nobody else.
                RestError::Wrong { field, .. } => {
                    tracing::warn!(
                        reference = wanted.reference,
                        field,
                        "a message is not sent: that is wrong"
                    );
                }
                _ => tracing::error!(reference = wanted.reference, %error, "a message is not sent"),
            }
            if error.may_be_done() {
                // Asking again must not send it twice.
                app.messages.with(&wanted.reference, |message| "unknown".clone_into(&mut message.status));
            } else {
                app.messages.forget(&wanted.reference);
            }
            let status = match error {
                RestError::Wrong { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::BAD_GATEWAY,
            };
            Err(Refused::new(status, error.to_string()))
        }
    }
}

impl Message {
    /// Callbacks come out of order: what is further on the way stays.
    fn reach(&mut self, status: MessageStatus) {
        if MessageStatus::parse(&self.status).is_none_or(|known| known < status) {
            status.as_str().clone_into(&mut self.status);
        }
    }
}

fn answer(app: &App, reference: &str) -> Result<Json<Message>, Refused> {
    let message = app.messages.with(reference, |message| message.clone());
    message.map(Json).ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, "no such reference".to_owned()))
}

/// `GET /api/messages/{reference}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Message>, Refused> {
    internal(&app, &headers)?;
    answer(&app, &reference)
}

/// `POST /api/messages/{reference}/status`
pub(super) async fn status(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let form = signed_form(&app, "messages", &uri, &headers, &body)?;
    let told = MessageCallback::try_from(&form).map_err(|error| bad_form("messages", &error))?;
    app.messages.with(&reference, |message| {
        message.message_sid.get_or_insert(told.message_sid);
        message.reach(told.status);
        message.error_code = told.error_code.or(message.error_code);
    });
    Ok(StatusCode::NO_CONTENT)
}
