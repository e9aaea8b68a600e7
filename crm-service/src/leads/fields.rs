//! What conversations taught about a lead.

use std::collections::BTreeMap;

use crate::db::{TenantTx, tenant_exec};
use crate::error::Error;

/// Longest name of a field, in characters.
pub(crate) const MAX_NAME: usize = 64;
/// Longest value of a field, in characters.
pub(crate) const MAX_VALUE: usize = 4_000;

/// Where a statement comes from; of two statements the later one holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) call_sid: &'a str,
    /// Event of the call; 0 for a tool.
    pub(crate) seq: i64,
    /// Unix ms.
    pub(crate) said_at_ms: i64,
}

/// Trimmed, cut to length, and without blanks: silence about a field is not a statement.
pub(crate) fn cleaned(fields: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    fields
        .iter()
        .map(|(name, value)| (cut(name, MAX_NAME), cut(value, MAX_VALUE)))
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .collect()
}

fn cut(text: &str, characters: usize) -> String {
    text.trim().chars().filter(|c| *c != '\0').take(characters).collect()
}

/// Merges cleaned fields into a lead. The newest statement about a field wins, whatever order
/// statements arrive in. The field `name` is the lead's name as well.
pub(crate) async fn merge(
    tx: &mut TenantTx,
    lead_id: &str,
    fields: &BTreeMap<String, String>,
    source: Source<'_>,
    now_ms: i64,
) -> Result<(), Error> {
    for (name, value) in fields {
        tenant_exec!(
            tx,
            "INSERT INTO lead_fields (tenant_id, lead_id, name, value, said_at_ms, seq, call_sid)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (tenant_id, lead_id, name) DO UPDATE SET
                 value = excluded.value, said_at_ms = excluded.said_at_ms,
                 seq = excluded.seq, call_sid = excluded.call_sid
             WHERE (excluded.said_at_ms, excluded.seq) >= (lead_fields.said_at_ms, lead_fields.seq)",
            lead_id,
            &**name,
            &**value,
            source.said_at_ms,
            source.seq,
            source.call_sid,
        )?;
    }
    tenant_exec!(
        tx,
        "UPDATE leads SET
             name = COALESCE((SELECT f.value FROM lead_fields f
                              WHERE f.tenant_id = $1 AND f.lead_id = $2 AND f.name = 'name'), name),
             updated_at_ms = $3
         WHERE tenant_id = $1 AND id = $2",
        lead_id,
        now_ms,
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{MAX_VALUE, cleaned};

    #[test]
    fn blanks_say_nothing_and_lengths_are_bounded() {
        let long = "א".repeat(MAX_VALUE + 1);
        let fields: BTreeMap<String, String> =
            [(" name ", " דנה "), ("area", "  "), ("", "x"), ("note", &*long)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        let cleaned = cleaned(&fields);
        assert_eq!(cleaned.len(), 2);
        assert_eq!(cleaned["name"], "דנה");
        assert_eq!(cleaned["note"].chars().count(), MAX_VALUE);
    }
}
