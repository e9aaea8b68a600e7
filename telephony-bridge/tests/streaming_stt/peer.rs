//! What the matrix needs of a stand-in.

use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use provider_fakes::fault::StreamFault;
use provider_fakes::speech_socket::SpeechSocket;
use telephony_bridge::providers::recognition::Recogniser;

use super::line::STUCK;

/// A stand-in, and how to reach it.
pub(crate) trait Peer: Sized {
    type Recogniser: Recogniser;
    /// Starts it.
    fn start() -> impl Future<Output = Self>;
    /// Where it listens.
    fn address(&self) -> SocketAddr;
    /// A client of it, or of a relay before it.
    fn recogniser(&self, address: SocketAddr) -> Arc<Self::Recogniser>;
    /// The next streams go wrong so.
    fn script(&self, faults: &[StreamFault]);
    /// Streams so far.
    fn streams(&self) -> usize;
    /// Streams now.
    fn live(&self) -> usize;
    /// Closes its port.
    fn go_down(&mut self) -> impl Future<Output = ()>;

    /// Waits until it has no streams.
    async fn left_alone(&self) {
        let wait = async {
            while self.live() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(STUCK, wait).await.expect("streams are left");
    }
}

/// A service behind a WebSocket, and its stand-in.
pub(crate) trait SocketService {
    type Recogniser: Recogniser;
    /// Starts the stand-in.
    fn fake() -> impl Future<Output = io::Result<SpeechSocket>>;
    /// A client of whoever is there.
    fn recogniser(endpoint: String) -> Self::Recogniser;
}

/// Such a stand-in, as the matrix wants it.
pub(crate) struct OverSocket<S>(pub(crate) SpeechSocket, PhantomData<S>);

impl<S: SocketService> Peer for OverSocket<S> {
    type Recogniser = S::Recogniser;

    async fn start() -> Self {
        Self(S::fake().await.unwrap(), PhantomData)
    }

    fn address(&self) -> SocketAddr {
        self.0.address()
    }

    fn recogniser(&self, address: SocketAddr) -> Arc<S::Recogniser> {
        Arc::new(S::recogniser(format!("ws://{address}")))
    }

    fn script(&self, faults: &[StreamFault]) {
        self.0.script(faults.iter().cloned());
    }

    fn streams(&self) -> usize {
        self.0.asked().len()
    }

    fn live(&self) -> usize {
        self.0.live()
    }

    async fn go_down(&mut self) {
        self.0.go_down().await;
    }
}
