//! Leads: people who contacted a business, each once.

pub(crate) mod fields;
pub(crate) mod view;

use crate::calls::call::Call;
use crate::db::{TenantTx, tenant_exec, tenant_fetch_one};
use crate::error::Error;
use crate::ids;
use crate::routing::number::Caller;

/// The lead of a caller, made now unless the business knows this number. None for a hidden caller.
pub(crate) async fn of_caller(
    tx: &mut TenantTx,
    caller: &Caller,
    first_status: &str,
    now_ms: i64,
) -> Result<Option<String>, Error> {
    let (kind, value) = match caller {
        Caller::Hidden => return Ok(None),
        Caller::E164(number) => ("phone", number),
        Caller::Raw(number) => ("phone_raw", number),
    };
    let fresh = ids::fresh();
    // Whoever comes second waits here and gets the id of the first.
    let (lead,) = tenant_fetch_one!(
        tx,
        (String,),
        "INSERT INTO contact_identities (tenant_id, kind, value, lead_id, created_at_ms, last_seen_at_ms)
         VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (tenant_id, kind, value) DO UPDATE SET last_seen_at_ms = excluded.last_seen_at_ms
         RETURNING lead_id",
        kind,
        &**value,
        &*fresh,
        now_ms,
    )?;
    if lead == fresh {
        insert(tx, &fresh, first_status, now_ms).await?;
    } else {
        tenant_exec!(
            tx,
            "UPDATE leads SET updated_at_ms = $3 WHERE tenant_id = $1 AND id = $2",
            &*lead,
            now_ms,
        )?;
    }
    Ok(Some(lead))
}

/// The lead of a call. A hidden caller gets one now, for this call alone.
pub(crate) async fn of_call(tx: &mut TenantTx, call: &mut Call, now_ms: i64) -> Result<String, Error> {
    if let Some(lead) = &call.lead_id {
        return Ok(lead.clone());
    }
    let (first_status,) = tenant_fetch_one!(
        tx,
        (String,),
        "SELECT first_lead_status FROM tenant_settings WHERE tenant_id = $1",
    )?;
    let lead = ids::fresh();
    insert(tx, &lead, &first_status, now_ms).await?;
    tenant_exec!(
        tx,
        "UPDATE calls SET lead_id = $3 WHERE tenant_id = $1 AND call_sid = $2",
        &*call.call_sid,
        &*lead,
    )?;
    call.lead_id = Some(lead.clone());
    Ok(lead)
}

async fn insert(tx: &mut TenantTx, id: &str, status: &str, now_ms: i64) -> Result<(), Error> {
    tenant_exec!(
        tx,
        "INSERT INTO leads (tenant_id, id, status, source, created_at_ms, updated_at_ms)
         VALUES ($1, $2, $3, 'call', $4, $4)",
        id,
        status,
        now_ms,
    )?;
    Ok(())
}
