//! A running service: what requests share, how it starts and how it stops.

use std::future::{Future, IntoFuture as _, pending};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::serve::ListenerExt as _;
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::config::{Config, Settings};
use crate::db::Db;
use crate::error::Error;
use crate::http;
use crate::metrics::Metrics;
use crate::routing::number;
use crate::routing::token::CallTokens;
use crate::tenancy::{TenantCtx, tenants};

/// How long the database may take to let go at the end.
const CLOSING: Duration = Duration::from_secs(5);

/// What requests share.
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) settings: Settings,
    /// SHA-256 of the internal token: compared in constant time, of equal length always.
    pub(crate) internal_token: [u8; 32],
    pub(crate) call_tokens: CallTokens,
    /// Owner of numbers that nobody owns, on installs of a single business.
    pub(crate) default_business: Option<TenantCtx>,
    pub(crate) metrics: Metrics,
    pub(crate) started: Instant,
}

impl App {
    async fn start(config: &Config) -> Result<Self, Error> {
        let token = config.internal_token()?;
        if token.expose_secret().len() < 16 {
            tracing::warn!("INTERNAL_API_TOKEN is shorter than 16 characters: choose a longer secret");
        }
        number::warm_up();
        let db = Db::open(&config.database_url, config.settings.db_connections).await?;
        let default_business = default_business(&db, &config.settings).await?;
        Ok(Self {
            db,
            settings: config.settings.clone(),
            internal_token: Sha256::digest(token.expose_secret().as_bytes()).into(),
            call_tokens: CallTokens::new(config.call_token_secret.as_ref().unwrap_or(token)),
            default_business,
            metrics: Metrics::new()?,
            started: Instant::now(),
        })
    }
}

async fn default_business(db: &Db, settings: &Settings) -> Result<Option<TenantCtx>, Error> {
    let Some(slug) = &settings.default_business else {
        return Ok(None);
    };
    let mut tx = db.read().await?;
    let tenant = tenants::find(&mut tx, slug).await?;
    tx.commit().await?;
    tenant.map(Some).ok_or_else(|| Error::Config {
        setting: "DEFAULT_BUSINESS",
        problem: format!("there is no business with slug {slug:?}"),
    })
}

/// Serves on `listener` until `shutdown` completes; then running requests finish, at most
/// [`Settings::shutdown_grace_ms`], and the database is closed.
///
/// Opens the database and brings its schema up to date first, so a listener that is already bound
/// keeps early callers waiting, not refused.
///
/// # Errors
/// [`Error::Config`] without an internal token or with an unknown default business, [`Error::Open`] and
/// [`Error::Migration`] for the database, [`Error::Listen`] when the socket fails.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let app = Arc::new(App::start(&config).await?);
    let address = listener.local_addr()?;
    tracing::info!(%address, database = app.db.kind(), version = env!("CARGO_PKG_VERSION"), "listening");

    // Small answers leave at once instead of waiting for more to send.
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
    });
    let (closing, closed) = oneshot::channel();
    let server = axum::serve(listener, http::router(Arc::clone(&app)))
        .with_graceful_shutdown(async move {
            shutdown.await;
            tracing::info!("shutting down");
            // Nobody listens any more when the server has failed already.
            let _ = closing.send(());
        })
        .into_future();
    let grace = Duration::from_millis(app.settings.shutdown_grace_ms);
    let patience = async move {
        match closed.await {
            Ok(()) => tokio::time::sleep(grace).await,
            Err(_) => pending().await,
        }
    };
    tokio::select! {
        served = server => served?,
        () = patience => tracing::warn!("requests still running after {} ms are dropped", grace.as_millis()),
    }
    if tokio::time::timeout(CLOSING, app.db.close()).await.is_err() {
        tracing::warn!("the database did not close in time");
    }
    Ok(())
}
