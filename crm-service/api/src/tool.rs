//! Tools the agent may use during a call.

use serde::{Deserialize, Serialize};

/// A tool call. Carries no tenant, lead or phone number: those come from the call token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolRequest {
    /// [`RouteDecision::call_token`](crate::RouteDecision::call_token).
    pub call_token: String,
    /// One per intended action: a retry with the same key acts once.
    pub idempotency_key: String,
    /// Arguments, as the tool defines them.
    pub arguments: std::collections::BTreeMap<String, String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolReply {
    /// Did it happen?
    pub ok: bool,
    /// What the agent may say about it. Claims such as "booked" come from here alone.
    pub say: String,
}
