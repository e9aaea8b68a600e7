//! What an event changes besides being stored. Each effect runs once, in the transaction
//! that stores its event. Turns and lead fields give the same result in whatever order events arrive;
//! of two starts, recordings or ends of one call the later arrival counts.

use crm_api::CallEventKind;

use super::call::Call;
use super::events::{self, StoredEvent};
use crate::db::{TenantTx, tenant_exec};
use crate::error::Error;
use crate::leads::{self, fields};
use crate::words;

/// Applies a newly stored event.
pub(crate) async fn apply(
    tx: &mut TenantTx,
    call: &mut Call,
    event: &StoredEvent,
    now_ms: i64,
) -> Result<(), Error> {
    match event.unpack()? {
        CallEventKind::Started { stream_sid, .. } => {
            tenant_exec!(
                tx,
                "UPDATE calls SET stream_sid = $3, started_at_ms = $4 WHERE tenant_id = $1 AND call_sid = $2",
                &*call.call_sid,
                storable(&stream_sid),
                event.happened_at_ms,
            )?;
        }
        CallEventKind::Turn { turn, speaker, text, start_ms, end_ms, interrupted } => {
            // Two accounts of one turn: the later one knows better.
            tenant_exec!(
                tx,
                "INSERT INTO turns (tenant_id, call_sid, turn, seq, speaker, text, start_ms, end_ms, interrupted)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 ON CONFLICT (call_sid, turn) DO UPDATE SET
                     seq = excluded.seq, speaker = excluded.speaker, text = excluded.text,
                     start_ms = excluded.start_ms, end_ms = excluded.end_ms, interrupted = excluded.interrupted
                 WHERE excluded.seq > turns.seq",
                &*call.call_sid,
                i64::from(turn),
                event.seq,
                words::of(&speaker),
                storable(&text),
                words::big(start_ms),
                words::big(end_ms),
                interrupted,
            )?;
        }
        CallEventKind::BargeIn { .. } => {}
        CallEventKind::LeadFields { fields } => {
            let fields = fields::cleaned(&fields);
            if !fields.is_empty() {
                let lead = leads::of_call(tx, call, now_ms).await?;
                let source = fields::Source {
                    call_sid: &call.call_sid,
                    seq: event.seq,
                    said_at_ms: event.happened_at_ms,
                };
                fields::merge(tx, &lead, &fields, source, now_ms).await?;
            }
        }
        CallEventKind::Recording { location, duration_ms } => {
            tenant_exec!(
                tx,
                "UPDATE calls SET recording = $3, recording_ms = $4 WHERE tenant_id = $1 AND call_sid = $2",
                &*call.call_sid,
                storable(&location),
                words::big(duration_ms),
            )?;
        }
        CallEventKind::Ended { reason, duration_ms } => {
            tenant_exec!(
                tx,
                "UPDATE calls SET status = 'ended', ended_at_ms = $3, end_reason = $4, duration_ms = $5
                 WHERE tenant_id = $1 AND call_sid = $2",
                &*call.call_sid,
                event.happened_at_ms,
                words::of(&reason),
                words::big(duration_ms),
            )?;
        }
    }
    Ok(())
}

/// Brings the call's sums up to date after a batch: counted from the rows, not added up.
pub(crate) async fn sum_up(
    tx: &mut TenantTx,
    call: &mut Call,
    conflicts: i64,
    now_ms: i64,
) -> Result<(), Error> {
    call.events_through = events::stored_through(tx, call).await?;
    tenant_exec!(
        tx,
        "UPDATE calls SET
             status = CASE WHEN status = 'routed' THEN 'in_progress' ELSE status END,
             events_through = $3,
             conflicting_events = conflicting_events + $4,
             caller_turns = (SELECT COUNT(*) FROM turns
                             WHERE tenant_id = $1 AND call_sid = $2 AND speaker = 'caller'),
             agent_turns = (SELECT COUNT(*) FROM turns
                            WHERE tenant_id = $1 AND call_sid = $2 AND speaker = 'agent'),
             barge_ins = (SELECT COUNT(*) FROM call_events
                          WHERE tenant_id = $1 AND call_sid = $2 AND kind = 'barge_in'),
             updated_at_ms = $5
         WHERE tenant_id = $1 AND call_sid = $2",
        &*call.call_sid,
        call.events_through,
        conflicts,
        now_ms,
    )?;
    Ok(())
}

/// PostgreSQL stores every character but NUL.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
