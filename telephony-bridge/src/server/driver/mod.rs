//! One live call: the only place where socket, engine, session and providers meet.
//!
//! Everything but the wait is synchronous: a message, a tick or a signal is turned into session
//! inputs, and the session's outputs are carried out at once. Nothing here waits for the CRM, for
//! the disk or for the far end: each has a bounded queue of its own.

mod before;
mod carry_out;
mod clock;
mod leave;
mod metronome;
mod numbers;
mod playout;
mod publish;
mod receive;
mod runner;
mod socket;
#[cfg_attr(not(feature = "otel"), path = "no_spans.rs")]
mod spans;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use audio_core::engine::{CallHandle, CallState};
use audio_core::frame::{FRAME_SAMPLES, WireFrame};
use audio_core::pipeline::PipelineEvent;
use axum::extract::ws::Message as WsMessage;
use crm_api::EndReason;
use tokio::sync::watch;
use tokio::time::Sleep;

use super::{AcceptedStream, App, CallInfo, CallSignal, Keepalive, KeepaliveAction, OnBoard};
use crate::providers::net::CallNet;
use crate::providers::{Direct, Learned, Providers, RealtimeOutput, TtsOutput, length_ms};
use crate::session::{CallStart, CallTime, Line, Session, SessionConfig, TtsEvent, UtteranceId};
use crate::tape::{Payload, TapeRecorder, Wire, WireInput};
use crate::twilio::{Framer, OutboundWriter};
use crate::words::Emergencies;
use before::Before;
use clock::CallClock;
use metronome::Seat;
use playout::{Marks, Playout};
use receive::is_media;
pub use runner::{LiveRunner, RunnerError};
use socket::Socket;
use spans::CallSpans;

/// The far end normally sends audio at once; without it the greeting waits no longer than this.
const FIRST_MEDIA_LIMIT: Duration = Duration::from_millis(200);
/// How long a call's tasks may take to end (A-TEL-008).
const JOIN_LIMIT: Duration = Duration::from_secs(3);
/// A call is looked at at least so often, whatever happens: whoever signals it waits no longer.
const HEARTBEAT: Duration = Duration::from_millis(100);
/// What is due already and stays due is looked at again after this.
const BREATH: Duration = Duration::from_millis(1);
/// Arrival times kept to measure the way from the socket to recognition.
const ARRIVALS: usize = 64;

/// Why the loop ends.
enum Leave {
    /// The far end said so, or is gone.
    Stop(EndReason),
    /// The session is over.
    Ended,
}

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

/// What a call is run with.
struct Parts {
    handle: CallHandle,
    /// Has the call woken when the handle has something for it.
    seat: Seat,
    session: SessionConfig,
    providers: Providers,
    net: CallNet,
    recorder: Option<TapeRecorder>,
    preset: String,
    sensitivity: f32,
    learned: Learned,
    emergencies: Arc<Emergencies>,
}

