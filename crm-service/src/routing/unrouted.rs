//! Calls that belong to no business (yet), and their events.

use crate::calls::events::{self, Stored, StoredEvent};
use crate::calls::sid::CallSid;
use crate::db::{Tx, exec, fetch_all, fetch_one, fetch_opt};
use crate::error::Error;

/// What is known of such a call, as received.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Unrouted {
    pub(crate) from_number: Option<String>,
    pub(crate) to_number: Option<String>,
}

/// Remembers the call, or that it was seen again. `numbers` are caller and dialled number as received.
pub(crate) async fn note(
    tx: &mut Tx,
    sid: &CallSid,
    numbers: Option<(&str, &str)>,
    now_ms: i64,
) -> Result<(), Error> {
    let reason = if numbers.is_some() { "unknown_number" } else { "unannounced" };
    let printable = |text: &str| text.replace('\0', "\u{fffd}");
    exec!(
        tx,
        "INSERT INTO unrouted_calls (call_sid, from_number, to_number, reason, first_seen_at_ms, last_seen_at_ms)
         VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (call_sid) DO UPDATE SET
             from_number = COALESCE(unrouted_calls.from_number, excluded.from_number),
             to_number = COALESCE(unrouted_calls.to_number, excluded.to_number),
             reason = CASE WHEN unrouted_calls.to_number IS NULL THEN excluded.reason ELSE unrouted_calls.reason END,
             last_seen_at_ms = excluded.last_seen_at_ms",
        sid.as_str(),
        numbers.map(|(from, _)| printable(from)),
        numbers.map(|(_, to)| printable(to)),
        reason,
        now_ms,
    )?;
    Ok(())
}

/// The call, if it was noted.
pub(crate) async fn find(tx: &mut Tx, sid: &CallSid) -> Result<Option<Unrouted>, Error> {
    Ok(fetch_opt!(
        tx,
        Unrouted,
        "SELECT from_number, to_number FROM unrouted_calls WHERE call_sid = $1",
        sid.as_str(),
    )?)
}

/// Keeps an event until a business is found, once.
pub(crate) async fn hold(
    tx: &mut Tx,
    sid: &CallSid,
    event: &StoredEvent,
    now_ms: i64,
) -> Result<Stored, Error> {
    let inserted = exec!(
        &mut *tx,
        "INSERT INTO held_events (call_sid, seq, happened_at_ms, kind, payload, received_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (call_sid, seq) DO NOTHING",
        sid.as_str(),
        event.seq,
        event.happened_at_ms,
        &*event.kind,
        &*event.payload,
        now_ms,
    )?;
    if inserted == 1 {
        return Ok(Stored::New);
    }
    let first = fetch_one!(
        tx,
        StoredEvent,
        "SELECT seq, happened_at_ms, kind, payload FROM held_events WHERE call_sid = $1 AND seq = $2",
        sid.as_str(),
        event.seq,
    )?;
    Ok(if first == *event { Stored::Again } else { Stored::Conflict })
}

/// The highest `seq` up to which nothing is missing.
pub(crate) async fn held_through(tx: &mut Tx, sid: &CallSid) -> Result<i64, Error> {
    let seqs = fetch_all!(
        tx,
        (i64,),
        "SELECT seq FROM held_events WHERE call_sid = $1 ORDER BY seq",
        sid.as_str(),
    )?;
    Ok(events::contiguous(0, seqs))
}

/// A business was found: takes the events out, in order. Nothing of the call stays outside its
/// business.
pub(crate) async fn release(tx: &mut Tx, sid: &CallSid) -> Result<Vec<StoredEvent>, Error> {
    let mut held = fetch_all!(
        &mut *tx,
        StoredEvent,
        "DELETE FROM held_events WHERE call_sid = $1 RETURNING seq, happened_at_ms, kind, payload",
        sid.as_str(),
    )?;
    held.sort_by_key(|event| event.seq);
    exec!(tx, "DELETE FROM unrouted_calls WHERE call_sid = $1", sid.as_str())?;
    Ok(held)
}
