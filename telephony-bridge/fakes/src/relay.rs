//! A TCP relay on the loopback interface that can stand still or cut its connections: what a network does to
//! any protocol.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Pass,
    /// Nothing moves; connections stay.
    Still,
    /// Everything moves in pieces of a few bytes.
    Drip,
}

/// Bytes of a drop.
const DRIP: usize = 7;

/// Relays connections to one address.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    /// Counts the cuts.
    cuts: watch::Sender<u64>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// Starts it.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(to: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (mode, modes) = watch::channel(Mode::Pass);
        let (cuts, cut) = watch::channel(0);
        let accepting = tokio::spawn(async move {
            // Ends with the relay, which aborts it.
            while let Ok((near, _)) = listener.accept().await {
                // Without it a drop waits for the next.
                let _ = near.set_nodelay(true);
                let (modes, mut cut) = (modes.clone(), cut.clone());
                cut.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(to).await else { return };
                    tokio::select! {
                        () = relay(near, far, modes) => {}
                        // Also when the relay is gone.
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        Ok(Self { address, mode, cuts, accepting })
    }

    /// Where to connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing moves, until [`go_on`](Self::go_on).
    pub fn stand_still(&self) {
        self.mode.send_replace(Mode::Still);
    }

    /// From now on everything moves in pieces of a few bytes.
    pub fn drip(&self) {
        self.mode.send_replace(Mode::Drip);
    }

    /// Everything moves again.
    pub fn go_on(&self) {
        self.mode.send_replace(Mode::Pass);
    }

    /// Ends all its connections; new ones are accepted.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn relay(mut near: TcpStream, mut far: TcpStream, modes: watch::Receiver<Mode>) {
    let (mut near_read, mut near_write) = near.split();
    let (mut far_read, mut far_write) = far.split();
    let there = copy(&mut near_read, &mut far_write, modes.clone());
    let back = copy(&mut far_read, &mut near_write, modes);
    tokio::join!(there, back);
}

async fn copy(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    mut modes: watch::Receiver<Mode>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length) = from.read(&mut buffer).await {
        let Ok(mode) = modes.wait_for(|mode| *mode != Mode::Still).await.map(|mode| *mode) else { return };
        if length == 0 {
            break;
        }
        let piece = if mode == Mode::Drip { DRIP } else { length };
        for piece in buffer[..length].chunks(piece) {
            if to.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
    // One half is over, the other may go on.
    let _ = to.shutdown().await;
}
