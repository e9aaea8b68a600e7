//! Reading calls back.

use crm_api::{CallView, Page, TurnView};

use super::sid::CallSid;
use crate::db::{TenantTx, tenant_fetch_all, tenant_fetch_one, tenant_fetch_opt};
use crate::error::Error;
use crate::paging::{self, PageRequest};
use crate::words;

#[derive(sqlx::FromRow)]
struct CallRow {
    call_sid: String,
    lead_id: Option<String>,
    from_number: String,
    to_number: String,
    status: String,
    started_at_ms: i64,
    ended_at_ms: Option<i64>,
    end_reason: Option<String>,
    caller_turns: i64,
    agent_turns: i64,
    barge_ins: i64,
}

impl CallRow {
    fn view(self, turns: Vec<TurnView>) -> Result<CallView, Error> {
        let end_reason = self.end_reason.map(|word| words::read(&word, "calls.end_reason")).transpose()?;
        Ok(CallView {
            call_sid: self.call_sid,
            lead_id: self.lead_id,
            from: self.from_number,
            to: self.to_number,
            status: self.status,
            started_at_ms: self.started_at_ms,
            ended_at_ms: self.ended_at_ms,
            end_reason,
            caller_turns: words::small(self.caller_turns),
            agent_turns: words::small(self.agent_turns),
            barge_ins: words::small(self.barge_ins),
            turns,
        })
    }
}

#[derive(sqlx::FromRow)]
struct TurnRow {
    turn: i64,
    speaker: String,
    text: String,
    start_ms: i64,
    end_ms: i64,
    interrupted: bool,
}

/// One page of the business's calls, newest first, without their turns.
pub(crate) async fn page(tx: &mut TenantTx, request: &PageRequest) -> Result<Page<CallView>, Error> {
    let (total,) = tenant_fetch_one!(tx, (i64,), "SELECT COUNT(*) FROM calls WHERE tenant_id = $1")?;
    let rows = tenant_fetch_all!(
        tx,
        CallRow,
        "SELECT call_sid, lead_id, from_number, to_number, status, started_at_ms, ended_at_ms, end_reason,
                caller_turns, agent_turns, barge_ins
         FROM calls
         WHERE tenant_id = $1
           AND (CAST($2 AS BIGINT) IS NULL OR started_at_ms < $2 OR (started_at_ms = $2 AND call_sid < $3))
         ORDER BY started_at_ms DESC, call_sid DESC
         LIMIT $4",
        request.after_ms(),
        request.after_id(),
        request.limit_and_one(),
    )?;
    let (rows, next) = paging::cut(rows, request, |row| (row.started_at_ms, &row.call_sid));
    let items = rows.into_iter().map(|row| row.view(Vec::new())).collect::<Result<_, _>>()?;
    Ok(Page { items, total: words::unsigned(total), next })
}

/// One call of the business with everything said in it.
pub(crate) async fn one(tx: &mut TenantTx, sid: &CallSid) -> Result<Option<CallView>, Error> {
    let row = tenant_fetch_opt!(
        tx,
        CallRow,
        "SELECT call_sid, lead_id, from_number, to_number, status, started_at_ms, ended_at_ms, end_reason,
                caller_turns, agent_turns, barge_ins
         FROM calls WHERE tenant_id = $1 AND call_sid = $2",
        sid.as_str(),
    )?;
    let Some(row) = row else {
        return Ok(None);
    };
    let turns = tenant_fetch_all!(
        tx,
        TurnRow,
        "SELECT turn, speaker, text, start_ms, end_ms, interrupted FROM turns
         WHERE tenant_id = $1 AND call_sid = $2 ORDER BY turn",
        sid.as_str(),
    )?;
    let turns = turns
        .into_iter()
        .map(|turn| {
            Ok(TurnView {
                turn: words::small(turn.turn),
                speaker: words::read(&turn.speaker, "turns.speaker")?,
                text: turn.text,
                start_ms: words::unsigned(turn.start_ms),
                end_ms: words::unsigned(turn.end_ms),
                interrupted: turn.interrupted,
            })
        })
        .collect::<Result<_, Error>>()?;
    row.view(turns).map(Some)
}
