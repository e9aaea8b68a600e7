//! The outbox without its thread, its task and its clock.
//!
//! [`Outbox`](super::Outbox) is this plus a thread that writes and a task that delivers. Here whoever drives it
//! says when the disk writes and what the CRM answers, so that a simulation meets every order of the two,
//! and the end of the process in the middle of either.

use std::io;
use std::path::Path;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crm_api::{CallEvent, CallEventKind, EventAck};

use super::client::CrmError;
use super::journal::{self, Journal, Location, read_lines};
use super::outbox::{UnfinishedCall, unfinished};
use super::outcome::{Delivered, Verdict, verdict};
use super::record::Record;
use super::state::State;

/// Events of one call on their way to the CRM.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The call.
    pub call_sid: String,
    /// In rising `seq`.
    pub events: Vec<CallEvent>,
    last: u64,
}

/// An outbox that is driven by hand.
#[derive(Debug)]
pub struct SteppedOutbox {
    state: State,
    journal: Journal,
    /// Given a number, not yet on disk.
    queue: Vec<Record>,
    compact_above: u64,
}

impl SteppedOutbox {
    /// Opens the journal in `dir`, which must exist, as after the start of a process. The calls returned
    /// were cut off by the end of the process before.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(dir: &Path, compact_above: u64, now: Instant) -> io::Result<(Self, Vec<UnfinishedCall>)> {
        let mut state = State::new(journal::reader(dir)?);
        let (journal, _) = Journal::open(dir, |record, place| state.apply(&record, place, now))?;
        let calls = unfinished(&state);
        Ok((Self { state, journal, queue: Vec::new(), compact_above }, calls))
    }

    /// Gives an event its number; `None` after the end of its call.
    pub fn record(&mut self, call_sid: &str, kind: CallEventKind, at_ms: i64, now: Instant) -> Option<u64> {
        let event = self.state.number(call_sid, kind, at_ms, now)?;
        let (seq, ends) = (event.seq, matches!(event.kind, CallEventKind::Ended { .. }));
        self.state.given(call_sid, seq, ends);
        self.queue.push(Record::Event { call_sid: call_sid.to_owned(), event });
        Some(seq)
    }

    /// Does something wait for the disk?
    pub fn wants_to_write(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The bytes that the next [`write`](Self::write) will append: what a process that dies meanwhile leaves
    /// is any beginning of them.
    ///
    /// # Errors
    /// An event that is not JSON.
    pub fn unwritten(&self) -> io::Result<Vec<u8>> {
        let mut lines = Vec::new();
        for record in &self.queue {
            record.encode(&mut lines)?;
        }
        Ok(lines)
    }

    /// Writes what waits with one sync, then shortens the journal if that is worth it.
    ///
    /// # Errors
    /// The disk's; then everything still waits.
    pub fn write(&mut self, now: Instant) -> io::Result<()> {
        let (mut lines, mut records) = (Vec::new(), Vec::new());
        for record in &self.queue {
            let len = record.encode(&mut lines)?;
            records.push((record.clone(), len));
        }
        let offset = self.journal.append(&lines)?;
        self.queue.clear();
        self.state.appended(offset, &records, now);
        if self.journal.len() < self.compact_above || !self.journal.has_doubled() {
            return Ok(());
        }
        let Some((head, keep)) = self.state.worth_keeping(self.journal.len()) else { return Ok(()) };
        let (offsets, reader) = self.journal.rewrite(&head, &keep)?;
        self.state.moved(&keep, offsets, reader);
        Ok(())
    }

    /// At most `room` batches that are due, and when the next one is.
    ///
    /// # Errors
    /// The disk's, where events are read back.
    pub fn take_due(&mut self, room: usize, now: Instant) -> io::Result<(Vec<Batch>, Option<Instant>)> {
        let (jobs, next) = self.state.take_due(room, now);
        let mut batches = Vec::with_capacity(jobs.len());
        for job in jobs {
            let places: Vec<Location> = job.batch.iter().map(|waiting| waiting.place).collect();
            let mut reader = job.reader.lock().unwrap_or_else(PoisonError::into_inner);
            let events = read_lines(&mut reader, &places)?.into_iter().filter_map(|record| match record {
                Some(Record::Event { event, .. }) => Some(event),
                _ => None,
            });
            let last = job.batch.last().map_or(0, |waiting| waiting.seq);
            batches.push(Batch { call_sid: job.call_sid.clone(), events: events.collect(), last });
        }
        Ok((batches, next))
    }

    /// The CRM has answered, or nobody has. `wait`: how long to wait after so many failures in a row.
    /// Returns the event that was refused for good and is laid aside.
    pub fn answered(
        &mut self,
        batch: Batch,
        answer: Result<EventAck, CrmError>,
        wait: impl FnOnce(u32) -> Duration,
        now: Instant,
    ) -> Option<CallEvent> {
        let (result, refused) = match verdict(answer, &batch.events, batch.last) {
            Verdict::Settled(result) => (result, None),
            Verdict::Refused(_) => (
                Ok(Delivered { up_to: batch.last, events: 1, buried: true }),
                batch.events.into_iter().next(),
            ),
        };
        self.queue.extend(self.state.settle(&batch.call_sid, &result, wait, now));
        refused
    }

    /// Events the CRM has not acknowledged.
    pub fn pending(&self) -> usize {
        self.state.pending()
    }
}
