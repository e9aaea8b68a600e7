//! What telephony-bridge and crm-service say to each other.
//!
//! Three calls, all under `/internal/v1/calls`, all with `Authorization: Bearer <internal token>`:
//!
//! | call | body | answer |
//! |---|---|---|
//! | `POST route` | [`RouteRequest`] | [`RouteDecision`] |
//! | `POST {call_sid}/events` | [`EventBatch`] | [`EventAck`] |
//! | `POST {call_sid}/tools/{name}` | [`ToolRequest`] | [`ToolReply`] |
//!
//! Events are idempotent by `(call_sid, seq)`: the bridge resends until it is acknowledged.
//! No order of route and events loses any: events of a call that was never routed, or of a number that
//! nobody owns, are acknowledged and kept as well.
//! An error is [`ApiError`] with a 4xx or 5xx status; 4xx will not get better by retrying.

mod event;
mod read;
mod route;
mod tool;

pub use event::{CallEvent, CallEventKind, EndReason, EventAck, EventBatch, Speaker};
pub use read::{CallView, LeadView, Page, TurnView};
pub use route::{AgentGender, Business, Decision, Dial, GreetingText, RouteDecision, RouteRequest};
pub use tool::{ToolReply, ToolRequest};

use serde::{Deserialize, Serialize};

/// The body of every error answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiError {
    /// A stable word for programs, such as `unknown_call`.
    pub code: String,
    /// A sentence for people that names the culprit and the datum.
    pub message: String,
}
