//! What the agent may do during a call.
//!
//! A tool knows business, call and lead from the call token. It takes none of them from the model, and
//! what the agent may claim afterwards is the `say` of its reply.

mod save_lead_fields;

use std::collections::BTreeMap;

use crm_api::{ToolReply, ToolRequest};

use crate::app::App;
use crate::calls::call::{self, Call};
use crate::calls::sid::CallSid;
use crate::db::{TenantTx, tenant_exec, tenant_fetch_opt};
use crate::error::{Error, Fault, Refusal};

/// Longest idempotency key, in bytes.
const MAX_KEY: usize = 128;

/// The tools there are.
#[derive(Clone, Copy, Debug)]
enum Tool {
    SaveLeadFields,
}

impl Tool {
    fn named(name: &str) -> Result<Self, Refusal> {
        match name {
            "save_lead_fields" => Ok(Self::SaveLeadFields),
            other => {
                let quoted: String = other.chars().take(64).collect();
                Err(Refusal::new(Fault::NotFound, "unknown_tool", format!("there is no tool {quoted:?}")))
            }
        }
    }

    async fn run(
        self,
        tx: &mut TenantTx,
        call: &mut Call,
        arguments: &BTreeMap<String, String>,
        now_ms: i64,
    ) -> Result<ToolReply, Error> {
        match self {
            Self::SaveLeadFields => save_lead_fields::run(tx, call, arguments, now_ms).await,
        }
    }
}

/// Runs a tool once per idempotency key of the call; a retry gets the first reply.
///
/// # Errors
/// A refusal for a bad or foreign call token (403), an unknown tool or call (404), a key used for
/// another action before, or arguments out of bounds (422).
pub(crate) async fn run(
    app: &App,
    call_sid: &str,
    name: &str,
    request: &ToolRequest,
    now_ms: i64,
) -> Result<ToolReply, Error> {
    let sid = CallSid::parse(call_sid)?;
    let grant = app.call_tokens.open(&request.call_token, sid.as_str(), now_ms)?;
    let tool = Tool::named(name)?;
    let key = &*request.idempotency_key;
    if key.is_empty() || key.len() > MAX_KEY || key.contains('\0') {
        return Err(unacceptable(format!(
            "idempotency_key has 1 to {MAX_KEY} bytes, this one {}",
            key.len()
        )));
    }
    let arguments = serde_json::to_string(&request.arguments)
        .map_err(|error| unacceptable(format!("arguments: {error}")))?;

    let mut tx = app.db.write().await?;
    tx.lock_call(sid.as_str()).await?;
    let mut tx = tx.enter(grant.tenant).await?;
    let Some(mut call) = call::find(&mut tx, &sid).await? else {
        return Err(Refusal::new(
            Fault::NotFound,
            "unknown_call",
            format!("there is no call {}", sid.as_str()),
        )
        .into());
    };
    if let Some(first) = earlier(&mut tx, &sid, key).await? {
        if first.tool != name || first.arguments != arguments {
            return Err(Refusal::new(
                Fault::Unacceptable,
                "idempotency_key_reused",
                format!("idempotency_key {key:?} belongs to another action of this call"),
            )
            .into());
        }
        return Ok(ToolReply { ok: first.ok, say: first.say });
    }
    let reply = tool.run(&mut tx, &mut call, &request.arguments, now_ms).await?;
    tenant_exec!(
        tx,
        "INSERT INTO tool_runs (tenant_id, call_sid, idempotency_key, tool, arguments, ok, say, ran_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        sid.as_str(),
        key,
        name,
        &*arguments,
        reply.ok,
        &*reply.say,
        now_ms,
    )?;
    tx.commit().await?;
    app.metrics.tool_ran(name);
    Ok(reply)
}

#[derive(sqlx::FromRow)]
struct Run {
    tool: String,
    arguments: String,
    ok: bool,
    say: String,
}

async fn earlier(tx: &mut TenantTx, sid: &CallSid, key: &str) -> Result<Option<Run>, Error> {
    Ok(tenant_fetch_opt!(
        tx,
        Run,
        "SELECT tool, arguments, ok, say FROM tool_runs
         WHERE tenant_id = $1 AND call_sid = $2 AND idempotency_key = $3",
        sid.as_str(),
        key,
    )?)
}

fn unacceptable(message: String) -> Error {
    Refusal::new(Fault::Unacceptable, "bad_tool_request", message).into()
}
