//! Events for the CRM, kept until it has them.
//!
//! [`Outbox::record`] gives an event its number and hands it to the writer thread: no disk, no
//! network, no waiting on the caller's side. From the journal it is delivered in order within its
//! call. After a crash at any byte, whatever was on disk and not acknowledged is sent again; the
//! CRM knows an event by `(call_sid, seq)`, so each arrives exactly once.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crm_api::CallEventKind;
use tokio::sync::{Notify, oneshot};

use super::backoff::Backoff;
use super::client::CrmClient;
use super::deliver;
use super::journal::{self, Journal};
use super::record::Record;
use super::shared::{Command, Shared};
use super::state::State;
use super::writer;
use crate::metrics as names;

/// Events between a call and the disk.
const QUEUE: usize = 8_192;

/// Why an outbox does not open.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The disk refused.
    #[error("outbox {path}: {source}")]
    Io {
        /// Its folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process has it open, typically a second bridge with the same `DATA_DIR`.
    #[error("outbox {0} is in use by another process")]
    Locked(PathBuf),
}

/// What may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxOptions {
    /// Between attempts.
    pub backoff: Backoff,
    /// The journal is rewritten when it is longer than this, in bytes, and half of it is old.
    pub compact_above: u64,
}

impl Default for OutboxOptions {
    fn default() -> Self {
        Self { backoff: Backoff::default(), compact_above: 1 << 20 }
    }
}

/// Numbers for `/health`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxStats {
    /// Events not yet acknowledged.
    pub pending: usize,
    /// When the oldest of them happened, unix ms.
    pub oldest_at_ms: Option<i64>,
}

/// A call that the process before this one did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfinishedCall {
    /// The call.
    pub call_sid: String,
    /// Its first event, unix ms.
    pub first_at_ms: i64,
    /// Its last event, unix ms.
    pub last_at_ms: i64,
}

/// The outbox. Cheap to clone; closes when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Outbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
    deliverer: tokio::task::AbortHandle,
    /// Holds the lock on the folder.
    _lock: File,
}

