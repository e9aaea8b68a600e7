//! One live call: the only place where socket, engine, session and providers meet.
//!
//! Everything but the wait is synchronous: a message, a tick or a signal is turned into session
//! inputs, and the session's outputs are carried out at once. Nothing here waits for the CRM, for
//! the disk or for the far end: each has a bounded queue of its own.

mod agent_audio;
mod before;
mod carry_out;
mod clock;
mod finish;
mod leave;
mod look;
mod metronome;
mod numbers;
mod playout;
mod publish;
mod receive;
mod runner;
mod socket;
#[cfg_attr(not(feature = "otel"), path = "no_spans.rs")]
mod spans;
mod wait;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use audio_core::engine::CallHandle;
use audio_core::frame::WireFrame;
use crm_api::EndReason;

use super::wall_clock::unix_ms;
use super::{AcceptedStream, App, CallInfo, Keepalive, OnBoard};
use crate::providers::net::CallNet;
use crate::providers::{Learned, Providers};
use crate::session::{CallStart, CallTime, Line, Session, SessionConfig};
use crate::tape::{TapeRecorder, Wire};
use crate::twilio::{Framer, OutboundWriter};
use crate::words::Emergencies;
use before::Before;
use clock::CallClock;
use metronome::Seat;
use playout::{Marks, Playout};
pub use runner::{LiveRunner, RunnerError};
use socket::Socket;
use spans::CallSpans;

/// Arrival times kept to measure the way from the socket to recognition.
const ARRIVALS: usize = 64;

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
