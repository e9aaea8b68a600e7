//! Opens streams, and learns which model the service has.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::api::Api;
use super::settings::SpeechSettings;
use super::stream::SpeechStream;
use crate::providers::google::auth::Auth;
use crate::providers::google::grpc::{Call, Connection, EndpointError};
use crate::providers::net::{ProviderError, Reason};
use crate::providers::recognition::{Recogniser, is_passing};

/// Google Speech-to-Text, for all calls.
#[derive(Debug)]
pub struct GoogleSpeech<A> {
    provider: &'static str,
    connection: Connection,
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
    /// [`EndpointError`].
    pub fn new(
        provider: &'static str,
        settings: SpeechSettings,
        auth: Arc<Auth>,
    ) -> Result<Self, EndpointError> {
        let connection = Connection::new(&settings.endpoint)?;
        Ok(Self {
            provider,
            connection,
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

    async fn open_with(&self, vocabulary: &[String]) -> Result<SpeechStream<A>, ProviderError> {
        let mut headers =
            self.auth.headers().await.map_err(|e| ProviderError { provider: self.provider, ..e })?;
        // A path is percent-encoded: it is always a header's value.
        if let Some(routing) = A::routing(&self.settings).and_then(|value| value.parse().ok()) {
            headers.insert("x-goog-request-params", routing);
        }
        let first = A::configuration(&self.settings, self.model(), vocabulary);
        let call = Call::open(self.provider, &self.connection, A::PATH, headers, first);
        Ok(SpeechStream::new(self.provider, call))
    }

    /// A model that the service does not know for the language is not asked for again (A-AUD-017).
    fn may_retry(&self, error: &ProviderError) -> bool {
        match error.reason {
            Reason::Rejected if error.detail.starts_with("InvalidArgument") && self.model().is_some() => {
                self.without_model.store(true, Ordering::Relaxed);
                tracing::warn!(model = self.settings.model, %error, "going on without the model");
                true
            }
            reason => is_passing(reason),
        }
    }
}
