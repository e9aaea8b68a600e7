//! The CRM as the bridge sees it: a question at the beginning of a call, and events during it.
//!
//! **A call never waits for the CRM.** The question has a second; events go to a journal on disk
//! and from there to the CRM, now or after it is back, each exactly once: the CRM knows an event
//! by `(call_sid, seq)`, and the journal outlives the process.

mod backoff;
mod client;
mod deliver;
mod journal;
mod outbox;
mod outcome;
mod record;
mod shared;
mod state;
mod stepped;
mod writer;

pub use backoff::Backoff;
pub use client::{CrmClient, CrmError};
pub use outbox::{Outbox, OutboxError, OutboxOptions, OutboxStats, UnfinishedCall};
pub use stepped::{Batch, SteppedOutbox};
