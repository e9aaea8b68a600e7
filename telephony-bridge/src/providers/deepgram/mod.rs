//! Deepgram: live transcription over a WebSocket (`/v1/listen`).
//!
//! Source: <https://developers.deepgram.com/reference/speech-to-text/listen-streaming>.

mod message;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use secrecy::SecretString;

use super::net::{Phase, ProviderError, Reason};
use super::recognition::socket::{Incoming, Socket};
use super::recognition::{Heard, Recogniser, RecogniserStream, is_passing, likely};
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
    /// Of any call.
    phrases: Vec<String>,
    key: SecretString,
    /// The phrases were refused: go on without.
    without_phrases: AtomicBool,
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
        let url = format!("{}/v1/listen?{}", settings.endpoint.trim_end_matches('/'), query.finish());
        Self { url, phrases: settings.phrases.clone(), key, without_phrases: AtomicBool::new(false) }
    }

    fn sends_phrases(&self) -> bool {
        !self.without_phrases.load(Ordering::Relaxed)
    }

    /// `&keyterm=…` of each phrase.
    fn keyterms(&self, vocabulary: &[String]) -> String {
        let mut query = String::new();
        for phrase in likely(vocabulary, &self.phrases, MAX_PHRASES) {
            query.push_str("&keyterm=");
            query.extend(form_urlencoded::byte_serialize(phrase.as_bytes()));
        }
        query
    }
}

impl Recogniser for Deepgram {
    type Stream = DeepgramStream;
    /// The service closes a socket that is silent for 10 s.
    const KEEP_ALIVE: Option<Duration> = Some(Duration::from_secs(4));

    async fn open_with(&self, vocabulary: &[String]) -> Result<DeepgramStream, ProviderError> {
        let phrases = if self.sends_phrases() { self.keyterms(vocabulary) } else { String::new() };
        let socket = Socket::connect(NAME, &format!("{}{phrases}", self.url), "Token", &self.key).await?;
        Ok(DeepgramStream { socket, over: false })
    }

    /// A model that takes no phrases for the language is not given any again.
    fn may_retry(&self, error: &ProviderError) -> bool {
        match error.reason {
            Reason::Rejected if self.sends_phrases() => {
                self.without_phrases.store(true, Ordering::Relaxed);
                tracing::warn!(%error, "going on without phrases");
                true
            }
            reason => is_passing(reason),
        }
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
