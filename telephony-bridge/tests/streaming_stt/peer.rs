//! What the matrix needs of a stand-in.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use provider_fakes::fault::StreamFault;
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
