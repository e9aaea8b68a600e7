//! The task that brings events to the CRM: in order within a call, calls side by side.
//!
//! Every call has its own back-off, so that one the CRM chokes on holds up nobody else.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crm_api::{CallEvent, EventBatch};
use tokio::sync::oneshot;
use tokio::task::{Id, JoinSet};

use super::backoff::Backoff;
use super::client::{CrmClient, CrmError};
use super::journal::{Location, read_lines};
use super::outbox::Shared;
use super::record::Record;
use super::state::Job;
use super::writer::{Command, DeadLetter};
use crate::metrics as names;

/// Requests at the same time.
const MAX_IN_FLIGHT: usize = 8;

/// What came of a job.
struct Outcome {
    call_sid: String,
    result: Result<Delivered, Failure>,
}

/// Everything up to here needs no further thought.
struct Delivered {
    up_to: u64,
    events: u64,
    buried: bool,
}

enum Failure {
    /// Try again later.
    Retry(String),
    /// The batch was refused: try its events one by one, up to this one.
    Split(u64),
}

/// Runs until it is aborted.
pub(super) async fn run(shared: Arc<Shared>, client: CrmClient, backoff: Backoff) {
    let mut running = JoinSet::new();
    let mut calls: HashMap<Id, String> = HashMap::new();
    loop {
        let room = MAX_IN_FLIGHT - running.len();
        let (jobs, next) = shared.state().take_due(room, Instant::now());
        for job in jobs {
            let call_sid = job.call_sid.clone();
            let task = running.spawn(deliver(job, Arc::clone(&shared), client.clone()));
            calls.insert(task.id(), call_sid);
        }
        let due = async {
            match next {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shared.wake.notified(), if running.len() < MAX_IN_FLIGHT => {}
            () = due, if running.len() < MAX_IN_FLIGHT => {}
            Some(outcome) = running.join_next_with_id(), if !running.is_empty() => match outcome {
                Ok((task, outcome)) => {
                    calls.remove(&task);
                    settle(&shared, outcome, &backoff);
                }
                Err(error) => {
                    tracing::error!(%error, "a delivery panicked");
                    if let Some(call_sid) = calls.remove(&error.id()) {
                        let result = Err(Failure::Retry(error.to_string()));
                        settle(&shared, Outcome { call_sid, result }, &backoff);
                    }
                }
            },
        }
    }
}

async fn deliver(job: Job, shared: Arc<Shared>, client: CrmClient) -> Outcome {
    let Job { call_sid, batch, reader } = job;
    let places: Vec<Location> = batch.iter().map(|waiting| waiting.place).collect();
    let last = batch.last().map_or(0, |waiting| waiting.seq);
    let result = match read(reader, places).await {
        Err(detail) => Err(Failure::Retry(detail)),
        // Every line has been damaged since it was written: there is nothing to send.
        Ok(events) if events.is_empty() => Ok(Delivered { up_to: last, events: 0, buried: false }),
        Ok(events) => send(&call_sid, events, last, &shared, &client).await,
    };
    Outcome { call_sid, result }
}

/// Reads events back from the journal, off the async threads.
async fn read(reader: Arc<Mutex<File>>, places: Vec<Location>) -> Result<Vec<CallEvent>, String> {
    let wanted = places.len();
    let records = tokio::task::spawn_blocking(move || {
        read_lines(&mut reader.lock().unwrap_or_else(PoisonError::into_inner), &places)
    })
    .await
    .map_err(|error| error.to_string())?
    .map_err(|error| format!("cannot read the journal: {error}"))?;
    let events: Vec<CallEvent> = records
        .into_iter()
        .filter_map(|record| match record {
            Some(Record::Event { event, .. }) => Some(event),
            _ => None,
        })
        .collect();
    metrics::counter!(names::OUTBOX_DAMAGED).increment((wanted - events.len()) as u64);
    Ok(events)
}

async fn send(
    call_sid: &str,
    events: Vec<CallEvent>,
    last: u64,
    shared: &Shared,
    client: &CrmClient,
) -> Result<Delivered, Failure> {
    let count = events.len() as u64;
    let first = events[0].seq;
    let batch = EventBatch { events };
    match client.post_events(call_sid, &batch).await {
        Ok(ack) => {
            // Below `first` the CRM misses something that is not ours to give any more, such as a
            // refused event: then the batch counts as stored, or it would be sent for ever.
            let up_to = if ack.stored_up_to < first { last } else { ack.stored_up_to.min(last) };
            let events = batch.events.iter().filter(|event| event.seq <= up_to).count() as u64;
            Ok(Delivered { up_to, events, buried: false })
        }
        Err(CrmError::Retryable(detail)) => Err(Failure::Retry(detail)),
        Err(CrmError::Permanent { .. }) if count > 1 => Err(Failure::Split(last)),
        Err(error @ CrmError::Permanent { .. }) => {
            let reason = error.to_string();
            tracing::error!(call_sid, seq = first, reason, "the CRM refused an event");
            let events = batch.events.into_iter();
            for event in events {
                let letter = DeadLetter { call_sid: call_sid.to_owned(), event, reason: reason.clone() };
                let (answer, buried) = oneshot::channel();
                let asked = shared.commands.try_send(Command::Bury(Box::new(letter), answer));
                if asked.is_err() || !buried.await.unwrap_or(false) {
                    return Err(Failure::Retry("the dead-letter file cannot be written".into()));
                }
            }
            Ok(Delivered { up_to: last, events: count, buried: true })
        }
    }
}

fn settle(shared: &Shared, outcome: Outcome, backoff: &Backoff) {
    let Outcome { call_sid, result } = outcome;
    let now = Instant::now();
    let mut state = shared.state();
    let Some(call) = state.calls.get_mut(&call_sid) else {
        return;
    };
    call.in_flight = false;
    match result {
        Ok(Delivered { up_to, events, buried }) => {
            call.failures = 0;
            call.due = now;
            call.done(up_to);
            let name = if buried { names::OUTBOX_DEAD } else { names::OUTBOX_DELIVERED };
            metrics::counter!(name).increment(events);
            // Lost if the queue is full: then a restart sends these events again, and the CRM
            // knows them.
            let done = Record::Done { call_sid: call_sid.clone(), up_to };
            let _ = shared.commands.try_send(Command::Append(done));
            state.forget_if_over(&call_sid);
        }
        Err(Failure::Split(until)) => {
            call.single_until = until;
            call.due = now;
        }
        Err(Failure::Retry(detail)) => {
            call.failures = call.failures.saturating_add(1);
            let wait = backoff.wait(call.failures, uuid::Uuid::new_v4().as_u64_pair().0);
            call.due = now + wait;
            metrics::counter!(names::OUTBOX_RETRIES).increment(1);
            tracing::warn!(call_sid, failures = call.failures, detail, "events wait for the CRM");
        }
    }
    drop(state);
    shared.settled.notify_waiters();
}
