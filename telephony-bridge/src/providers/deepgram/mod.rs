//! Deepgram: live transcription over a WebSocket (`/v1/listen`).
//!
//! Source: <https://developers.deepgram.com/reference/speech-to-text/listen-streaming>.

mod message;

use std::time::Duration;

use secrecy::SecretString;

use super::net::{Phase, ProviderError, Reason};
use super::recognition::socket::{Incoming, Socket};
use super::recognition::{Heard, Recogniser, RecogniserStream};
use message::Message;

/// Name in a chain.
pub const NAME: &str = "deepgram";
/// Phrases sent: the service takes 500 tokens of them.
const MAX_PHRASES: usize = 50;

/// How the caller's words are recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeepgramSettings {
    /// `wss://api.deepgram.com`; `ws://` for a stand-in.
    pub endpoint: String,
    /// `nova-3`: the model that knows Hebrew.
    pub model: String,
    /// `he`
    pub language: String,
    /// Phrases of the business, which are likelier than others.
    pub phrases: Vec<String>,
}

impl Default for DeepgramSettings {
    fn default() -> Self {
        Self {
            endpoint: "wss://api.deepgram.com".to_owned(),
            model: "nova-3".to_owned(),
            language: "he".to_owned(),
            phrases: Vec::new(),
        }
    }
}

/// Deepgram, for all calls.
#[derive(Debug)]
pub struct Deepgram {
    url: String,
    key: SecretString,
}

impl Deepgram {
    /// Does not connect yet.
    pub fn new(settings: &DeepgramSettings, key: SecretString) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("model", &settings.model)
            .append_pair("language", &settings.language)
            .append_pair("encoding", "mulaw")
            .append_pair("sample_rate", "8000")
            .append_pair("channels", "1")
            .append_pair("interim_results", "true")
            .append_pair("punctuate", "true")
            // Words are settled at pauses of this many ms: what is not is heard again after a break.
            .append_pair("endpointing", "300");
        for phrase in settings.phrases.iter().take(MAX_PHRASES) {
            query.append_pair("keyterm", phrase);
        }
        let url = format!("{}/v1/listen?{}", settings.endpoint.trim_end_matches('/'), query.finish());
        Self { url, key }
    }
}

impl Recogniser for Deepgram {
    type Stream = DeepgramStream;
    /// The service closes a socket that is silent for 10 s.
    const KEEP_ALIVE: Option<Duration> = Some(Duration::from_secs(4));

    async fn open(&self) -> Result<DeepgramStream, ProviderError> {
        let socket = Socket::connect(NAME, &self.url, "Token", &self.key).await?;
        Ok(DeepgramStream { socket, over: false })
    }
}

/// One socket.
pub struct DeepgramStream {
    socket: Socket,
    /// All audio was sent.
    over: bool,
}

impl std::fmt::Debug for DeepgramStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeepgramStream")
    }
}

impl RecogniserStream for DeepgramStream {
    async fn audio(&mut self, ulaw: &[u8]) -> Result<(), ProviderError> {
        self.socket.send_binary(ulaw.to_vec()).await
    }

    async fn finish(&mut self) -> Result<(), ProviderError> {
        self.over = true;
        self.socket.send_text(message::CLOSE_STREAM.to_owned()).await
    }

    async fn keep_alive(&mut self) -> Result<(), ProviderError> {
        self.socket.send_text(message::KEEP_ALIVE.to_owned()).await
    }

    async fn next(&mut self) -> Result<Option<Heard>, ProviderError> {
        loop {
            let text = match self.socket.next().await? {
                Some(Incoming::Text(text)) => text,
                Some(Incoming::Close(1000 | 1005, _)) | None if self.over => return Ok(None),
                Some(Incoming::Close(code, why)) => {
                    // DATA-0000: audio that it cannot decode. NET-…: it waited or worked for too long.
                    let reason = if code == 1008 { Reason::Rejected } else { Reason::Dropped };
                    return Err(self.socket.error(Phase::Answer, reason, &format!("closed: {code} {why}")));
                }
                None => {
                    return Err(self.socket.error(Phase::Answer, Reason::Dropped, "closed without a word"));
                }
            };
            match message::parse(&text) {
                Ok(Message::Results(heard)) => return Ok(Some(heard)),
                // The last message before it closes.
                Ok(Message::Metadata) if self.over => return Ok(None),
                Ok(Message::Metadata | Message::Other) => {}
                Ok(Message::Error(why)) => {
                    return Err(self.socket.error(Phase::Answer, Reason::Server, &why));
                }
                Err(error) => {
                    let detail = format!("{error}: {text}");
                    return Err(self.socket.error(Phase::Answer, Reason::Garbage, &detail));
                }
            }
        }
    }
}
