//! Calls: one row a call, whatever order its news arrives in.

pub(crate) mod directory;
pub(crate) mod effects;
pub(crate) mod events;
pub(crate) mod view;

use self::events::StoredEvent;
use crate::db::{TenantTx, tenant_exec, tenant_fetch_opt};
use crate::error::{Error, Fault, Refusal};
use crate::leads;
use crate::routing::number::{Caller, Dialled};
use crate::routing::unrouted;

/// The provider's id of a call, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallSid(String);

impl CallSid {
    /// 1 to 128 of `A-Z a-z 0-9 _ - . :`.
    ///
    /// # Errors
    /// A refusal that quotes the id.
    pub(crate) fn parse(received: &str) -> Result<Self, Refusal> {
        let ok = (1..=128).contains(&received.len())
            && received.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(&b));
        if ok {
            return Ok(Self(received.to_owned()));
        }
        let quoted: String = received.chars().take(40).collect();
        Err(Refusal::new(
            Fault::Malformed,
            "bad_call_sid",
            format!("call_sid {quoted:?}: 1 to 128 of A-Z a-z 0-9 _ - . :"),
        ))
    }

    /// The id.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the rest of a transaction needs to know of a call.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Call {
    pub(crate) call_sid: String,
    pub(crate) lead_id: Option<String>,
    pub(crate) to_number: String,
    pub(crate) events_through: i64,
}

/// A call as it is first heard of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening<'a> {
    pub(crate) sid: &'a CallSid,
    pub(crate) caller: &'a Caller,
    pub(crate) dialled: &'a Dialled,
    pub(crate) first_lead_status: &'a str,
}

/// The call, if this business has it.
pub(crate) async fn find(tx: &mut TenantTx, sid: &CallSid) -> Result<Option<Call>, Error> {
    Ok(tenant_fetch_opt!(
        tx,
        Call,
        "SELECT call_sid, lead_id, to_number, events_through FROM calls WHERE tenant_id = $1 AND call_sid = $2",
        sid.as_str(),
    )?)
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
