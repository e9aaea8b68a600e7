//! What the outbox knows of each call: its last number, and where its waiting events are.
//!
//! Events themselves stay on disk: a waiting event costs 32 bytes of memory, so an outage of the
//! CRM costs disk, not memory.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::File;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crm_api::{CallEvent, CallEventKind};

use super::journal::Location;
use super::outcome::{Delivered, Failure};
use super::record::Record;

/// Calls that are over and remembered, so that a late event does not begin them anew.
const MAX_REMEMBERED: usize = 4_096;
/// Events in one request.
const MAX_BATCH: usize = 64;
/// Bytes of events in one request, except that one event always fits.
const MAX_BATCH_BYTES: u64 = 256 * 1024;

/// A waiting event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) seq: u64,
    pub(super) at_ms: i64,
    pub(super) place: Location,
}

/// One call.
#[derive(Debug)]
pub(super) struct CallQueue {
    /// The last number given out.
    pub(super) last_seq: u64,
    /// The last number that is on disk.
    pub(super) durable_seq: u64,
    pub(super) first_at_ms: i64,
    pub(super) last_at_ms: i64,
    /// Its last event was recorded…
    pub(super) ended: bool,
    /// …and is on disk.
    pub(super) ended_durable: bool,
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) failures: u32,
    pub(super) due: Instant,
    pub(super) in_flight: bool,
    /// A batch was refused: up to here events go one by one, to find the culprit.
    pub(super) single_until: u64,
}

impl CallQueue {
    fn new(first_at_ms: i64, now: Instant) -> Self {
        Self {
            last_seq: 0,
            durable_seq: 0,
            first_at_ms,
            last_at_ms: first_at_ms,
            ended: false,
            ended_durable: false,
            waiting: VecDeque::new(),
            failures: 0,
            due: now,
            in_flight: false,
            single_until: 0,
        }
    }

    /// Forgets events up to `up_to`.
    pub(super) fn done(&mut self, up_to: u64) {
        while self.waiting.front().is_some_and(|waiting| waiting.seq <= up_to) {
            self.waiting.pop_front();
        }
    }
}

/// Events of one call to be sent now.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) call_sid: String,
    pub(super) batch: Vec<Waiting>,
    pub(super) reader: Arc<Mutex<File>>,
}

/// All calls with something left to do.
#[derive(Debug)]
pub(super) struct State {
    pub(super) calls: HashMap<String, CallQueue>,
    pub(super) reader: Arc<Mutex<File>>,
    /// Recorded, not yet on disk.
    pub(super) queued: usize,
    over: HashSet<String>,
    over_order: VecDeque<String>,
}

impl State {
    pub(super) fn new(reader: File) -> Self {
        Self {
            calls: HashMap::new(),
            reader: Arc::new(Mutex::new(reader)),
            queued: 0,
            over: HashSet::new(),
            over_order: VecDeque::new(),
        }
    }

    /// The queue of a call that may still have events; `None` if it is over.
    pub(super) fn open_call(&mut self, call_sid: &str, at_ms: i64, now: Instant) -> Option<&mut CallQueue> {
        if self.over.contains(call_sid) {
            return None;
        }
        if !self.calls.contains_key(call_sid) {
            self.calls.insert(call_sid.to_owned(), CallQueue::new(at_ms, now));
        }
        self.calls.get_mut(call_sid).filter(|call| !call.ended)
    }

    /// An event of a call that is not over, with its number. The number counts as given once
    /// [`given`](Self::given) says that the event is on its way to the disk.
    pub(super) fn number(
        &mut self,
        call_sid: &str,
        kind: CallEventKind,
        at_ms: i64,
        now: Instant,
    ) -> Option<CallEvent> {
        let call = self.open_call(call_sid, at_ms, now)?;
        Some(CallEvent { seq: call.last_seq + 1, at_ms, kind })
    }

    /// The event of this number is on its way to the disk; `ends`: it is its call's last.
    pub(super) fn given(&mut self, call_sid: &str, seq: u64, ends: bool) {
        if let Some(call) = self.calls.get_mut(call_sid) {
            call.last_seq = seq;
            call.ended = ends;
            self.queued += 1;
        }
    }

    /// Takes in records that were just appended to the journal, the first at `offset`, each with its
    /// length in bytes.
    pub(super) fn appended(&mut self, mut offset: u64, records: &[(Record, usize)], now: Instant) {
        for (record, len) in records {
            if let Record::Event { .. } = record {
                self.queued = self.queued.saturating_sub(1);
            }
            self.apply(record, Location { offset, len: *len as u32 }, now);
            offset += *len as u64;
        }
    }

    /// What a shorter journal of `len` bytes would begin with, and the events it must keep; `None` while
    /// more than half of it is needed.
    pub(super) fn worth_keeping(&self, len: u64) -> Option<(Vec<u8>, Vec<Location>)> {
        let waiting = self.calls.values().flat_map(|call| &call.waiting);
        let needed: u64 = waiting.map(|waiting| u64::from(waiting.place.len)).sum();
        if needed * 2 > len {
            return None;
        }
        let (mut head, mut keep) = (Vec::new(), Vec::new());
        for (call_sid, call) in self.calls.iter().filter(|(_, call)| call.durable_seq > 0) {
            let record = Record::Call {
                call_sid: call_sid.clone(),
                last_seq: call.durable_seq,
                first_at_ms: call.first_at_ms,
                last_at_ms: call.last_at_ms,
                ended: call.ended_durable,
            };
            record.encode(&mut head).ok()?;
            keep.extend(call.waiting.iter().map(|waiting| waiting.place));
        }
        Some((head, keep))
    }

