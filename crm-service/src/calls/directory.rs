//! Which business a call belongs to: written once, when the call finds its business.

use super::sid::CallSid;
use crate::db::{TenantTx, Tx, exec, fetch_opt};
use crate::error::Error;
use crate::tenancy::TenantCtx;

/// The business of a call, once it has one.
pub(crate) async fn owner(tx: &mut Tx, sid: &CallSid) -> Result<Option<TenantCtx>, Error> {
    let row =
        fetch_opt!(tx, (String,), "SELECT tenant_id FROM call_directory WHERE call_sid = $1", sid.as_str())?;
    Ok(row.map(|(id,)| TenantCtx::new(&id)))
}

/// The call belongs to the business of the transaction from now on.
pub(crate) async fn record(tx: &mut TenantTx, sid: &CallSid, now_ms: i64) -> Result<(), Error> {
    let tenant = tx.tenant().clone();
    exec!(
        tx.door(),
        "INSERT INTO call_directory (call_sid, tenant_id, created_at_ms) VALUES ($1, $2, $3)",
        sid.as_str(),
        tenant.id(),
        now_ms,
    )?;
    Ok(())
}
