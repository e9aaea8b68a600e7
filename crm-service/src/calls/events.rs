//! Events as they are stored: as received, once each.

use crm_api::{CallEvent, CallEventKind};

use super::call::Call;
use crate::db::{TenantTx, tenant_exec, tenant_fetch_all, tenant_fetch_one};
use crate::error::{Error, Fault, Refusal};

/// An event as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct StoredEvent {
    pub(crate) seq: i64,
    pub(crate) happened_at_ms: i64,
    /// The wire's `type`.
    pub(crate) kind: String,
    /// The wire's JSON of the kind, with `type`.
    pub(crate) payload: String,
}

impl StoredEvent {
    /// Checks and packs an event; `index` is its place in the batch.
    pub(crate) fn pack(event: &CallEvent, index: usize) -> Result<Self, Refusal> {
        let bad =
            |why: String| Refusal::new(Fault::Unacceptable, "bad_event", format!("events[{index}]: {why}"));
        let seq = i64::try_from(event.seq).ok().filter(|seq| *seq >= 1);
        let seq = seq.ok_or_else(|| bad(format!("seq {} is not within 1..=2^63-1", event.seq)))?;
        if let CallEventKind::BargeIn { score, .. } = &event.kind
            && !score.is_finite()
        {
            return Err(bad("score is beyond what a 32-bit float holds".to_owned()));
        }
        let payload = serde_json::to_string(&event.kind).map_err(|error| bad(error.to_string()))?;
        Ok(Self { seq, happened_at_ms: event.at_ms, kind: kind_of(&event.kind).to_owned(), payload })
    }

    /// Reads the event back.
    pub(crate) fn unpack(&self) -> Result<CallEventKind, Error> {
        serde_json::from_str(&self.payload).map_err(|error| Error::Stored {
            what: format!("event seq {} of type {}", self.seq, self.kind),
            why: error.to_string(),
        })
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    New,
    /// It was there, the same to the letter.
    Again,
    /// Another one was there under its `seq`, and stays.
    Conflict,
}

/// What became of the events of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) stored: u32,
    pub(crate) held: u32,
    pub(crate) again: u32,
    pub(crate) conflicts: u32,
}

/// Stores an event of a call once.
pub(crate) async fn store(
    tx: &mut TenantTx,
    call: &Call,
    event: &StoredEvent,
    now_ms: i64,
) -> Result<Stored, Error> {
    let inserted = tenant_exec!(
        tx,
        "INSERT INTO call_events (tenant_id, call_sid, seq, happened_at_ms, kind, payload, received_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (call_sid, seq) DO NOTHING",
        &*call.call_sid,
        event.seq,
        event.happened_at_ms,
        &*event.kind,
        &*event.payload,
        now_ms,
    )?;
    if inserted == 1 {
        return Ok(Stored::New);
    }
    let first = tenant_fetch_one!(
        tx,
        StoredEvent,
        "SELECT seq, happened_at_ms, kind, payload FROM call_events
         WHERE tenant_id = $1 AND call_sid = $2 AND seq = $3",
        &*call.call_sid,
        event.seq,
    )?;
    Ok(if first == *event { Stored::Again } else { Stored::Conflict })
}

/// The highest `seq` up to which nothing is missing.
pub(crate) async fn stored_through(tx: &mut TenantTx, call: &Call) -> Result<i64, Error> {
    let seqs = tenant_fetch_all!(
        tx,
        (i64,),
        "SELECT seq FROM call_events WHERE tenant_id = $1 AND call_sid = $2 AND seq > $3 ORDER BY seq",
        &*call.call_sid,
        call.events_through,
    )?;
    Ok(contiguous(call.events_through, seqs))
}

/// Counts on from `through` while `seqs`, rising, has no gap.
pub(crate) fn contiguous(through: i64, seqs: Vec<(i64,)>) -> i64 {
    seqs.into_iter().fold(through, |through, (seq,)| if seq == through + 1 { seq } else { through })
}

const fn kind_of(kind: &CallEventKind) -> &'static str {
    match kind {
        CallEventKind::Started { .. } => "started",
        CallEventKind::Turn { .. } => "turn",
        CallEventKind::BargeIn { .. } => "barge_in",
        CallEventKind::LeadFields { .. } => "lead_fields",
        CallEventKind::Recording { .. } => "recording",
        CallEventKind::Ended { .. } => "ended",
    }
}

#[cfg(test)]
mod tests {
    use super::contiguous;

    #[test]
    fn a_gap_stops_the_count() {
        let seqs = |list: &[i64]| list.iter().map(|s| (*s,)).collect();
        assert_eq!(contiguous(0, seqs(&[])), 0);
        assert_eq!(contiguous(0, seqs(&[2, 3])), 0);
        assert_eq!(contiguous(0, seqs(&[1, 2, 4])), 2);
        assert_eq!(contiguous(2, seqs(&[3, 4, 6])), 4);
    }
}
