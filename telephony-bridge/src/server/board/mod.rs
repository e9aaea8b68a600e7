//! What live calls are doing, for whoever looks: written by each call's driver, read by `top`, by `/health`
//! and by the bridges beside this one (S-TEL-007).

mod about;

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::call::CallInfo;
use super::wall_clock::unix_ms;
use crate::logging::Redacted;
use crate::providers::Learned;
use crate::session::State;
pub use about::{About, Intent};

/// Where one call stands. Its driver writes, without waiting for anybody.
#[derive(Debug)]
pub struct CallStatus {
    call_sid: String,
    stream_sid: String,
    from: String,
    business: String,
    began: Instant,
    started_at_ms: i64,
    state: AtomicU8,
    turns: AtomicU32,
    yields: AtomicU32,
    fallbacks: AtomicU32,
    /// The last time from the end of the caller's turn to the agent's first sound, in ms; 0: none yet.
    response_ms: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    /// Pings that were answered…
    pongs: AtomicU64,
    /// …and how long they took together, in µs.
    pong_us: AtomicU64,
    /// A speech-to-speech model answers.
    direct: AtomicBool,
    learned: Learned,
}

impl CallStatus {
    fn new(call: &CallInfo, stream_sid: &str, learned: Learned) -> Self {
        Self {
            call_sid: call.call_sid.clone(),
            stream_sid: stream_sid.to_owned(),
            from: Redacted(&call.from).to_string(),
            business: call.decision.business.as_ref().map(|b| b.slug.clone()).unwrap_or_default(),
            began: Instant::now(),
            started_at_ms: unix_ms(),
            state: AtomicU8::new(State::Listening as u8),
            turns: AtomicU32::new(0),
            yields: AtomicU32::new(0),
            fallbacks: AtomicU32::new(0),
            response_ms: AtomicU64::new(0),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            pongs: AtomicU64::new(0),
            pong_us: AtomicU64::new(0),
            direct: AtomicBool::new(false),
            learned,
        }
    }

    /// The conversation's state changed.
    pub fn state(&self, state: State) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    /// A turn of the caller is over.
    pub fn turn(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// The agent yielded.
    pub fn yielded(&self) {
        self.yields.fetch_add(1, Ordering::Relaxed);
    }

    /// A provider's fallback was used.
    pub fn fallback(&self) {
        self.fallbacks.fetch_add(1, Ordering::Relaxed);
    }

    /// The caller heard the answer so long after the end of the turn.
    pub fn answered(&self, after: Duration) {
        self.response_ms.store((after.as_millis() as u64).max(1), Ordering::Relaxed);
    }

    /// So many messages came, and so many were queued for the far end, since the call began.
    pub fn messages(&self, received: u64, sent: u64) {
        self.received.store(received, Ordering::Relaxed);
        self.sent.store(sent, Ordering::Relaxed);
    }

    /// The far end answered a ping.
    pub fn pong(&self, after: Duration) {
        self.pongs.fetch_add(1, Ordering::Relaxed);
        self.pong_us.fetch_add(after.as_micros() as u64, Ordering::Relaxed);
    }

    fn traffic(&self) -> Traffic {
        let of = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Traffic {
            messages: of(&self.received) + of(&self.sent),
            pongs: of(&self.pongs),
            pong_us: of(&self.pong_us),
        }
    }

    /// A speech-to-speech model answers, or does so no longer.
    pub fn direct(&self, direct: bool) {
        self.direct.store(direct, Ordering::Relaxed);
    }

    fn row(&self) -> CallRow {
        let state = self.state.load(Ordering::Relaxed);
        let states = [State::Listening, State::Thinking, State::Speaking, State::Ended];
        let response_ms = self.response_ms.load(Ordering::Relaxed);
        CallRow {
            call_sid: self.call_sid.clone(),
            stream_sid: self.stream_sid.clone(),
            bridge: String::new(),
            from: self.from.clone(),
            started_at_ms: self.started_at_ms,
            business: self.business.clone(),
            seconds: self.began.elapsed().as_secs(),
            state: states.into_iter().find(|s| *s as u8 == state).unwrap_or(State::Ended),
            turns: self.turns.load(Ordering::Relaxed),
            yields: self.yields.load(Ordering::Relaxed),
            fallbacks: self.fallbacks.load(Ordering::Relaxed),
            response_ms: (response_ms > 0).then_some(response_ms),
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
            realtime: self.direct.load(Ordering::Relaxed),
            about: About::of(&self.learned.known()),
        }
    }
}

/// One live call, as told to whoever asks. Numbers of callers are cut to four digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    /// The call.
    pub call_sid: String,
    /// Its stream: the connection.
    #[serde(default)]
    pub stream_sid: String,
    /// The bridge it runs on, where that is not the one asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bridge: String,
    /// The caller's last four digits.
    pub from: String,
    /// The business's short name; empty where the CRM named none.
    pub business: String,
    /// When the stream was accepted, unix ms.
    #[serde(default)]
    pub started_at_ms: i64,
    /// Seconds since the stream was accepted.
    pub seconds: u64,
    /// Who has the floor.
    pub state: State,
    /// Turns of the caller.
    pub turns: u32,
    /// Interruptions the agent yielded to.
    pub yields: u32,
    /// Fallbacks used.
    pub fallbacks: u32,
    /// The last time from the end of the caller's turn to the agent's first sound, in ms.
    pub response_ms: Option<u64>,
    /// Does a speech-to-speech model answer now?
    #[serde(default)]
    pub realtime: bool,
    /// Messages from the far end.
    #[serde(default)]
    pub received: u64,
    /// Messages to the far end.
    #[serde(default)]
    pub sent: u64,
    /// What the caller wants.
    #[serde(flatten)]
    pub about: About,
}

