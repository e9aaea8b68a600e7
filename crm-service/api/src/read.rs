//! What can be read back under `/api/v1`, always within one tenant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{EndReason, Speaker};

/// One page of a list, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Rows in all.
    pub total: u64,
    /// Pass as `after` to get the next page; absent on the last one.
    pub next: Option<String>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallView {
    /// The provider's id of the call.
    pub call_sid: String,
    /// The lead it belongs to; absent for a hidden number until the caller says who they are.
    pub lead_id: Option<String>,
    /// Caller, normalised where possible.
    pub from: String,
    /// Dialled number, normalised.
    pub to: String,
    /// `routed`, `in_progress` or `ended`.
    pub status: String,
    /// Unix ms.
    pub started_at_ms: i64,
    /// Unix ms; absent while it lasts.
    pub ended_at_ms: Option<i64>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// Turns of the caller.
    pub caller_turns: u32,
    /// Turns of the agent.
    pub agent_turns: u32,
    /// Interruptions by the caller.
    pub barge_ins: u32,
    /// The conversation, in order. Empty in lists.
    pub turns: Vec<TurnView>,
}

/// One thing said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TurnView {
    /// Counts from 1 within the call.
    pub turn: u32,
    /// Who.
    pub speaker: Speaker,
    /// What.
    pub text: String,
    /// Start in ms since the caller's first sample.
    pub start_ms: u64,
    /// End in ms since the caller's first sample.
    pub end_ms: u64,
    /// Was the agent cut off?
    pub interrupted: bool,
}

/// One lead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeadView {
    /// Lead id.
    pub id: String,
    /// E.164, where known.
    pub phone: Option<String>,
    /// Name, where known.
    pub name: Option<String>,
    /// Status, as the business names it.
    pub status: String,
    /// Where it came from, such as `call`.
    pub source: String,
    /// Fields learned from conversations.
    pub fields: BTreeMap<String, String>,
    /// Calls of this lead.
    pub calls: u32,
    /// Unix ms.
    pub created_at_ms: i64,
    /// Unix ms.
    pub updated_at_ms: i64,
}
