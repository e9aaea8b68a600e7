//! What every request and every call of one bridge shares.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::answer::Refused;
use super::board::Board;
use super::call::CallRunner;
use super::messages::Messages;
use super::outbound::Alerts;
use super::recordings::Recordings;
use super::registry::Registry;
use super::sessions::Sessions;
use crate::config::Config;
use crate::crm::{CrmClient, Outbox};
use crate::twilio::rest::{RestError, TwilioRest};

/// Sockets that have not yet shown a token, beyond one for each place.
const SPARE_SOCKETS: usize = 32;

/// A bridge cannot be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// No client for Twilio's API.
    #[error(transparent)]
    Twilio(#[from] RestError),
    /// The folder of recordings.
    #[error("recordings {path}: {source}")]
    Recordings {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The bridge, apart from its listener.
pub struct App {
    /// The settings.
    pub config: Config,
    /// Asks the CRM.
    pub crm: CrmClient,
    /// Tells the CRM, now or later.
    pub outbox: Outbox,
    /// Calls of this process.
    pub registry: Arc<Registry>,
    /// What they are doing.
    pub board: Arc<Board>,
    /// What other bridges are doing.
    pub sessions: Arc<Sessions>,
    /// Asks Twilio, where there are credentials.
    pub twilio: Option<TwilioRest>,
    /// Calls the bridge placed itself.
    pub(super) alerts: Alerts,
    /// Messages it sent.
    pub(super) messages: Messages,
    /// What goes on though whoever asked for it went away.
    pub(super) tasks: TaskTracker,
    /// Recordings that Twilio keeps for a while.
    pub(super) recordings: Recordings,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// Runs calls.
    pub runner: Arc<dyn CallRunner>,
    /// Bounds open sockets, authenticated or not.
    pub(super) sockets: Arc<Semaphore>,
    pub(super) started: Instant,
}

impl App {
    /// Puts a bridge together.
    ///
    /// # Errors
    /// [`AppError`].
    pub fn new(
        config: Config,
        crm: CrmClient,
        outbox: Outbox,
        metrics: PrometheusHandle,
        runner: Arc<dyn CallRunner>,
    ) -> Result<Self, AppError> {
        let max_calls = config.max_calls;
        let twilio = config.twilio.credentials.clone();
        let twilio = twilio.map(|who| TwilioRest::new(who, config.twilio.options())).transpose()?;
        let dir = config.data_dir.join("recordings");
        let recordings =
            Recordings::open(&dir).map_err(|source| AppError::Recordings { path: dir, source })?;
        Ok(Self {
            twilio,
            alerts: Alerts::default(),
            messages: Messages::default(),
            tasks: TaskTracker::new(),
            sessions: Arc::new(Sessions::new(config.redis.clone())),
            recordings,
            config,
            crm,
            outbox,
            registry: Arc::new(Registry::new(max_calls)),
            board: Arc::default(),
            metrics,
            runner,
            sockets: Arc::new(Semaphore::new(max_calls + SPARE_SOCKETS)),
            started: Instant::now(),
        })
    }

    /// Twilio's API; without credentials, what follows from that.
    pub(super) fn twilio_or(&self, follows: &str) -> Result<&TwilioRest, Refused> {
        self.twilio.as_ref().ok_or_else(|| {
            let why = format!("TWILIO_ACCOUNT_SID is not set: {follows}");
            Refused::new(StatusCode::SERVICE_UNAVAILABLE, why)
        })
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}
