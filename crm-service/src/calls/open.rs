//! A call is heard of for the first time.

use super::call::{Call, find};
use super::events::{self, StoredEvent};
use super::sid::CallSid;
use super::{directory, effects};
use crate::db::{TenantTx, tenant_exec};
use crate::error::Error;
use crate::leads;
use crate::routing::number::{Caller, Dialled};
use crate::routing::unrouted;

/// A call as it is first heard of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening<'a> {
    pub(crate) sid: &'a CallSid,
    pub(crate) caller: &'a Caller,
    pub(crate) dialled: &'a Dialled,
    pub(crate) first_lead_status: &'a str,
}

/// The call's row and its lead, made now unless they are there. Events that waited for the business
/// of this call move in. Needs [`lock_call`](crate::db::Tx::lock_call).
pub(crate) async fn open(tx: &mut TenantTx, opening: Opening<'_>, now_ms: i64) -> Result<Call, Error> {
    let Opening { sid, caller, dialled, first_lead_status } = opening;
    if let Some(call) = find(tx, sid).await? {
        return Ok(call);
    }
    let lead_id = leads::of_caller(tx, caller, first_lead_status, now_ms).await?;
    tenant_exec!(
        tx,
        "INSERT INTO calls (tenant_id, call_sid, lead_id, from_number, to_number, status, started_at_ms,
             caller_turns, agent_turns, barge_ins, events_through, conflicting_events, created_at_ms, updated_at_ms)
         VALUES ($1, $2, $3, $4, $5, 'routed', $6, 0, 0, 0, 0, 0, $6, $6)",
        sid.as_str(),
        lead_id.as_deref(),
        caller.as_str(),
        dialled.as_str(),
        now_ms,
    )?;
    directory::record(tx, sid, now_ms).await?;

    let mut call = Call {
        call_sid: sid.as_str().to_owned(),
        lead_id,
        to_number: dialled.as_str().to_owned(),
        events_through: 0,
    };
    let held: Vec<StoredEvent> = unrouted::release(tx.door(), sid).await?;
    if !held.is_empty() {
        for event in &held {
            events::store(tx, &call, event, now_ms).await?;
            effects::apply(tx, &mut call, event, now_ms).await?;
        }
        effects::sum_up(tx, &mut call, 0, now_ms).await?;
    }
    Ok(call)
}
