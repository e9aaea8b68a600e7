//! Keys of the API: shown once, stored as a hash.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::TenantCtx;
use crate::db::{Tx, exec, fetch_opt};
use crate::error::{Error, Fault, Refusal};
use crate::ids;

/// Every key begins with it.
pub(crate) const PREFIX: &str = "kav_";

/// The shortest key accepted, in bytes.
const MIN_LENGTH: usize = 20;

/// A fresh key with 244 random bits. As many random bits as these need no slow hash.
pub(crate) fn generate() -> SecretString {
    format!("{PREFIX}{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()).into()
}

/// Stores a key of a business. Storing it again for the same one changes nothing.
///
/// # Errors
/// A [`Refusal`] for a key without its prefix, one too short, or one of another business.
pub(crate) async fn store(
    tx: &mut Tx,
    tenant: &TenantCtx,
    key: &SecretString,
    label: &str,
    now_ms: i64,
) -> Result<(), Error> {
    let text = key.expose_secret();
    let printable = text.bytes().all(|b| b.is_ascii_graphic());
    if !text.starts_with(PREFIX) || text.len() < MIN_LENGTH || !printable {
        return Err(Refusal::new(
            Fault::Unacceptable,
            "bad_api_key",
            format!(
                "an API key begins with {PREFIX} and has at least {MIN_LENGTH} printable ASCII characters; this one has {}",
                text.len()
            ),
        )
        .into());
    }
    exec!(
        &mut *tx,
        "INSERT INTO api_keys (id, tenant_id, key_hash, prefix, label, created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key_hash) DO NOTHING",
        ids::fresh(),
        tenant.id(),
        hash(text),
        &text[..PREFIX.len() + 4],
        label,
        now_ms,
    )?;
    match owner(tx, text).await? {
        Some(owner) if owner == *tenant => Ok(()),
        _ => {
            Err(Refusal::new(Fault::Conflict, "api_key_taken", "this API key is in use or was revoked")
                .into())
        }
    }
}

/// The business whose valid key this is. Compared as hashes, so that timing tells nothing of the key.
pub(crate) async fn owner(tx: &mut Tx, key: &str) -> Result<Option<TenantCtx>, Error> {
    let row = fetch_opt!(
        tx,
        (String,),
        "SELECT tenant_id FROM api_keys WHERE key_hash = $1 AND revoked_at_ms IS NULL",
        hash(key),
    )?;
    Ok(row.map(|(id,)| TenantCtx::new(&id)))
}

fn hash(key: &str) -> String {
    ids::hex(&Sha256::digest(key.as_bytes()))
}
