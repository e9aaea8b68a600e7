//! What every stand-in that answers HTTP has in common: a port, and what exists behind it.

use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// A router on a free port of the loopback interface. The port is closed when it is dropped; sockets that were
/// upgraded go on.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    server: JoinHandle<()>,
    /// Bound to the same port from the beginning, but not listening: a port that was closed is not given to anybody
    /// else, not even in the moment in which it closes.
    _kept: TcpSocket,
}

impl Served {
    /// # Errors
    /// No port is free.
    pub(crate) async fn start(router: Router) -> io::Result<Self> {
        let kept = bound(([127, 0, 0, 1], 0).into())?;
        let address = kept.local_addr()?;
        let listener = bound(address)?.listen(BACKLOG)?;
        let server = axum::serve(listener, router).into_future();
        let server = tokio::spawn(async move {
            // An error means that the port is gone.
            let _ = server.await;
        });
        Ok(Self { address, server, _kept: kept })
    }

    /// Closes the port, and waits until it is closed. Whoever connects from then on is refused, as long as this exists.
    pub(crate) async fn go_down(&mut self) {
        self.server.abort();
        // It ended, however it ended.
        let _ = (&mut self.server).await;
    }
}

/// A socket that shares its port with others of this kind that ask for the port by its number.
fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn a_closed_port_refuses_and_is_nobody_elses() {
        let mut served = Served::start(Router::new()).await.expect("a port");
        TcpStream::connect(served.address).await.expect("it listens");
        served.go_down().await;
        let refused = TcpStream::connect(served.address).await.expect_err("it was closed");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let taken = TcpSocket::new_v4().expect("a socket").bind(served.address).expect_err("it is kept");
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    }
}