/// Runs one call to its end.
async fn run(app: Arc<App>, stream: AcceptedStream, parts: Parts) {
    let AcceptedStream { socket, start, call, mut signal } = stream;
    let accepted = Instant::now();
    let started_at_ms = unix_ms();
    // On the heap: the future of a call would hold it several times over.
    let mut driver = Box::new(Driver {
        session: Session::new(parts.session),
        handle: parts.handle,
        _seat: parts.seat,
        providers: parts.providers,
        net: parts.net,
        recorder: parts.recorder,
        clock: CallClock::new(accepted, app.config.clock_speed),
        framer: Framer::new(),
        first_frame: None,
        backlog: VecDeque::new(),
        dropped_in: 0,
        playout: Playout::default(),
        marks: Marks::default(),
        socket: Socket::new(socket, OutboundWriter::new(&start.stream_sid)),
        keepalive: Keepalive::new(app.config.ping_interval, app.config.pong_timeout, accepted),
        call_sid: call.call_sid.clone(),
        started_at_ms,
        before: Before::of(&call, started_at_ms, app.config.clock_speed),
        hands_over: false,
        accepted,
        greeted: false,
        arrivals: [accepted; ARRIVALS],
        media: Vec::new(),
        in_to_provider: metrics::histogram!(numbers::IN_TO_PROVIDER),
        followed: 0,
        received: 0,
        bad_messages: 0,
        stirred: false,
        ended: None,
        far_end_closed: false,
        spans: CallSpans::begin(&call, &start.stream_sid),
        status: app.board.enter(&call, &start.stream_sid, parts.learned.clone()),
        learned: parts.learned,
        emergencies: parts.emergencies,
        unanswered: None,
        call,
        app,
    });
    driver.take_up();
    let call = driver.call.clone();
    let first = CallStart {
        from: call.from.clone(),
        to: call.to.clone(),
        stream_sid: start.stream_sid.clone(),
        greeting: Line::text(call.decision.greeting.text.clone()),
        direct: false,
        turn_patience_ms: 0,
    };
    // The call's clock begins with the caller's first sample, and no line is older than the first.
    driver.record_at(CallTime(0), Wire::Setup { preset: parts.preset, sensitivity: parts.sensitivity });
    let leave = driver.converse(&mut signal, first).await;
    driver.finish(leave).await;
}

struct Driver {
    app: Arc<App>,
    session: Session,
    handle: CallHandle,
    _seat: Seat,
    providers: Providers,
    /// Tasks of the providers, and what wakes us for them.
    net: CallNet,
    recorder: Option<TapeRecorder>,
    clock: CallClock,
    framer: Framer,
    /// Frames of the call that had passed when the caller's audio began.
    first_frame: Option<u32>,
    /// Frames the engine has no room for yet.
    backlog: VecDeque<WireFrame>,
    dropped_in: u64,
    playout: Playout,
    marks: Marks,
    socket: Socket,
    keepalive: Keepalive,
    call_sid: String,
    call: CallInfo,
    started_at_ms: i64,
    /// What lies before this stream.
    before: Before,
    /// The call goes to a person: its end is reported by whoever rings.
    hands_over: bool,
    accepted: Instant,
    greeted: bool,
    arrivals: [Instant; ARRIVALS],
    /// The payload of a message, decoded; as long as the longest so far.
    media: Vec<u8>,
    in_to_provider: metrics::Histogram,
    /// How far the signal chain's decisions have come to the session, on the caller's sample clock.
    followed: u64,
    /// Messages of the far end.
    received: u64,
    bad_messages: u32,
    /// Something may be due at another time than before.
    stirred: bool,
    ended: Option<EndReason>,
    /// The far end has closed the stream: the call's document goes on, with a hang-up, by itself.
    far_end_closed: bool,
    /// For whoever collects traces.
    spans: CallSpans,
    /// For whoever looks at the live calls.
    status: OnBoard,
    /// What the conversation teaches.
    learned: Learned,
    /// What makes it urgent.
    emergencies: Arc<Emergencies>,
    /// When the caller's turn ended that nothing has been heard on yet.
    unanswered: Option<Instant>,
}

