//! What every request and every call of one bridge shares.

use std::sync::Arc;
use std::time::Instant;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;

use super::board::Board;
use super::call::CallRunner;
use super::registry::Registry;
use crate::config::Config;
use crate::crm::{CrmClient, Outbox};

/// Sockets that have not yet shown a token, beyond one for each place.
const SPARE_SOCKETS: usize = 32;

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
    pub fn new(
        config: Config,
        crm: CrmClient,
        outbox: Outbox,
        metrics: PrometheusHandle,
        runner: Arc<dyn CallRunner>,
    ) -> Self {
        let max_calls = config.max_calls;
        Self {
            config,
            crm,
            outbox,
            registry: Arc::new(Registry::new(max_calls)),
            board: Arc::default(),
            metrics,
            runner,
            sockets: Arc::new(Semaphore::new(max_calls + SPARE_SOCKETS)),
            started: Instant::now(),
        }
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}
