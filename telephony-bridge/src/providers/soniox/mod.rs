//! Soniox: real-time transcription over a WebSocket.
//!
//! Source: <https://soniox.com/docs/stt/api-reference/websocket-api>.

mod message;

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::net::{Phase, ProviderError, Reason};
use super::recognition::socket::{Incoming, Socket, reason_of};
use super::recognition::{Heard, Recogniser, RecogniserStream, likely};
use message::{Message, Words};

/// Name in a chain.
pub const NAME: &str = "soniox";
/// Characters of phrases sent: the service takes 10,000 of context.
const MAX_CONTEXT: usize = 8_000;

/// How the caller's words are recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SonioxSettings {
    /// `wss://stt-rt.soniox.com`; `ws://` for a stand-in.
    pub endpoint: String,
    /// `stt-rt-v4`
    pub model: String,
    /// `he`
    pub language: String,
    /// Phrases of the business, which are likelier than others.
    pub phrases: Vec<String>,
}

impl Default for SonioxSettings {
    fn default() -> Self {
        Self {
            endpoint: "wss://stt-rt.soniox.com".to_owned(),
            model: "stt-rt-v4".to_owned(),
            language: "he".to_owned(),
            phrases: Vec::new(),
        }
    }
}

/// Soniox, for all calls.
#[derive(Debug)]
pub struct Soniox {
    url: String,
    key: SecretString,
    /// The first message, without phrases.
    configuration: Value,
    /// Of any call.
    phrases: Vec<String>,
}

impl Soniox {
    /// Does not connect yet.
    pub fn new(settings: &SonioxSettings, key: SecretString) -> Self {
        let configuration = json!({
            "model": settings.model,
            "audio_format": "mulaw",
            "sample_rate": 8_000,
            "num_channels": 1,
            "language_hints": [settings.language],
            // Words are settled at pauses: what is not is heard again after a break.
            "enable_endpoint_detection": true,
        });
        let url = format!("{}/transcribe-websocket", settings.endpoint.trim_end_matches('/'));
        Self { url, key, configuration, phrases: settings.phrases.clone() }
    }
}

impl Recogniser for Soniox {
    type Stream = SonioxStream;
    /// The service closes a socket that is silent for 20 s.
    const KEEP_ALIVE: Option<Duration> = Some(Duration::from_secs(8));

    async fn open_with(&self, vocabulary: &[String]) -> Result<SonioxStream, ProviderError> {
        let mut configuration = self.configuration.clone();
        let mut room = MAX_CONTEXT;
        let mut terms = likely(vocabulary, &self.phrases, usize::MAX);
        terms.retain(|term| {
            let length = term.chars().count();
            let fits = length <= room;
            room -= if fits { length } else { room };
            fits
        });
        if !terms.is_empty() {
            configuration["context"] = json!({ "terms": terms });
        }
        // The key goes into a header: the service refuses it in the message from 2027 on.
        let mut socket = Socket::connect(NAME, &self.url, "Bearer", &self.key).await?;
        socket.send_text(configuration.to_string()).await?;
        Ok(SonioxStream { socket, words: Words::default(), finished: false })
    }
}

/// One socket.
pub struct SonioxStream {
    socket: Socket,
    words: Words,
    /// The service said its last word.
    finished: bool,
}

impl std::fmt::Debug for SonioxStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SonioxStream")
    }
}

impl RecogniserStream for SonioxStream {
    async fn audio(&mut self, ulaw: &[u8]) -> Result<(), ProviderError> {
        self.socket.send_binary(ulaw.to_vec()).await
    }

    async fn finish(&mut self) -> Result<(), ProviderError> {
        // An empty message ends the audio.
        self.socket.send_text(String::new()).await
    }

    async fn keep_alive(&mut self) -> Result<(), ProviderError> {
        self.socket.send_text(message::KEEP_ALIVE.to_owned()).await
    }

    async fn next(&mut self) -> Result<Option<Heard>, ProviderError> {
        if self.finished {
            return Ok(None);
        }
        let text = match self.socket.next().await? {
            Some(Incoming::Text(text)) => text,
            Some(Incoming::Close(code, why)) => {
                return Err(self.socket.error(
                    Phase::Answer,
                    Reason::Dropped,
                    &format!("closed: {code} {why}"),
                ));
            }
            None => return Err(self.socket.error(Phase::Answer, Reason::Dropped, "closed without a word")),
        };
        match message::parse(&text) {
            Ok(Message::Tokens { tokens, finished }) => {
                self.finished = finished;
                Ok(Some(self.words.add(tokens, finished)))
            }
            Ok(Message::Error { code, why }) => {
                let reason = reason_of(code);
                let phase = if reason == Reason::Expired { Phase::Authorise } else { Phase::Answer };
                Err(self.socket.error(phase, reason, &format!("{code}: {why}")))
            }
            Err(error) => Err(self.socket.error(Phase::Answer, Reason::Garbage, &format!("{error}: {text}"))),
        }
    }
}