    /// The journal was rewritten: what was kept at `keep` is at `offsets` now, to be read by `reader`.
    pub(super) fn moved(&mut self, keep: &[Location], offsets: Vec<u64>, reader: File) {
        let moved: HashMap<u64, u64> = keep.iter().map(|place| place.offset).zip(offsets).collect();
        for waiting in self.calls.values_mut().flat_map(|call| &mut call.waiting) {
            if let Some(offset) = moved.get(&waiting.place.offset) {
                waiting.place.offset = *offset;
            }
        }
        self.reader = Arc::new(Mutex::new(reader));
    }

    /// Takes in a record that is on disk: one just written, or one found at the start.
    pub(super) fn apply(&mut self, record: &Record, place: Location, now: Instant) {
        match record {
            Record::Event { call_sid, event } => {
                let call =
                    self.calls.entry(call_sid.clone()).or_insert_with(|| CallQueue::new(event.at_ms, now));
                call.durable_seq = call.durable_seq.max(event.seq);
                call.last_seq = call.last_seq.max(event.seq);
                call.last_at_ms = event.at_ms;
                call.ended_durable |= matches!(event.kind, CallEventKind::Ended { .. });
                call.ended |= call.ended_durable;
                call.waiting.push_back(Waiting { seq: event.seq, at_ms: event.at_ms, place });
            }
            Record::Done { call_sid, up_to } => {
                if let Some(call) = self.calls.get_mut(call_sid) {
                    call.done(*up_to);
                }
                self.forget_if_over(call_sid);
            }
            Record::Call { call_sid, last_seq, first_at_ms, last_at_ms, ended } => {
                let mut call = CallQueue::new(*first_at_ms, now);
                call.last_seq = *last_seq;
                call.durable_seq = *last_seq;
                call.last_at_ms = *last_at_ms;
                call.ended = *ended;
                call.ended_durable = *ended;
                self.calls.insert(call_sid.clone(), call);
            }
        }
    }

    /// Takes note of what came of a job. `wait` says how long to wait after so many failures. Returns what
    /// the journal must hold.
    pub(super) fn settle(
        &mut self,
        call_sid: &str,
        result: &Result<Delivered, Failure>,
        wait: impl FnOnce(u32) -> Duration,
        now: Instant,
    ) -> Option<Record> {
        let call = self.calls.get_mut(call_sid)?;
        call.in_flight = false;
        call.due = now;
        match result {
            Ok(Delivered { up_to, .. }) => {
                call.failures = 0;
                call.done(*up_to);
                self.forget_if_over(call_sid);
                return Some(Record::Done { call_sid: call_sid.to_owned(), up_to: *up_to });
            }
            Err(Failure::Split(until)) => call.single_until = *until,
            Err(Failure::Retry(_)) => {
                call.failures = call.failures.saturating_add(1);
                call.due = now + wait(call.failures);
            }
        }
        None
    }

    /// Forgets a call that is over and has nothing waiting.
    pub(super) fn forget_if_over(&mut self, call_sid: &str) {
        let over =
            |call: &CallQueue| call.ended && call.waiting.is_empty() && call.durable_seq == call.last_seq;
        if !self.calls.get(call_sid).is_some_and(over) {
            return;
        }
        self.calls.remove(call_sid);
        if self.over_order.len() >= MAX_REMEMBERED
            && let Some(oldest) = self.over_order.pop_front()
        {
            self.over.remove(&oldest);
        }
        self.over.insert(call_sid.to_owned());
        self.over_order.push_back(call_sid.to_owned());
    }

    /// At most `room` jobs that are due, those waiting longest first, and when the next one is.
    pub(super) fn take_due(&mut self, room: usize, now: Instant) -> (Vec<Job>, Option<Instant>) {
        let idle = |call: &CallQueue| !call.in_flight && !call.waiting.is_empty();
        let mut due: Vec<(Instant, &String)> = self
            .calls
            .iter()
            .filter(|(_, call)| idle(call) && call.due <= now)
            .map(|(call_sid, call)| (call.due, call_sid))
            .collect();
        due.sort_unstable();
        let due: Vec<String> = due.into_iter().take(room).map(|(_, sid)| sid.clone()).collect();
        let jobs = due
            .into_iter()
            .filter_map(|call_sid| {
                let call = self.calls.get_mut(&call_sid)?;
                call.in_flight = true;
                let batch = next_batch(call);
                Some(Job { call_sid, batch, reader: Arc::clone(&self.reader) })
            })
            .collect();
        let next = self.calls.values().filter(|call| idle(call) && call.due > now).map(|call| call.due).min();
        (jobs, next)
    }

    /// Events not yet acknowledged.
    pub(super) fn pending(&self) -> usize {
        self.queued + self.calls.values().map(|call| call.waiting.len()).sum::<usize>()
    }
}

fn next_batch(call: &CallQueue) -> Vec<Waiting> {
    let first = call.waiting.front().map_or(0, |waiting| waiting.seq);
    let limit = if first <= call.single_until { 1 } else { MAX_BATCH };
    let mut bytes = 0;
    call.waiting
        .iter()
        .take(limit)
        .enumerate()
        .take_while(|(index, waiting)| {
            bytes += u64::from(waiting.place.len);
            *index == 0 || bytes <= MAX_BATCH_BYTES
        })
        .map(|(_, waiting)| *waiting)
        .collect()
}