impl Outbox {
    /// Opens the outbox in `dir`, creating it if need be, and starts delivering. Needs a tokio
    /// runtime. The calls returned were cut off by the end of the process before.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn open(
        dir: &Path,
        client: CrmClient,
        options: OutboxOptions,
    ) -> Result<(Self, Vec<UnfinishedCall>), OutboxError> {
        let failed = |source| OutboxError::Io { path: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let lock = File::create(dir.join("lock")).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => OutboxError::Locked(dir.to_owned()),
            std::fs::TryLockError::Error(source) => failed(source),
        })?;

        let now = Instant::now();
        let mut state = State::new(journal::reader(dir).map_err(failed)?);
        let (mut journal, report) =
            Journal::open(dir, |record, place| state.apply(&record, place, now)).map_err(failed)?;
        if report.damaged > 0 {
            metrics::counter!(names::OUTBOX_DAMAGED).increment(report.damaged);
            tracing::error!(records = report.damaged, "the outbox journal was damaged");
        }
        let unfinished = unfinished(&state);
        let (commands, receiver) = sync_channel(QUEUE);
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            commands,
            wake: Notify::new(),
            settled: Notify::new(),
            closing: AtomicBool::new(false),
            compact_above: options.compact_above,
        });
        writer::compact(&mut journal, &shared);
        let for_writer = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("kav-outbox".to_owned())
            .spawn(move || writer::run(&receiver, journal, &for_writer))
            .map_err(failed)?;
        let deliver = deliver::run(Arc::clone(&shared), client, options.backoff);
        let deliverer = tokio::spawn(deliver).abort_handle();
        let inner = Inner { shared, writer: Some(writer), deliverer, _lock: lock };
        Ok((Self { inner: Arc::new(inner) }, unfinished))
    }

    /// Records an event of a call at `at_ms` (unix ms) and returns its number in the call.
    ///
    /// Never waits. `None`: the event could not be kept, because the disk does not follow or the
    /// call is over; that is counted and logged, and the call goes on.
    pub fn record(&self, call_sid: &str, kind: CallEventKind, at_ms: i64) -> Option<u64> {
        let shared = &self.inner.shared;
        let mut state = shared.state();
        let Some(event) = state.number(call_sid, kind, at_ms, Instant::now()) else {
            drop(state);
            metrics::counter!(names::OUTBOX_LOST, "reason" => "after_end").increment(1);
            tracing::warn!(call_sid, "an event after the end of its call is dropped");
            return None;
        };
        let (seq, ends) = (event.seq, matches!(event.kind, CallEventKind::Ended { .. }));
        let record = Record::Event { call_sid: call_sid.to_owned(), event };
        match shared.commands.try_send(Command::Append(record)) {
            Ok(()) => {
                state.given(call_sid, seq, ends);
                drop(state);
                metrics::counter!(names::OUTBOX_RECORDED).increment(1);
                Some(seq)
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                drop(state);
                metrics::counter!(names::OUTBOX_LOST, "reason" => "disk").increment(1);
                tracing::error!(call_sid, seq, "an event is lost: the disk does not follow");
                None
            }
        }
    }

    /// Does the CRM have everything of this call that there was to be told?
    pub fn is_done_with(&self, call_sid: &str) -> bool {
        !self.inner.shared.state().calls.contains_key(call_sid)
    }

    /// Waits until everything recorded before is on disk.
    pub async fn sync(&self) {
        let (answer, done) = oneshot::channel();
        let commands = self.inner.shared.commands.clone();
        let sent = tokio::task::spawn_blocking(move || commands.send(Command::Sync(answer))).await;
        if matches!(sent, Ok(Ok(()))) {
            // An error means that the writer has stopped: then nothing more will be on disk.
            let _ = done.await;
        }
    }

    /// Tries everything that waits at once, and waits for the CRM at most `limit`. Returns the
    /// events that still wait; they stay on disk.
    pub async fn flush(&self, limit: Duration) -> usize {
        let shared = &self.inner.shared;
        let drained = async {
            self.sync().await;
            let now = Instant::now();
            for call in shared.state().calls.values_mut() {
                call.due = call.due.min(now);
            }
            shared.wake.notify_one();
            loop {
                let settled = shared.settled.notified();
                tokio::pin!(settled);
                settled.as_mut().enable();
                if shared.state().pending() == 0 {
                    return;
                }
                settled.await;
            }
        };
        // Late is not lost: the rest is sent by the next process.
        let _ = tokio::time::timeout(limit, drained).await;
        self.sync_within(limit).await;
        shared.state().pending()
    }

    async fn sync_within(&self, limit: Duration) {
        let _ = tokio::time::timeout(limit, self.sync()).await;
    }

    /// Numbers.
    pub fn stats(&self) -> OutboxStats {
        let state = self.inner.shared.state();
        OutboxStats {
            pending: state.pending(),
            oldest_at_ms: state
                .calls
                .values()
                .filter_map(|call| call.waiting.front().map(|waiting| waiting.at_ms))
                .min(),
        }
    }
}

pub(super) fn unfinished(state: &State) -> Vec<UnfinishedCall> {
    let mut calls: Vec<UnfinishedCall> = state
        .calls
        .iter()
        .filter(|(_, call)| !call.ended)
        .map(|(call_sid, call)| UnfinishedCall {
            call_sid: call_sid.clone(),
            first_at_ms: call.first_at_ms,
            last_at_ms: call.last_at_ms,
        })
        .collect();
    calls.sort_by(|a, b| a.call_sid.cmp(&b.call_sid));
    calls
}

impl Drop for Inner {
    /// Writes what was recorded, then lets go of the folder.
    fn drop(&mut self) {
        self.deliverer.abort();
        self.shared.closing.store(true, Ordering::Relaxed);
        // Blocks until the writer has room, which it soon has, or gives up.
        let _ = self.shared.commands.send(Command::Close);
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}
