//! A call's row.

use super::sid::CallSid;
use crate::db::{TenantTx, tenant_fetch_opt};
use crate::error::Error;

/// What the rest of a transaction needs to know of a call.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Call {
    pub(crate) call_sid: String,
    pub(crate) lead_id: Option<String>,
    pub(crate) to_number: String,
    pub(crate) events_through: i64,
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
