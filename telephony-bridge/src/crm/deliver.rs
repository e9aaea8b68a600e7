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
use super::client::CrmClient;
use super::journal::{Location, read_lines};
use super::outcome::{Delivered, Failure, Verdict, verdict};
use super::record::Record;
use super::shared::{Command, DeadLetter, Shared};
use super::state::Job;
use crate::metrics as names;

/// Requests at the same time.
const MAX_IN_FLIGHT: usize = 8;

/// What came of a job.
struct Outcome {
    call_sid: String,
    result: Result<Delivered, Failure>,
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
    let answer = client.post_events(call_sid, &batch).await;
    let refused = match verdict(answer, &batch.events, last) {
        Verdict::Settled(result) => return result,
        Verdict::Refused(reason) => reason,
    };
    tracing::error!(call_sid, seq = first, reason = refused, "the CRM refused an event");
    for event in batch.events {
        let letter = DeadLetter { call_sid: call_sid.to_owned(), event, reason: refused.clone() };
        let (answer, buried) = oneshot::channel();
        let asked = shared.commands.try_send(Command::Bury(Box::new(letter), answer));
        if asked.is_err() || !buried.await.unwrap_or(false) {
            return Err(Failure::Retry("the dead-letter file cannot be written".into()));
        }
    }
    Ok(Delivered { up_to: last, events: count, buried: true })
}

fn settle(shared: &Shared, outcome: Outcome, backoff: &Backoff) {
    let Outcome { call_sid, result } = outcome;
    let mut state = shared.state();
    match &result {
        Ok(Delivered { events, buried, .. }) => {
            let name = if *buried { names::OUTBOX_DEAD } else { names::OUTBOX_DELIVERED };
            metrics::counter!(name).increment(*events);
        }
        Err(Failure::Split(_)) => {}
        Err(Failure::Retry(detail)) => {
            metrics::counter!(names::OUTBOX_RETRIES).increment(1);
            tracing::warn!(call_sid, detail, "events wait for the CRM");
        }
    }
    let random = uuid::Uuid::new_v4().as_u64_pair().0;
    let done = state.settle(&call_sid, &result, |failures| backoff.wait(failures, random), Instant::now());
    if let Some(done) = done {
        // Lost if the queue is full: then a restart sends these events again, and the CRM knows them.
        let _ = shared.commands.try_send(Command::Append(done));
    }
    drop(state);
    shared.settled.notify_waiters();
}
