//! A bridge from its first socket to its last: start, serve, drain.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::{Listener, ListenerExt as _};
use crm_api::{CallEventKind, EndReason};
use tokio::net::{TcpListener, TcpStream};

use super::routes::router;
use super::wall_clock::unix_ms;
use super::{App, AppError, CallRunner, recordings};
use crate::config::Config;
use crate::crm::{CrmClient, CrmError, Outbox, OutboxError, OutboxOptions};
use crate::tape::retain::Sweeper;

/// For calls that were told to end. A driver ends within two seconds.
const END_DEADLINE: Duration = Duration::from_secs(3);
/// For requests that are being answered.
const HTTP_DEADLINE: Duration = Duration::from_secs(2);
/// For calls and messages that Twilio was asked for: as long as one answer may take.
const TASKS_DEADLINE: Duration = Duration::from_secs(5);
/// For events that still wait; they are on disk.
const FLUSH_DEADLINE: Duration = Duration::from_secs(5);
/// How often histograms are folded.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why a bridge does not start, or stops.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The outbox does not open.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Crm(#[from] CrmError),
    /// The bridge cannot be put together.
    #[error(transparent)]
    App(#[from] AppError),
    /// The metrics exporter cannot be made.
    #[error("metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// The listener broke.
    #[error("cannot serve: {0}")]
    Io(#[from] std::io::Error),
}

/// Serves calls until `shutdown`, then drains: no new calls, the others may end by themselves for
/// [`Config::drain_timeout`], then they are told to; at last the outbox is flushed.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    config: Config,
    listener: TcpListener,
    runner: Arc<dyn CallRunner>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let app = assemble(config, runner)?;
    tracing::info!(
        address = %listener.local_addr()?,
        public = app.config.public_base_url,
        "the bridge listens"
    );
    if app.config.redis.is_none() {
        tracing::info!("REDIS_URL is not set: sessions are kept in memory, and no other bridge is seen");
    }
    if app.config.auth_token().is_none() {
        tracing::warn!("MOCK_TWILIO=true: signatures are not checked");
    }
    let metrics = app.metrics.clone();
    let upkeep = tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            metrics.run_upkeep();
        }
    });
    let recordings = tokio::spawn(recordings::look_after(Arc::clone(&app)));
    let (leave, left) = tokio::sync::oneshot::channel::<()>();
    let (sessions, board) = (Arc::clone(&app.sessions), Arc::clone(&app.board));
    let sessions = tokio::spawn(async move { sessions.exchange(board, async { drop(left.await) }).await });
    let sweeper = Sweeper::start(app.config.tapes_dir(), app.config.tape_retention);
    let (drained, mut stopped) = tokio::sync::watch::channel(false);
    let draining = Arc::clone(&app);
    let graceful = async move {
        shutdown.await;
        drain(&draining).await;
        drained.send_replace(true);
    };
    let server = axum::serve(at_once(listener), router(Arc::clone(&app))).with_graceful_shutdown(graceful);
    let overtime = async {
        // An error means that the server ended by itself.
        let _ = stopped.wait_for(|done| *done).await;
        tokio::time::sleep(HTTP_DEADLINE).await;
    };
    let served = tokio::select! {
        served = async { server.await } => served,
        () = overtime => Ok(()),
    };
    upkeep.abort();
    recordings.abort();
    drop(leave);
    // Bounded by itself.
    let _ = sessions.await;
    sweeper.stop().await;
    app.tasks.close();
    let tasks = tokio::time::timeout(TASKS_DEADLINE, app.tasks.wait());
    let (tasks, left) = tokio::join!(tasks, app.outbox.flush(FLUSH_DEADLINE));
    if tasks.is_err() {
        tracing::error!(tasks = app.tasks.len(), "cut off: Twilio may have placed a call or sent a message");
    }
    if left > 0 {
        tracing::warn!(events = left, "events stay in the outbox for the next start");
    }
    tracing::info!("the bridge is down");
    Ok(served?)
}

/// Its sockets send what they are given. Otherwise a frame, or a `clear`, that follows another message waits until
/// the far end acknowledges that one, which it does with its own next frame: up to 20 ms later.
fn at_once(listener: TcpListener) -> impl Listener<Io = TcpStream, Addr = SocketAddr> {
    listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
    })
}

/// Opens what a bridge needs. Calls that the process before left unfinished are reported as
/// failed.
fn assemble(config: Config, runner: Arc<dyn CallRunner>) -> Result<Arc<App>, ServeError> {
    let metrics = crate::metrics::install()?;
    let crm = CrmClient::new(&config.crm_url, config.internal_api_token.clone())?;
    let dir = config.data_dir.join("outbox");
    let (outbox, unfinished) = Outbox::open(&dir, crm.clone(), OutboxOptions::default())?;
    for call in unfinished {
        tracing::warn!(call_sid = call.call_sid, "the process before ended during this call");
        let duration_ms = u64::try_from(call.last_at_ms - call.first_at_ms).unwrap_or(0);
        let kind = CallEventKind::Ended { reason: EndReason::Failed, duration_ms };
        outbox.record(&call.call_sid, kind, unix_ms());
    }
    Ok(Arc::new(App::new(config, crm, outbox, metrics, runner)?))
}

async fn drain(app: &App) {
    app.registry.begin_drain();
    tracing::info!(limit = ?app.config.drain_timeout, "draining: no new calls");
    if tokio::time::timeout(app.config.drain_timeout, app.registry.emptied()).await.is_err() {
        tracing::warn!("the drain takes too long: calls are told to end");
        app.registry.shut_down_calls();
        if tokio::time::timeout(END_DEADLINE, app.registry.emptied()).await.is_err() {
            tracing::error!("calls are cut off");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-AUD-004: no message waits for the acknowledgement of the one before.
    #[tokio::test]
    async fn sockets_send_at_once() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let _caller = TcpStream::connect(address).await.expect("a connection");
        let (socket, _) = at_once(listener).accept().await;
        assert!(socket.nodelay().expect("an option"));
    }
}
