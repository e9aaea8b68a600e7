//! Which business owns a dialled number: the one question asked across businesses.

use super::TenantCtx;
use crate::db::{Tx, exec, fetch_one, fetch_opt};
use crate::error::{Error, Fault, Refusal};
use crate::routing::number::Dialled;

/// The owner of a dialled number. No owner is no owner: there is no "first business" to fall back to.
pub(crate) async fn owner(tx: &mut Tx, dialled: &Dialled) -> Result<Option<TenantCtx>, Error> {
    let row = fetch_opt!(
        tx,
        (String,),
        "SELECT tenant_id FROM channel_routes WHERE kind = 'phone' AND address = $1",
        dialled.as_str(),
    )?;
    Ok(row.map(|(id,)| TenantCtx::new(&id)))
}

/// Gives a number to a business. Giving it again to the same one changes nothing.
///
/// # Errors
/// A [`Refusal`] when another business owns it.
pub(crate) async fn assign(
    tx: &mut Tx,
    tenant: &TenantCtx,
    dialled: &Dialled,
    now_ms: i64,
) -> Result<(), Error> {
    exec!(
        &mut *tx,
        "INSERT INTO channel_routes (kind, address, tenant_id, created_at_ms) VALUES ('phone', $1, $2, $3)
         ON CONFLICT (kind, address) DO NOTHING",
        dialled.as_str(),
        tenant.id(),
        now_ms,
    )?;
    let (owner,) = fetch_one!(
        tx,
        (String,),
        "SELECT tenant_id FROM channel_routes WHERE kind = 'phone' AND address = $1",
        dialled.as_str(),
    )?;
    if owner == tenant.id() {
        return Ok(());
    }
    Err(Refusal::new(
        Fault::Conflict,
        "number_taken",
        format!("number {} belongs to another business", dialled.as_str()),
    )
    .into())
}
