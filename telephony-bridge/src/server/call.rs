//! What a driver is given: a stream that has proved who it is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::ws::WebSocket;
use crm_api::{RouteDecision, Speaker};
use tokio::sync::watch;

use super::App;
use crate::logging::Redacted;
use crate::providers::Known;
use crate::twilio::StartInfo;

/// A call that was announced by the webhook, and what the CRM wants done with it.
#[derive(Clone, PartialEq)]
pub struct CallInfo {
    /// The call.
    pub call_sid: String,
    /// Caller as announced.
    pub from: String,
    /// Dialled number.
    pub to: String,
    /// What the CRM decided, or the neutral decision if it did not answer in time.
    pub decision: RouteDecision,
    /// Is it the neutral decision?
    pub fallback: bool,
    /// When the webhook came, unix ms.
    pub announced_at_ms: i64,
    /// What the agent and the caller had of this call before a person was rung in between.
    pub earlier: Option<Earlier>,
}

/// The part of a call before a person was rung who did not take it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// When its stream came up, unix ms.
    pub started_at_ms: i64,
    /// What was said, in order.
    pub said: Vec<(Speaker, String)>,
    /// What it taught.
    pub learned: Known,
}

/// Phone numbers are cut to four digits; the decision holds a token and is left out.
impl fmt::Debug for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallInfo")
            .field("call_sid", &self.call_sid)
            .field("from", &Redacted(&self.from))
            .field("to", &Redacted(&self.to))
            .field("fallback", &self.fallback)
            .finish_non_exhaustive()
    }
}

/// What a running call must know from outside its socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallSignal {
    /// Go on.
    #[default]
    Run,
    /// The status callback says that the call is over; the socket has not noticed.
    ProviderEnded,
    /// The bridge is going down and waits no longer: end with
    /// [`EndReason::Shutdown`](crm_api::EndReason::Shutdown).
    Shutdown,
}

/// An authenticated media stream, from just after its `start` message.
///
/// Whoever holds it owns the socket: read it promptly and always (Twilio drops audio where the
/// reader is slow), bound every send, and end within two seconds of `stop`, of the socket's end
/// and of a [`CallSignal`] other than `Run`.
pub struct AcceptedStream {
    /// The socket. The next message is the one after `start`.
    pub socket: WebSocket,
    /// What `start` said.
    pub start: StartInfo,
    /// The call it belongs to.
    pub call: CallInfo,
    /// Changes at most a few times in a call.
    pub signal: watch::Receiver<CallSignal>,
}

impl fmt::Debug for AcceptedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedStream")
            .field("start", &self.start)
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// A call in progress.
pub type CallFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs calls: the engine, the providers and the per-call driver behind one door.
pub trait CallRunner: Send + Sync + 'static {
    /// Runs one call to its end. The future is spawned on its own task: if it panics, this call
    /// ends and no other.
    fn run(&self, app: Arc<App>, stream: AcceptedStream) -> CallFuture;

    /// Brings the runner's own metrics up to date. Called now and then, and before they are read.
    fn publish(&self) {}

    /// A call of this kind will connect in a moment: greetings may be prepared. Must not block.
    fn prewarm(&self, call: &CallInfo) {
        let _ = call;
    }
}
