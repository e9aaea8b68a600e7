//! What a call waits for, and what it then does, until it is over.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use audio_core::engine::CallState;
use axum::extract::ws::Message as WsMessage;
use crm_api::EndReason;
use tokio::sync::watch;
use tokio::time::Sleep;

use super::Driver;
use super::finish::Leave;
use super::receive::is_media;
use crate::providers::Direct;
use crate::server::{CallSignal, KeepaliveAction};
use crate::session::CallStart;
use crate::tape::WireInput;

/// The far end normally sends audio at once; without it the greeting waits no longer than this.
const FIRST_MEDIA_LIMIT: Duration = Duration::from_millis(200);
/// A call is looked at at least so often, whatever happens: whoever signals it waits no longer.
const HEARTBEAT: Duration = Duration::from_millis(100);
/// What is due already and stays due is looked at again after this.
const BREATH: Duration = Duration::from_millis(1);

/// What a call waits for.
enum Happened {
    /// The far end said something; `None`: it is gone.
    Message(Option<WsMessage>),
    /// The audio threads or a provider have something, or something is due.
    Look {
        /// The alarm rang, which it does every [`HEARTBEAT`] at least.
        rung: bool,
    },
}

impl Driver {
    /// Takes what comes, and does what is due, until something ends the call.
    pub(super) async fn converse(
        &mut self,
        signal: &mut watch::Receiver<CallSignal>,
        start: CallStart,
    ) -> Leave {
        let mut start = Some(start);
        let wake = self.net.wake().clone();
        let mut alarm = pin!(tokio::time::sleep(BREATH));
        loop {
            let happened = poll_fn(|cx| {
                let _ = self.socket.poll_write(cx);
                // The socket last: a far end that floods it holds up nothing.
                let (woken, rung) = (wake.poll_woken(cx), alarm.as_mut().poll(cx).is_ready());
                if woken.is_ready() || rung {
                    return Poll::Ready(Happened::Look { rung });
                }
                self.socket.poll_next(cx).map(Happened::Message)
            });
            match happened.await {
                Happened::Message(None) => return Leave::Stop(EndReason::SocketLost),
                Happened::Message(Some(message)) => {
                    self.keepalive.heard();
                    if start.is_some() && is_media(&message) {
                        // The caller's first sample is 20 ms old when it arrives.
                        self.clock.begin(Duration::from_millis(20));
                        self.begin(&mut start);
                    }
                    if let Some(leave) = self.on_message(&message) {
                        return leave;
                    }
                }
                Happened::Look { rung } => {
                    if start.is_some() && self.accepted.elapsed() >= FIRST_MEDIA_LIMIT {
                        self.clock.begin(Duration::ZERO);
                        self.begin(&mut start);
                    }
                    self.look();
                    if rung && let Some(leave) = self.look_around(signal) {
                        return leave;
                    }
                    // The audio threads wake a call that they let go.
                    if self.handle.state() != CallState::Active {
                        tracing::error!(call_sid = %self.call_sid, state = ?self.handle.state(), "the signal chain stopped");
                        return Leave::Stop(EndReason::Failed);
                    }
                    self.stirred = true;
                }
            }
            // Audio that came makes nothing due.
            if std::mem::take(&mut self.stirred) {
                self.set_alarm(alarm.as_mut(), start.is_some());
            }
            if self.ended.is_some() {
                return Leave::Ended;
            }
            if self.socket.has_failed() {
                return Leave::Stop(EndReason::SocketLost);
            }
        }
    }

    /// Looks at what lies outside the call: nobody there minds a heartbeat, and every look would cost.
    fn look_around(&mut self, signal: &mut watch::Receiver<CallSignal>) -> Option<Leave> {
        self.status.messages(self.received, self.socket.sent());
        match self.keepalive.poll(Instant::now()) {
            Some(KeepaliveAction::Ping) => self.socket.ping(),
            Some(KeepaliveAction::Dead) => self.socket.fail(),
            None => {}
        }
        told(signal)
    }

    /// Has the alarm ring when something is due. One that rings too early is cheaper than one that is set
    /// again after every message.
    fn set_alarm(&self, alarm: Pin<&mut Sleep>, begins: bool) {
        let now = Instant::now();
        let timeouts = self.session.poll_timeout().into_iter().chain(self.providers.poll_timeout());
        let due = timeouts.map(|at| self.clock.at(at)).chain(self.socket.deadline());
        let due = due.chain(begins.then(|| self.accepted + FIRST_MEDIA_LIMIT));
        let due = due.fold(self.keepalive.deadline(), Instant::min).clamp(now + BREATH, now + HEARTBEAT);
        if alarm.is_elapsed() || due < alarm.deadline().into_std() {
            alarm.reset(due.into());
        }
    }

    fn begin(&mut self, start: &mut Option<CallStart>) {
        if let Some(mut start) = start.take() {
            // It may have been lost by now.
            start.direct = self.providers.direct.as_ref().is_some_and(Direct::is_on);
            let patience = self.providers.direct.as_ref().and_then(Direct::turn_patience);
            start.turn_patience_ms = patience.map_or(0, |patience| patience.as_millis() as u64);
            self.status.direct(start.direct);
            self.feed(WireInput::Start(start));
            // A greeting that is ready goes out with the caller's first frame, not with the second.
            self.poll_providers();
            self.move_audio();
        }
    }
}

/// What the call is told from outside.
fn told(signal: &mut watch::Receiver<CallSignal>) -> Option<Leave> {
    let gone = match signal.has_changed() {
        Ok(false) => return None,
        changed => changed.is_err(),
    };
    match *signal.borrow_and_update() {
        CallSignal::ProviderEnded => Some(Leave::Stop(EndReason::CallerHangUp)),
        CallSignal::Run if !gone => None,
        CallSignal::Run | CallSignal::Shutdown => Some(Leave::Stop(EndReason::Shutdown)),
    }
}