impl Driver {
    async fn converse(&mut self, signal: &mut watch::Receiver<CallSignal>, start: CallStart) -> Leave {
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

    /// At what the audio threads and the providers have, and at what is due.
    fn look(&mut self) {
        self.push_backlog();
        while let Some(clean) = self.handle.pop_clean() {
            let seq = clean.at.0 as usize / FRAME_SAMPLES;
            let age = self.arrivals[seq % ARRIVALS].elapsed();
            self.in_to_provider.record(age.as_secs_f64());
            self.providers.hear(&clean);
            // Its decisions came before it, and are taken below.
            self.followed = clean.at.0 + FRAME_SAMPLES as u64;
        }
        while let Some(event) = self.handle.pop_event() {
            if let PipelineEvent::Flushed { at, generation } = event {
                self.record(Wire::Flush { at: at.0, generation });
            } else {
                self.feed(WireInput::Speech(event));
            }
        }
        while self.session.poll_timeout().is_some_and(|at| at <= self.clock.now()) {
            self.feed(WireInput::Timeout);
        }
        self.poll_providers();
        self.move_audio();
    }

    /// At what lies outside the call: nobody there minds a heartbeat, and every look would cost.
    fn look_around(&mut self, signal: &mut watch::Receiver<CallSignal>) -> Option<Leave> {
        self.status.messages(self.received, self.socket.sent());
        match self.keepalive.poll(Instant::now()) {
            Some(KeepaliveAction::Ping) => self.socket.ping(),
            Some(KeepaliveAction::Dead) => self.socket.fail(),
            None => {}
        }
        told(signal)
    }

    /// The agent's audio: to the engine what it should hold, to the socket what it gives.
    fn move_audio(&mut self) {
        self.playout.fill(&mut self.handle);
        while let Some(frame) = self.handle.pop_wire() {
            self.send_audio(&frame);
        }
    }

    fn poll_providers(&mut self) {
        let now = self.clock.now();
        loop {
            if let Some(output) = self.providers.poll_direct(now) {
                self.feed(match output {
                    RealtimeOutput::Heard(turn, result) => WireInput::Stt(turn, result),
                    RealtimeOutput::Answer(turn, event) => WireInput::Llm(turn, event),
                    RealtimeOutput::Direct(direct) => {
                        self.status.direct(direct);
                        WireInput::Direct(direct)
                    }
                });
            } else if let Some((turn, result)) = self.providers.stt.poll(now) {
                self.feed(WireInput::Stt(turn, result));
            } else if let Some((turn, event)) = self.providers.llm.poll(now) {
                self.feed(WireInput::Llm(turn, event));
            } else if let Some(output) = self.providers.poll_speech(now) {
                match output {
                    TtsOutput::Audio { utterance, frames } => {
                        let ms = length_ms(&frames);
                        self.playout.audio(utterance, frames);
                        self.feed(WireInput::Tts(utterance, TtsEvent::Audio { ms }));
                    }
                    TtsOutput::Event { utterance, event } => {
                        self.playout.end(utterance);
                        self.feed(WireInput::Tts(utterance, event));
                    }
                }
            } else {
                return;
            }
        }
    }

    fn send_audio(&mut self, frame: &WireFrame) {
        let utterance = UtteranceId(frame.seq);
        if frame.replaces() > 0 {
            // What follows takes the place of what the far end had still to play.
            self.socket.clear();
            let (at, generation) = (frame.timestamp, frame.generation);
            self.record(Wire::TakeBack { at, generation, frames: frame.replaces() as u32 });
        }
        self.socket.media(frame);
        self.record(Wire::MediaOut {
            at: frame.timestamp,
            generation: frame.generation,
            utterance,
            last: frame.is_last(),
            payload: Payload(frame.payload),
        });
        // A frame that is sent again is none that begins to sound.
        let first = if frame.is_again() { None } else { self.playout.first_frame(utterance) };
        if let Some(waited) = first {
            metrics::histogram!(numbers::PROVIDER_TO_OUT).record(waited.as_secs_f64());
            if !std::mem::replace(&mut self.greeted, true) {
                metrics::histogram!(numbers::GREETING).record(self.accepted.elapsed().as_secs_f64());
            }
            if let Some(ended) = self.unanswered.take() {
                metrics::histogram!(numbers::RESPONSE).record(ended.elapsed().as_secs_f64());
                self.status.answered(ended.elapsed());
            }
            self.feed(WireInput::Playing(utterance));
        }
        if frame.is_last() {
            if frame.is_again() {
                self.marks.again(utterance);
            }
            self.socket.mark(&self.marks.name(utterance));
            self.record(Wire::MarkOut { utterance });
        }
    }

    /// Ends what is left to end: session, socket, tape (A-TEL-007..009, A-TEL-016).
    async fn finish(mut self: Box<Self>, leave: Leave) {
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

fn unix_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
