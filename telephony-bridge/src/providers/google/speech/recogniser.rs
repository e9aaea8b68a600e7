//! Opens streams, and learns which model the service has.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tonic::codegen::http::Uri;
use tonic::codegen::http::uri::InvalidUri;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use super::api::Api;
use super::stream::SpeechStream;
use crate::providers::google::auth::Auth;
use crate::providers::net::{ProviderError, Reason};
use crate::providers::recognition::Recogniser;

/// How the caller's words are recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechSettings {
    /// `https://speech.googleapis.com`; `http://` for a stand-in.
    pub endpoint: String,
    /// BCP 47, `he-IL`.
    pub language: String,
    /// The model to ask for; `None`: the service chooses. No telephone model knows Hebrew.
    pub model: Option<String>,
    /// Phrases of the business, which are likelier than others.
    pub phrases: Vec<String>,
    /// How much likelier, 0 to 20.
    pub boost: f32,
    /// v2: the project that pays.
    pub project: String,
    /// v2: the region, `global`.
    pub region: String,
}

impl Default for SpeechSettings {
    fn default() -> Self {
        Self {
            endpoint: "https://speech.googleapis.com".to_owned(),
            language: "he-IL".to_owned(),
            model: None,
            phrases: Vec::new(),
            boost: 10.0,
            project: String::new(),
            region: "global".to_owned(),
        }
    }
}

impl SpeechSettings {
    /// v2: the recogniser that each request describes itself.
    pub(super) fn recogniser_path(&self) -> String {
        format!("projects/{}/locations/{}/recognizers/_", self.project, self.region)
    }
}

/// An endpoint that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// No URL.
    #[error("`{0}` is not a URL: {1}")]
    Url(String, InvalidUri),
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(#[from] tonic::transport::Error),
}

/// How long reaching the service may take.
const CONNECT: Duration = Duration::from_secs(1);
/// An HTTP/2 ping so often, so that a dead connection is noticed before a caller does…
const PING: Duration = Duration::from_secs(20);
/// …and how long it may stay unanswered.
const PONG: Duration = Duration::from_secs(5);

/// Google Speech-to-Text, for all calls.
#[derive(Debug)]
pub struct GoogleSpeech<A> {
    provider: &'static str,
    endpoint: Endpoint,
    /// Made by the first call: it needs a runtime.
    channel: OnceLock<Channel>,
    auth: Arc<Auth>,
    settings: SpeechSettings,
    /// The model was refused: go on without.
    without_model: AtomicBool,
    api: PhantomData<A>,
}

impl<A: Api> GoogleSpeech<A> {
    /// Does not connect yet. `provider` is its name in a chain.
    ///
    /// # Errors
    /// [`SpeechError`].
    pub fn new(
        provider: &'static str,
        settings: SpeechSettings,
        auth: Arc<Auth>,
    ) -> Result<Self, SpeechError> {
        let uri: Uri =
            settings.endpoint.parse().map_err(|error| SpeechError::Url(settings.endpoint.clone(), error))?;
        let mut endpoint = Endpoint::from(uri)
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(PING)
            .keep_alive_timeout(PONG)
            .keep_alive_while_idle(true);
        if settings.endpoint.starts_with("https") {
            endpoint = endpoint.tls_config(ClientTlsConfig::new().with_webpki_roots())?;
        }
        Ok(Self {
            provider,
            endpoint,
            channel: OnceLock::new(),
            auth,
            settings,
            without_model: AtomicBool::new(false),
            api: PhantomData,
        })
    }

    fn model(&self) -> Option<&str> {
        let model = self.settings.model.as_deref();
        model.filter(|_| !self.without_model.load(Ordering::Relaxed))
    }
}

impl<A: Api> Recogniser for GoogleSpeech<A> {
    type Stream = SpeechStream<A>;
    /// A stream on the shared connection is open at once.
    const KEEP_ALIVE: Option<Duration> = None;

    async fn open(&self) -> Result<SpeechStream<A>, ProviderError> {
        let headers =
            self.auth.headers().await.map_err(|e| ProviderError { provider: self.provider, ..e })?;
        let first = A::configuration(&self.settings, self.model());
        let channel = self.channel.get_or_init(|| self.endpoint.connect_lazy());
        Ok(SpeechStream::open(self.provider, channel.clone(), headers, first))
    }

    /// A model that the service does not know for the language is not asked for again (A-AUD-017).
    fn may_retry(&self, error: &ProviderError) -> bool {
        match error.reason {
            Reason::Rejected if error.detail.starts_with("InvalidArgument") && self.model().is_some() => {
                self.without_model.store(true, Ordering::Relaxed);
                tracing::warn!(model = self.settings.model, %error, "going on without the model");
                true
            }
            Reason::Quota { .. } | Reason::Expired | Reason::Rejected | Reason::Overrun => false,
            _ => true,
        }
    }
}
