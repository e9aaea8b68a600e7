//! A port that stays one stand-in's own.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// A free port of the loopback interface, bound from the beginning to the end of this value by a socket that never
/// listens: while nobody else does whoever connects is refused, and no other program or stand-in gets the port.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    _kept: TcpSocket,
}

impl Port {
    /// # Errors
    /// No port is free.
    pub(crate) fn new() -> io::Result<Self> {
        let kept = bound(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        Ok(Self { address: kept.local_addr()?, _kept: kept })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens, until what is returned is dropped; one at a time.
    ///
    /// # Errors
    /// No socket is to be had.
    pub(crate) fn listen(&self) -> io::Result<TcpListener> {
        bound(self.address)?.listen(BACKLOG)
    }
}

/// A socket that shares its port with others that ask for this port and to share it. Not `set_reuseaddr`: with that
/// everybody's listeners would get a port on which nobody listens.
fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::Port;
    use std::io::ErrorKind;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn it_is_nobody_elses_while_it_is_closed() {
        let port = Port::new().expect("a port");
        let taken = TcpListener::bind(port.address()).await.expect_err("it is kept");
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        // Opened and closed again, with connections that the listening side ends first.
        for _ in 0..3 {
            let listener = port.listen().expect("it is free");
            let _client = TcpStream::connect(port.address()).await.expect("it listens");
            drop(listener.accept().await.expect("accepted"));
            drop(listener);
            let refused = TcpStream::connect(port.address()).await.expect_err("it is closed");
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        }
    }
}
