//! OpenAI's Realtime API: a model that hears the caller and speaks itself, over one WebSocket a session
//! (<https://platform.openai.com/docs/guides/realtime>). µ-law goes both ways as it is.
//!
//! - **The call's session decides.** When a turn is over, whether the caller interrupts and how much was heard
//!   follows from the bridge's own signal chain; the server is told. It never answers or interrupts by itself.
//! - **What was heard is what the model knows.** An answer that was cut off is truncated where the caller
//!   stopped hearing it before the next one is asked for; one of which nothing was heard is deleted.
//! - **A session is replaced** before it ends, at a quiet moment, and after it broke: the next one is told what
//!   was said so far, and hears again the turn at hand. Where that takes too long the chain takes over.

mod answer;
mod brief;
mod call;
mod events;
mod items;
mod link;
mod log;
mod responses;
mod sessions;
mod settings;
mod task;
mod turns;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

pub use brief::Brief;
pub use call::RealtimeCall;
pub use settings::{RealtimeSettings, TurnDetection};

use super::NAME;
use crate::providers::net::{Health, Phase, ProviderError, Reason};
use crate::providers::recognition::socket::Socket;

/// A speech-to-speech model, for all calls of the process.
#[derive(Debug)]
pub struct RealtimeModel {
    settings: RealtimeSettings,
    url: String,
    key: SecretString,
    health: Arc<Health>,
}

impl RealtimeModel {
    /// Does not connect yet. A stand-in may want no key: then it is empty.
    pub fn new(settings: RealtimeSettings, key: SecretString, health: Arc<Health>) -> Self {
        Self { url: settings.url(), settings, key, health }
    }

    /// How it is doing.
    pub fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// Has a session set up, and ends it.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn probe(&self) -> Result<(), ProviderError> {
        let update = wire::session_update(&self.settings, &Brief::default(), &[]);
        task::open(self, vec![update]).await.map(drop)
    }

    async fn connect(&self) -> Result<Socket, ProviderError> {
        Socket::connect(NAME, &self.url, "Bearer", &self.key).await
    }

    fn error(&self, phase: Phase, reason: Reason, limit: Duration) -> ProviderError {
        let detail = format!("nothing within {} ms", limit.as_millis());
        ProviderError::new(NAME, phase, reason, detail).redacted(self.key.expose_secret())
    }
}
