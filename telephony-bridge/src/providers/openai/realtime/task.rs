//! The socket of one session, in a task of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::RealtimeModel;
use super::wire::{self, Event};
use crate::providers::net::{Inbox, Outbox, Phase, ProviderError, Reason, numbers};
use crate::providers::recognition::socket::{Incoming, Socket};

/// Reaching the server and having the session set up.
const OPEN_LIMIT: Duration = Duration::from_secs(5);
/// Sending a message, where the far end does not read.
const SEND_LIMIT: Duration = Duration::from_secs(2);

/// What the task delivers.
#[derive(Debug)]
pub(super) enum Report {
    /// The session is set up; when it ends, in s since 1970.
    Live { expires_at: Option<i64> },
    /// Something happened.
    Event(Event),
    /// It is over.
    Lost(ProviderError),
}

/// Opens a session: its settings, then what was said before. Returns the socket and when the session ends.
pub(super) async fn open(
    model: &RealtimeModel,
    first: Vec<String>,
) -> Result<(Socket, Option<i64>), ProviderError> {
    let opening = async {
        let mut socket = model.connect().await?;
        for message in first {
            socket.send_text(message).await?;
        }
        let mut expires = None;
        loop {
            match next(&mut socket).await? {
                Event::Session { updated, expires_at } => {
                    expires = expires_at.or(expires);
                    if updated {
                        return Ok((socket, expires));
                    }
                }
                Event::Error { kind, code, message } => {
                    let reason = reason_of(&kind, &code).unwrap_or(Reason::Rejected);
                    let detail = format!("{kind} {code}: {message}");
                    return Err(socket.error(Phase::Request, reason, &detail));
                }
                _ => {}
            }
        }
    };
    match tokio::time::timeout(OPEN_LIMIT, opening).await {
        Ok(result) => result,
        Err(_) => Err(model.error(Phase::Connect, Reason::Slow, OPEN_LIMIT)),
    }
}

/// Runs a session to its end: messages in, events out.
pub(super) async fn run(
    model: Arc<RealtimeModel>,
    first: Vec<String>,
    mut inbox: Inbox<String>,
    outbox: Outbox<Report>,
) {
    let begun = Instant::now();
    let (mut socket, expires_at) = match open(&model, first).await {
        Ok(opened) => opened,
        Err(error) => {
            outbox.send(Report::Lost(error)).await;
            return;
        }
    };
    metrics::histogram!(numbers::SETUP).record(begun.elapsed().as_secs_f64());
    let _counted = Counted::begin();
    if !outbox.send(Report::Live { expires_at }).await {
        return;
    }
    let lost = loop {
        tokio::select! {
            message = inbox.recv() => {
                let Some(message) = message else { return };
                match tokio::time::timeout(SEND_LIMIT, socket.send_text(message)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => break error,
                    Err(_) => break model.error(Phase::Request, Reason::Overrun, SEND_LIMIT),
                }
            }
            event = next(&mut socket) => match event {
                Ok(Event::Other) => {}
                Ok(event) => {
                    if !outbox.send(Report::Event(event)).await {
                        return;
                    }
                }
                Err(error) => break error,
            }
        }
    };
    outbox.send(Report::Lost(lost)).await;
}

/// A session that exists. However its task ends, it is counted no longer.
struct Counted;

impl Counted {
    fn begin() -> Self {
        metrics::gauge!(numbers::SESSIONS_LIVE).increment(1.0);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!(numbers::SESSIONS_LIVE).decrement(1.0);
    }
}

/// The next message. Cancel safe.
async fn next(socket: &mut Socket) -> Result<Event, ProviderError> {
    match socket.next().await? {
        Some(Incoming::Text(text)) => wire::parse(&text).map_err(|error| {
            let detail = format!("{error}: {text}");
            socket.error(Phase::Answer, Reason::Garbage, &detail)
        }),
        Some(Incoming::Close(code, why)) => {
            let detail = format!("closed: {code} {why}");
            Err(socket.error(Phase::Answer, Reason::Dropped, &detail))
        }
        None => Err(socket.error(Phase::Answer, Reason::Dropped, "closed without a word")),
    }
}

/// Does this error end the session, and why? Most only say that a message came too late.
pub(super) fn reason_of(kind: &str, code: &str) -> Option<Reason> {
    match (kind, code) {
        (_, "session_expired") => Some(Reason::Dropped),
        (_, "rate_limit_exceeded" | "insufficient_quota") | ("insufficient_quota", _) => {
            Some(Reason::Quota { retry_after: None })
        }
        (_, "invalid_api_key") | ("authentication_error" | "permission_error", _) => Some(Reason::Expired),
        (_, "beta_api_shape_disabled" | "model_not_found") => Some(Reason::Rejected),
        ("server_error", _) => Some(Reason::Server),
        _ => None,
    }
}
