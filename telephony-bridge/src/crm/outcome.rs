//! What the CRM's answer to a batch of events means for them.

use crm_api::{CallEvent, EventAck};

use super::client::CrmError;

/// Everything up to here needs no further thought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delivered {
    pub(super) up_to: u64,
    pub(super) events: u64,
    /// Refused and laid aside, not stored.
    pub(super) buried: bool,
}

/// Why a batch is not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Try again later.
    Retry(String),
    /// The batch was refused: try its events one by one, up to this one.
    Split(u64),
}

/// What to do after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing but to take note.
    Settled(Result<Delivered, Failure>),
    /// The only event of the batch was refused for good, with this reason: lay it aside.
    Refused(String),
}

/// Judges the answer to a batch that ends with number `last`.
pub(super) fn verdict(answer: Result<EventAck, CrmError>, events: &[CallEvent], last: u64) -> Verdict {
    Verdict::Settled(match answer {
        Ok(ack) => {
            // Below the first the CRM misses something that is not ours to give any more, such as a
            // refused event: then the batch counts as stored, or it would be sent for ever.
            let first = events.first().map_or(last, |event| event.seq);
            let up_to = if ack.stored_up_to < first { last } else { ack.stored_up_to.min(last) };
            let stored = events.iter().filter(|event| event.seq <= up_to).count() as u64;
            Ok(Delivered { up_to, events: stored, buried: false })
        }
        Err(CrmError::Retryable(detail)) => Err(Failure::Retry(detail)),
        Err(CrmError::Permanent { .. }) if events.len() > 1 => Err(Failure::Split(last)),
        Err(error @ CrmError::Permanent { .. }) => return Verdict::Refused(error.to_string()),
    })
}
