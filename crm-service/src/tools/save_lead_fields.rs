//! `save_lead_fields`: what the caller said about themselves.

use std::collections::BTreeMap;

use crm_api::ToolReply;

use super::unacceptable;
use crate::calls::call::Call;
use crate::db::TenantTx;
use crate::error::Error;
use crate::leads::{self, fields};

/// Fields a call of the tool may carry.
const MAX_FIELDS: usize = 50;

pub(super) async fn run(
    tx: &mut TenantTx,
    call: &mut Call,
    arguments: &BTreeMap<String, String>,
    now_ms: i64,
) -> Result<ToolReply, Error> {
    check(arguments)?;
    let fields = fields::cleaned(arguments);
    if fields.is_empty() {
        return Ok(ToolReply { ok: false, say: "לא קיבלתי פרטים לרשום.".to_owned() });
    }
    let lead = leads::of_call(tx, call, now_ms).await?;
    let source = fields::Source { call_sid: &call.call_sid, seq: 0, said_at_ms: now_ms };
    fields::merge(tx, &lead, &fields, source, now_ms).await?;
    Ok(ToolReply { ok: true, say: "תודה, הפרטים נרשמו.".to_owned() })
}

fn check(arguments: &BTreeMap<String, String>) -> Result<(), Error> {
    if arguments.len() > MAX_FIELDS {
        return Err(unacceptable(format!("{} fields, at most {MAX_FIELDS}", arguments.len())));
    }
    for (name, value) in arguments {
        if name.chars().count() > fields::MAX_NAME {
            return Err(unacceptable(format!(
                "a field's name has more than {} characters",
                fields::MAX_NAME
            )));
        }
        if value.chars().count() > fields::MAX_VALUE {
            return Err(unacceptable(format!(
                "the value of field {name:?} has more than {} characters",
                fields::MAX_VALUE
            )));
        }
    }
    Ok(())
}
