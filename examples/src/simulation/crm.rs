//! The CRM behind a bad network: it stores each event once, and notices if it is told two stories.

use std::collections::{BTreeMap, HashMap};

use crm_api::{CallEvent, CallEventKind, EventAck};
use telephony_bridge::crm::{Batch, CrmError};

use super::rng::Rng;

/// What is stored.
#[derive(Debug, Default)]
pub(super) struct Crm {
    calls: HashMap<String, BTreeMap<u64, CallEvent>>,
    /// Batches that came again.
    pub(super) repeated: u64,
}

/// How a request fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// There and back.
    Through,
    /// It never arrives.
    Lost,
    /// It arrives, its answer does not.
    Unanswered,
    /// The CRM is overloaded.
    Busy,
}

impl Way {
    /// As the seed has it.
    pub(super) fn of(rng: &mut Rng, faults: u64) -> Self {
        match rng.chance(faults) {
            false => Self::Through,
            true => *rng.pick(&[Self::Lost, Self::Unanswered, Self::Busy]),
        }
    }
}

impl Crm {
    /// A batch comes in, or does not.
    ///
    /// # Errors
    /// Two events under one number.
    pub(super) fn post(&mut self, batch: &Batch, way: Way) -> Result<Result<EventAck, CrmError>, String> {
        let late = || Err(CrmError::Retryable("simulated".into()));
        if matches!(way, Way::Lost | Way::Busy) {
            return Ok(late());
        }
        // Whatever it is given is refused for good where one event cannot be read.
        if batch.events.iter().any(is_poison) {
            let (code, message) = ("invalid".into(), "simulated".into());
            return Ok(Err(CrmError::Permanent { status: 422, code, message }));
        }
        let stored = self.calls.entry(batch.call_sid.clone()).or_default();
        let mut duplicates = 0;
        for event in &batch.events {
            match stored.get(&event.seq) {
                Some(known) if known == event => duplicates += 1,
                Some(known) => {
                    return Err(format!("{}: {known:?} and {event:?} have one number", batch.call_sid));
                }
                None => drop(stored.insert(event.seq, event.clone())),
            }
        }
        self.repeated += u64::from(duplicates > 0);
        let stored_up_to = (1..).take_while(|seq| stored.contains_key(seq)).last().unwrap_or(0);
        match way {
            Way::Unanswered => Ok(late()),
            _ => Ok(Ok(EventAck { stored_up_to, duplicates })),
        }
    }

    /// What is stored of a call.
    pub(super) fn events(&self, call_sid: &str) -> impl Iterator<Item = &CallEvent> {
        self.calls.get(call_sid).into_iter().flat_map(BTreeMap::values)
    }

    /// Calls of which something is stored.
    pub(super) fn calls(&self) -> usize {
        self.calls.len()
    }
}

/// An event that the CRM cannot take: fields with an area of this name.
fn is_poison(event: &CallEvent) -> bool {
    matches!(&event.kind, CallEventKind::LeadFields { fields } if fields.get("area").is_some_and(|area| area == "אפס"))
}
