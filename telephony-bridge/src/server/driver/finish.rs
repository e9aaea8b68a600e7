//! The end of a call's stream, and why it comes.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use crm_api::EndReason;

use super::Driver;
use crate::tape::{Wire, WireInput};

/// How long a call's tasks may take to end (A-TEL-008).
const JOIN_LIMIT: Duration = Duration::from_secs(3);

/// Why a call's stream ends.
pub(super) enum Leave {
    /// The far end said so, or is gone.
    Stop(EndReason),
    /// The session is over.
    Ended,
}

impl Driver {
    /// Ends what is left to end: session, socket, tape (A-TEL-007..009, A-TEL-016).
    pub(super) async fn finish(mut self: Box<Self>, leave: Leave) {
        let reason = match leave {
            Leave::Stop(reason) => reason,
            Leave::Ended => self.ended.unwrap_or(EndReason::Failed),
        };
        // What was said last goes out now: leaving may take a while.
        poll_fn(|cx| Poll::Ready(self.socket.poll_write(cx).is_ready())).await;
        let reason = self.leave_call(reason).await;
        self.feed(WireInput::Stop(reason));
        self.record(Wire::Followed { at: self.followed });
        self.spans.end(reason);
        let counters = self.handle.counters();
        tracing::info!(
            call_sid = %self.call_sid,
            ?reason,
            frames_in = counters.frames_in,
            frames_out = counters.frames_out,
            frames_lost = counters.uplink_skipped + self.dropped_in + self.socket.dropped(),
            "call ended"
        );
        self.status.messages(self.received, self.socket.sent());
        let ((), left) = tokio::join!(self.socket.close(), self.net.close(JOIN_LIMIT));
        if left > 0 {
            tracing::error!(call_sid = %self.call_sid, tasks = left, "tasks of providers do not end");
        }
        if let Some(recorder) = self.recorder.take() {
            recorder.finish().await;
        }
    }
}