/// What went over media sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages of both directions.
    pub messages: u64,
    /// Pings that were answered.
    pub pongs: u64,
    /// How long the answers took together, in µs.
    pub pong_us: u64,
}

impl std::ops::AddAssign for Traffic {
    fn add_assign(&mut self, more: Self) {
        self.messages += more.messages;
        self.pongs += more.pongs;
        self.pong_us += more.pong_us;
    }
}

/// All live calls.
#[derive(Debug, Default)]
pub struct Board(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    live: Vec<Arc<CallStatus>>,
    /// Of calls that are over.
    traffic: Traffic,
}

/// A call's place on the board. Dropping it takes the call off.
#[derive(Debug)]
pub struct OnBoard {
    status: Arc<CallStatus>,
    board: Arc<Board>,
}

impl Board {
    /// Puts a call on the board; `learned` is what its conversation teaches.
    pub fn enter(self: &Arc<Self>, call: &CallInfo, stream_sid: &str, learned: Learned) -> OnBoard {
        let status = Arc::new(CallStatus::new(call, stream_sid, learned));
        self.lock().live.push(Arc::clone(&status));
        OnBoard { status, board: Arc::clone(self) }
    }

    /// Every live call, the longest first.
    pub fn rows(&self) -> Vec<CallRow> {
        let calls: Vec<Arc<CallStatus>> = self.lock().live.clone();
        calls.iter().map(|call| call.row()).collect()
    }

    /// What went over media sockets since the start.
    pub fn traffic(&self) -> Traffic {
        let calls = self.lock();
        let mut sum = calls.traffic;
        calls.live.iter().for_each(|call| sum += call.traffic());
        sum
    }

    /// A panic elsewhere must not take the board along.
    fn lock(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::ops::Deref for OnBoard {
    type Target = CallStatus;
    fn deref(&self) -> &CallStatus {
        &self.status
    }
}

impl Drop for OnBoard {
    fn drop(&mut self) {
        let mut calls = self.board.lock();
        calls.live.retain(|call| !Arc::ptr_eq(call, &self.status));
        calls.traffic += self.status.traffic();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::fallback;

    fn call(sid: &str) -> CallInfo {
        CallInfo {
            call_sid: sid.into(),
            from: "+972502345678".into(),
            to: "+97233763805".into(),
            decision: fallback::neutral_decision(None),
            fallback: true,
            announced_at_ms: 0,
            earlier: None,
        }
    }

    /// S-TEL-007, S-TEL-008: a call is on the board while it lasts, with its connection, who has the floor, how
    /// many turns and messages it had, what it is about, and without the caller's number.
    #[test]
    fn a_call_is_shown_while_it_lasts() {
        let board = Arc::new(Board::default());
        let learned = Learned::default();
        let first = board.enter(&call("CA1"), "MZ1", learned.clone());
        let second = board.enter(&call("CA2"), "MZ2", Learned::default());
        learned.fields(&[("deal".to_owned(), "buy".to_owned())].into());
        first.state(State::Speaking);
        first.turn();
        first.answered(Duration::from_millis(700));
        first.messages(1, 7);
        first.pong(Duration::from_millis(3));
        second.yielded();
        second.fallback();
        let rows = board.rows();
        assert_eq!(rows.iter().map(|row| row.call_sid.as_str()).collect::<Vec<_>>(), ["CA1", "CA2"]);
        assert_eq!((rows[0].state, rows[0].turns, rows[0].response_ms), (State::Speaking, 1, Some(700)));
        assert_eq!((rows[1].yields, rows[1].fallbacks, rows[1].response_ms), (1, 1, None));
        assert_eq!((rows[0].stream_sid.as_str(), rows[0].received, rows[0].sent), ("MZ1", 1, 7));
        assert_eq!(rows[0].from, "…5678");
        assert_eq!(
            (rows[0].about.intents.as_slice(), &rows[1].about),
            (&[Intent::Buy][..], &About::default())
        );
        let traffic = Traffic { messages: 8, pongs: 1, pong_us: 3_000 };
        assert_eq!(board.traffic(), traffic);
        drop(first);
        assert_eq!(board.rows().len(), 1);
        assert_eq!(board.traffic(), traffic, "what a call sent is counted when it is over, too");
    }
}
