//! What every stand-in that answers HTTP has in common: a port, and what exists behind it.

use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use tokio::task::JoinHandle;

use crate::port::Port;

/// A router on a free port of the loopback interface. The port is closed when it is dropped; sockets that were
/// upgraded go on.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    server: JoinHandle<()>,
    _port: Port,
}

impl Served {
    /// # Errors
    /// No port is free.
    pub(crate) async fn start(router: Router) -> io::Result<Self> {
        let port = Port::new()?;
        let server = axum::serve(port.listen()?, router).into_future();
        let server = tokio::spawn(async move {
            // An error means that the port is gone.
            let _ = server.await;
        });
        Ok(Self { address: port.address(), server, _port: port })
    }

    /// Closes the port, and waits until it is closed. Whoever connects from then on is refused, as long as this exists.
    pub(crate) async fn go_down(&mut self) {
        self.server.abort();
        // It ended, however it ended.
        let _ = (&mut self.server).await;
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// How many of a kind exist now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live(Arc<AtomicUsize>);

impl Live {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// One more, until what is returned is dropped.
    pub(crate) fn one_more(&self) -> OneOfThem {
        self.0.fetch_add(1, Ordering::SeqCst);
        OneOfThem(self.clone())
    }
}

/// It exists.
#[derive(Debug)]
pub(crate) struct OneOfThem(Live);

impl Drop for OneOfThem {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}
