//! What live calls are doing, for whoever looks: written by each call's driver, read by `top`.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::call::CallInfo;
use crate::logging::Redacted;
use crate::session::State;

/// Where one call stands. Its driver writes, without waiting for anybody.
#[derive(Debug)]
pub struct CallStatus {
    call_sid: String,
    from: String,
    business: String,
    began: Instant,
    state: AtomicU8,
    turns: AtomicU32,
    yields: AtomicU32,
    fallbacks: AtomicU32,
    /// The last time from the end of the caller's turn to the agent's first sound, in ms; 0: none yet.
    response_ms: AtomicU64,
    /// A speech-to-speech model answers.
    direct: AtomicBool,
}

impl CallStatus {
    fn new(call: &CallInfo) -> Self {
        Self {
            call_sid: call.call_sid.clone(),
            from: Redacted(&call.from).to_string(),
            business: call.decision.business.as_ref().map(|b| b.slug.clone()).unwrap_or_default(),
            began: Instant::now(),
            state: AtomicU8::new(State::Listening as u8),
            turns: AtomicU32::new(0),
            yields: AtomicU32::new(0),
            fallbacks: AtomicU32::new(0),
            response_ms: AtomicU64::new(0),
            direct: AtomicBool::new(false),
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
            from: self.from.clone(),
            business: self.business.clone(),
            seconds: self.began.elapsed().as_secs(),
            state: states.into_iter().find(|s| *s as u8 == state).unwrap_or(State::Ended),
            turns: self.turns.load(Ordering::Relaxed),
            yields: self.yields.load(Ordering::Relaxed),
            fallbacks: self.fallbacks.load(Ordering::Relaxed),
            response_ms: (response_ms > 0).then_some(response_ms),
            realtime: self.direct.load(Ordering::Relaxed),
        }
    }
}

/// One live call, as told to whoever asks. Numbers of callers are cut to four digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    /// The call.
    pub call_sid: String,
    /// The caller's last four digits.
    pub from: String,
    /// The business's short name; empty where the CRM named none.
    pub business: String,
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
}

/// All live calls.
#[derive(Debug, Default)]
pub struct Board(Mutex<Vec<Arc<CallStatus>>>);

/// A call's place on the board. Dropping it takes the call off.
#[derive(Debug)]
pub struct OnBoard {
    status: Arc<CallStatus>,
    board: Arc<Board>,
}

impl Board {
    /// Puts a call on the board.
    pub fn enter(self: &Arc<Self>, call: &CallInfo) -> OnBoard {
        let status = Arc::new(CallStatus::new(call));
        self.lock().push(Arc::clone(&status));
        OnBoard { status, board: Arc::clone(self) }
    }

    /// Every live call, the longest first.
    pub fn rows(&self) -> Vec<CallRow> {
        let calls: Vec<Arc<CallStatus>> = self.lock().clone();
        calls.iter().map(|call| call.row()).collect()
    }

    /// A panic elsewhere must not take the board along.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<CallStatus>>> {
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
        self.board.lock().retain(|call| !Arc::ptr_eq(call, &self.status));
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

    /// A call is on the board while it lasts, with what its driver said last and without the caller's number.
    #[test]
    fn a_call_is_shown_while_it_lasts() {
        let board = Arc::new(Board::default());
        let (first, second) = (board.enter(&call("CA1")), board.enter(&call("CA2")));
        first.state(State::Speaking);
        first.turn();
        first.answered(Duration::from_millis(700));
        second.yielded();
        second.fallback();
        let rows = board.rows();
        assert_eq!(rows.iter().map(|row| row.call_sid.as_str()).collect::<Vec<_>>(), ["CA1", "CA2"]);
        assert_eq!((rows[0].state, rows[0].turns, rows[0].response_ms), (State::Speaking, 1, Some(700)));
        assert_eq!((rows[1].yields, rows[1].fallbacks, rows[1].response_ms), (1, 1, None));
        assert_eq!(rows[0].from, "…5678");
        drop(first);
        assert_eq!(board.rows().len(), 1);
    }
}
