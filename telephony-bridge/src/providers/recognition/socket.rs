//! The WebSocket of a recogniser.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls_pki_types::ServerName;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::providers::net::{Phase, ProviderError, Reason, tls_config};

/// Longest message read, in bytes.
const MAX_MESSAGE: usize = 1024 * 1024;

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A message of the far end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// Text.
    Text(String),
    /// The far end closes, with a code and a sentence.
    Close(u16, String),
}

/// A connection to a provider.
pub(crate) struct Socket {
    provider: &'static str,
    key: SecretString,
    stream: WebSocketStream<Box<dyn Io>>,
}

impl Socket {
    /// Connects to `url` (`wss://` or, for a stand-in, `ws://`) with `authorization`. Not bounded in time.
    pub(crate) async fn connect(
        provider: &'static str,
        url: &str,
        scheme: &str,
        key: &SecretString,
    ) -> Result<Self, ProviderError> {
        let fail = |phase, reason, detail: &str| {
            ProviderError::new(provider, phase, reason, detail).redacted(key.expose_secret())
        };
        let bad_url = |detail: &str| fail(Phase::Connect, Reason::Rejected, detail);
        let mut request = url.into_client_request().map_err(|error| bad_url(&error.to_string()))?;
        // A stand-in may want none.
        if !key.expose_secret().is_empty() {
            let mut authorization = HeaderValue::from_str(&format!("{scheme} {}", key.expose_secret()))
                .map_err(|_| fail(Phase::Authorise, Reason::Expired, "the key holds what no header can"))?;
            authorization.set_sensitive(true);
            request.headers_mut().insert("authorization", authorization);
        }
        let stream =
            reach(request.uri()).await.map_err(|(reason, detail)| fail(Phase::Connect, reason, &detail))?;
        let config =
            WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        match client_async_with_config(request, stream, Some(config)).await {
            Ok((stream, _)) => Ok(Self { provider, key: key.clone(), stream }),
            Err(Error::Http(response)) => {
                let status = response.status().as_u16();
                let body = response.body().as_deref().unwrap_or_default();
                let detail = format!("{status}: {}", String::from_utf8_lossy(body));
                let reason = reason_of(status);
                let phase = if reason == Reason::Expired { Phase::Authorise } else { Phase::Request };
                Err(fail(phase, reason, &detail))
            }
            Err(error) => Err(fail(Phase::Connect, broken(&error), &error.to_string())),
        }
    }

    pub(crate) async fn send_text(&mut self, text: String) -> Result<(), ProviderError> {
        self.send(Message::Text(text.into())).await
    }

    pub(crate) async fn send_binary(&mut self, bytes: Vec<u8>) -> Result<(), ProviderError> {
        self.send(Message::Binary(bytes.into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), ProviderError> {
        match self.stream.send(message).await {
            // It is closing: what the far end said about it is still to be read.
            Ok(())
            | Err(
                Error::ConnectionClosed
                | Error::AlreadyClosed
                | Error::Protocol(ProtocolError::SendAfterClosing),
            ) => Ok(()),
            Err(error) => Err(self.error(Phase::Request, broken(&error), &error.to_string())),
        }
    }

    /// The next message; `None` when the connection has ended in all form. Cancel safe.
    pub(crate) async fn next(&mut self) -> Result<Option<Incoming>, ProviderError> {
        loop {
            return match self.stream.next().await {
                None | Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => Ok(None),
                Some(Ok(Message::Text(text))) => Ok(Some(Incoming::Text(text.as_str().to_owned()))),
                Some(Ok(Message::Close(frame))) => Ok(Some(match frame {
                    Some(frame) => Incoming::Close(frame.code.into(), frame.reason.as_str().to_owned()),
                    None => Incoming::Close(1005, String::new()),
                })),
                // Pings are answered by the library. None of the protocols here sends binary messages.
                Some(Ok(_)) => continue,
                Some(Err(error)) => Err(self.error(Phase::Answer, broken(&error), &error.to_string())),
            };
        }
    }

    /// An error of this provider, without the key.
    pub(crate) fn error(&self, phase: Phase, reason: Reason, detail: &str) -> ProviderError {
        ProviderError::new(self.provider, phase, reason, detail).redacted(self.key.expose_secret())
    }
}

async fn reach(uri: &Uri) -> Result<Box<dyn Io>, (Reason, String)> {
    let host = uri.host().ok_or_else(|| (Reason::Rejected, "the URL has no host".to_owned()))?;
    // An IPv6 address stands in brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let secure = uri.scheme_str() == Some("wss");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let refused = |error: std::io::Error| (Reason::Refused, format!("{host}:{port}: {error}"));
    let tcp = match host.parse() {
        Ok(address) => TcpStream::connect(SocketAddr::new(address, port)).await,
        Err(_) => TcpStream::connect((host, port)).await,
    };
    let tcp = tcp.map_err(refused)?;
    tcp.set_nodelay(true).map_err(refused)?;
    if !secure {
        return Ok(Box::new(tcp));
    }
    let tls = tls_config().map_err(|error| (Reason::Refused, format!("TLS: {error}")))?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| (Reason::Rejected, format!("`{host}` is no host name")))?;
    let stream = TlsConnector::from(tls).connect(name, tcp).await;
    stream.map(|stream| Box::new(stream) as Box<dyn Io>).map_err(refused)
}

/// What a status of HTTP says, or one that a provider sends in a message.
pub(crate) const fn reason_of(status: u16) -> Reason {
    match status {
        401 | 403 => Reason::Expired,
        402 | 429 => Reason::Quota { retry_after: None },
        // The request took too long, or cannot go on: another stream will do.
        408 | 503 => Reason::Dropped,
        500..=599 => Reason::Server,
        400..=499 => Reason::Rejected,
        _ => Reason::Garbage,
    }
}

fn broken(error: &Error) -> Reason {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::ConnectionClosed | Error::AlreadyClosed => Reason::Dropped,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::HandshakeIncomplete) => {
            Reason::Dropped
        }
        _ => Reason::Garbage,
    }
}
