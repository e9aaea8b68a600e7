//! The media socket: from the handshake to the moment a driver takes over (A-PLT-004, A-PLT-005).
//!
//! A stranger gets as far as 403. Somebody with Twilio's signature gets five seconds to send
//! `start` with the token of that very call; a token opens one stream (S-TEL-001, S-TEL-002).

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message as WsMessage, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use crm_api::{CallEventKind, EndReason};
use tokio::sync::OwnedSemaphorePermit;

use super::door::{asked_path, signature};
use super::wall_clock::unix_ms;
use super::{AcceptedStream, App, StreamRefused};
use crate::metrics as names;
use crate::twilio::{Body, CLOSE_POLICY, MAX_MESSAGE_BYTES, SUBPROTOCOL, StartInfo, parse, verify_handshake};

/// From the handshake to `start`.
const START_DEADLINE: Duration = Duration::from_secs(5);
/// For the far end to take note of a refusal.
const CLOSE_DEADLINE: Duration = Duration::from_secs(1);
/// Messages before `start`: one is usual.
const MAX_PREAMBLE: usize = 16;
/// What a slow reader may leave unsent, in bytes, before sends fail.
const MAX_UNSENT: usize = 1 << 20;
/// Read at once, in bytes: five messages. The buffer is cleared before every read, so its usual 128 KiB
/// would be a seventh of what a call costs.
const READ_BUFFER: usize = 2 << 10;

/// Why a socket is closed before a driver sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    StartTimeout,
    TooMuchBeforeStart,
    Malformed,
    Token,
    Duplicate,
    /// The far end went away by itself.
    Gone,
}

impl Refusal {
    /// The metric's word and the close frame's sentence.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::StartTimeout => ("start_timeout", "no `start` within 5 s"),
            Self::TooMuchBeforeStart => ("preamble", "too many messages before `start`"),
            Self::Malformed => ("malformed", "`start` is malformed"),
            Self::Token => ("token", "the token is missing, used or not that of the call"),
            Self::Duplicate => ("duplicate", "the call has a stream already"),
            Self::Gone => ("gone", ""),
        }
    }
}

/// `GET /media` and `GET /` with an upgrade.
pub(super) async fn media(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Some(token) = app.config.auth_token() {
        let signature = signature(&headers);
        let url = app.config.socket_url(asked_path(&uri));
        if !signature.as_deref().is_some_and(|signature| verify_handshake(token, signature, &url)) {
            count("signature");
            tracing::warn!(url, given = signature.is_some(), "handshake refused: signature");
            return (StatusCode::FORBIDDEN, "the signature is not Twilio's").into_response();
        }
    }
    let Ok(permit) = Arc::clone(&app.sockets).try_acquire_owned() else {
        count("overload");
        tracing::warn!("handshake refused: too many sockets");
        return (StatusCode::SERVICE_UNAVAILABLE, "too many sockets").into_response();
    };
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .read_buffer_size(READ_BUFFER)
        .max_write_buffer_size(MAX_UNSENT)
        .on_failed_upgrade(|error| tracing::warn!(%error, "the upgrade failed"))
        .on_upgrade(move |socket| stream(app, socket, permit))
}

/// One stream from its first message to its end.
async fn stream(app: Arc<App>, mut socket: WebSocket, _permit: OwnedSemaphorePermit) {
    let start = match tokio::time::timeout(START_DEADLINE, await_start(&mut socket)).await {
        Ok(Ok(start)) => start,
        Ok(Err(refusal)) => return refuse(socket, refusal, None).await,
        Err(_) => return refuse(socket, Refusal::StartTimeout, None).await,
    };
    let token = start.parameters.get("token").map_or("", String::as_str);
    let (call, live) = match app.registry.connect(&start.call_sid, token, Instant::now()) {
        Ok(accepted) => accepted,
        Err(refused) => {
            let refusal = match refused {
                StreamRefused::Token(_) => Refusal::Token,
                StreamRefused::Duplicate => Refusal::Duplicate,
            };
            return refuse(socket, refusal, Some(&start.call_sid)).await;
        }
    };
    count("accepted");
    let call_sid = start.call_sid.clone();
    tracing::info!(call_sid, stream_sid = start.stream_sid, "the stream is up");
    let accepted = AcceptedStream { socket, start, call, signal: live.signal() };
    // A task of its own: a panic ends this call and no other (A-TEL-013, A-TEL-014).
    let driver = tokio::spawn(app.runner.run(Arc::clone(&app), accepted));
    if let Err(error) = driver.await
        && error.is_panic()
    {
        metrics::counter!(names::CALLS_PANICKED).increment(1);
        tracing::error!(call_sid, "the call's driver panicked");
        let kind = CallEventKind::Ended { reason: EndReason::Failed, duration_ms: 0 };
        app.outbox.record(&call_sid, kind, unix_ms());
    }
    drop(live);
    tracing::info!(call_sid, "the stream is over");
}

async fn await_start(socket: &mut WebSocket) -> Result<StartInfo, Refusal> {
    for _ in 0..MAX_PREAMBLE {
        let text = match socket.recv().await {
            Some(Ok(WsMessage::Text(text))) => text,
            Some(Ok(WsMessage::Close(_)) | Err(_)) | None => return Err(Refusal::Gone),
            Some(Ok(_)) => continue,
        };
        match parse(&text).map(|message| message.body) {
            Ok(Body::Start(start)) => return Ok(*start),
            Ok(Body::Stop) => return Err(Refusal::Gone),
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "a malformed message before `start`");
                return Err(Refusal::Malformed);
            }
        }
    }
    Err(Refusal::TooMuchBeforeStart)
}

/// Closes with 1008 and waits a moment for the far end to read it.
async fn refuse(mut socket: WebSocket, refusal: Refusal, call_sid: Option<&str>) {
    let (word, sentence) = refusal.words();
    count(word);
    tracing::warn!(call_sid, reason = word, "stream refused");
    if refusal == Refusal::Gone {
        return;
    }
    let frame = CloseFrame { code: CLOSE_POLICY, reason: sentence.into() };
    let goodbye = async {
        if socket.send(WsMessage::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // Late or not, the socket is dropped now.
    let _ = tokio::time::timeout(CLOSE_DEADLINE, goodbye).await;
}

fn count(result: &'static str) {
    metrics::counter!(names::STREAMS, "result" => result).increment(1);
}
