//! Reading leads back.

use std::collections::{BTreeMap, HashMap};

use crm_api::{LeadView, Page};

use crate::db::{TenantTx, tenant_fetch_all, tenant_fetch_one, tenant_fetch_opt};
use crate::error::Error;
use crate::paging::{self, PageRequest};
use crate::words;

#[derive(sqlx::FromRow)]
struct LeadRow {
    id: String,
    phone: Option<String>,
    name: Option<String>,
    status: String,
    source: String,
    calls: i64,
    created_at_ms: i64,
    updated_at_ms: i64,
}

impl LeadRow {
    fn view(self, fields: BTreeMap<String, String>) -> LeadView {
        LeadView {
            id: self.id,
            phone: self.phone,
            name: self.name,
            status: self.status,
            source: self.source,
            fields,
            calls: words::small(self.calls),
            created_at_ms: self.created_at_ms,
            updated_at_ms: self.updated_at_ms,
        }
    }
}

/// Every [`LeadRow`]; a condition follows.
macro_rules! lead_rows {
    () => {
        "SELECT l.id, l.name, l.status, l.source, l.created_at_ms, l.updated_at_ms,
                (SELECT i.value FROM contact_identities i
                 WHERE i.tenant_id = l.tenant_id AND i.lead_id = l.id AND i.kind = 'phone'
                 ORDER BY i.created_at_ms, i.value LIMIT 1) AS phone,
                (SELECT COUNT(*) FROM calls c WHERE c.tenant_id = l.tenant_id AND c.lead_id = l.id) AS calls
         FROM leads l "
    };
}

/// One page of the business's leads, newest first.
pub(crate) async fn page(tx: &mut TenantTx, request: &PageRequest) -> Result<Page<LeadView>, Error> {
    let (total,) = tenant_fetch_one!(tx, (i64,), "SELECT COUNT(*) FROM leads WHERE tenant_id = $1")?;
    let rows = tenant_fetch_all!(
        tx,
        LeadRow,
        concat!(
            lead_rows!(),
            "WHERE l.tenant_id = $1
           AND (CAST($2 AS BIGINT) IS NULL OR l.created_at_ms < $2 OR (l.created_at_ms = $2 AND l.id < $3))
         ORDER BY l.created_at_ms DESC, l.id DESC
         LIMIT $4"
        ),
        request.after_ms(),
        request.after_id(),
        request.limit_and_one(),
    )?;
    // The same window of leads, with what is known of each.
    let known = tenant_fetch_all!(
        tx,
        (String, String, String),
        "SELECT f.lead_id, f.name, f.value FROM lead_fields f
         WHERE f.tenant_id = $1 AND f.lead_id IN (
             SELECT l.id FROM leads l
             WHERE l.tenant_id = $1
               AND (CAST($2 AS BIGINT) IS NULL OR l.created_at_ms < $2 OR (l.created_at_ms = $2 AND l.id < $3))
             ORDER BY l.created_at_ms DESC, l.id DESC
             LIMIT $4)",
        request.after_ms(),
        request.after_id(),
        request.limit_and_one(),
    )?;
    let mut fields: HashMap<String, BTreeMap<String, String>> = HashMap::new();
    for (lead, name, value) in known {
        fields.entry(lead).or_default().insert(name, value);
    }
    let (rows, next) = paging::cut(rows, request, |row| (row.created_at_ms, &row.id));
    let items = rows
        .into_iter()
        .map(|row| {
            let known = fields.remove(&row.id).unwrap_or_default();
            row.view(known)
        })
        .collect();
    Ok(Page { items, total: words::unsigned(total), next })
}

/// One lead of the business.
pub(crate) async fn one(tx: &mut TenantTx, id: &str) -> Result<Option<LeadView>, Error> {
    let row =
        tenant_fetch_opt!(tx, LeadRow, concat!(lead_rows!(), "WHERE l.tenant_id = $1 AND l.id = $2"), id)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let fields = tenant_fetch_all!(
        tx,
        (String, String),
        "SELECT name, value FROM lead_fields WHERE tenant_id = $1 AND lead_id = $2",
        id,
    )?;
    Ok(Some(row.view(fields.into_iter().collect())))
}
