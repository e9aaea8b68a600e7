//! The service from its start to its end.

use std::future::{Future, IntoFuture as _, pending};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::app::App;
use crate::config::Config;
use crate::error::Error;
use crate::http;

/// How long the database may take to let go at the end.
const CLOSING: Duration = Duration::from_secs(5);

/// Serves on `listener` until `shutdown` completes; then running requests finish, at most
/// [`shutdown_grace_ms`](crate::config::Settings::shutdown_grace_ms), and the database is closed.
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
