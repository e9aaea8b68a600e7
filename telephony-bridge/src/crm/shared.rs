//! What the outbox, its thread and its task have in common. They know this, and not each other.

use std::sync::atomic::AtomicBool;
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crm_api::CallEvent;
use serde::Serialize;
use tokio::sync::{Notify, oneshot};

use super::record::Record;
use super::state::State;

/// What the outbox, its thread and its task share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) commands: SyncSender<Command>,
    /// Something is due.
    pub(super) wake: Notify,
    /// A job was settled.
    pub(super) settled: Notify,
    pub(super) closing: AtomicBool,
    pub(super) compact_above: u64,
}

impl Shared {
    /// A panic elsewhere must not take the outbox along.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something to write.
pub(super) enum Command {
    /// To the journal.
    Append(Record),
    /// To the file of refused events.
    Bury(Box<DeadLetter>, oneshot::Sender<bool>),
    /// Answer when everything before is on disk.
    Sync(oneshot::Sender<()>),
    /// Write what came before, and stop.
    Close,
}

/// An event that the CRM refused for good.
#[derive(Debug, Serialize)]
pub(super) struct DeadLetter {
    pub(super) call_sid: String,
    pub(super) event: CallEvent,
    /// Why.
    pub(super) reason: String,
}
