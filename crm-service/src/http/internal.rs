//! What the bridge asks and reports.

use std::sync::Arc;

use axum::extract::State;
use crm_api::{ApiError, EventAck, EventBatch, RouteDecision, RouteRequest, ToolReply, ToolRequest};

use super::answer::{Answer, answer};
use super::auth::Internal;
use super::extract::{Body, InPath};
use crate::app::App;
use crate::{clock, ingest, routing, tools};

/// What to do with a call. Asking again gives the same decision.
#[utoipa::path(
    post,
    path = "/internal/v1/calls/route",
    tag = "internal",
    security(("internal_token" = [])),
    request_body = RouteRequest,
    responses(
        (status = 200, body = RouteDecision),
        (status = 400, body = ApiError, description = "Malformed body or call id"),
        (status = 401, body = ApiError, description = "Wrong internal token"),
        (status = 409, body = ApiError, description = "The call was routed to another dialled number before"),
        (status = 422, body = ApiError, description = "A value of the wrong type"),
    )
)]
pub(super) async fn route_call(
    _: Internal,
    State(app): State<Arc<App>>,
    Body(request): Body<RouteRequest>,
) -> Answer<RouteDecision> {
    answer(async move { routing::route(&app, &request, clock::now_ms()).await }).await
}

/// Stores events of a call, each once by its seq, in any order; what is acknowledged is stored.
#[utoipa::path(
    post,
    path = "/internal/v1/calls/{call_sid}/events",
    tag = "internal",
    security(("internal_token" = [])),
    params(("call_sid" = String, Path, description = "The provider's id of the call")),
    request_body = EventBatch,
    responses(
        (status = 200, body = EventAck),
        (status = 400, body = ApiError, description = "Malformed body or call id"),
        (status = 401, body = ApiError, description = "Wrong internal token"),
        (status = 413, body = ApiError, description = "Body too large"),
        (status = 422, body = ApiError, description = "A value of the wrong type, or an event out of bounds; nothing was stored"),
    )
)]
pub(super) async fn store_events(
    _: Internal,
    State(app): State<Arc<App>>,
    InPath(call_sid): InPath<String>,
    Body(batch): Body<EventBatch>,
) -> Answer<EventAck> {
    answer(async move { ingest::ingest(&app, &call_sid, &batch, clock::now_ms()).await }).await
}

/// Runs a tool of the agent, once per idempotency key of the call.
#[utoipa::path(
    post,
    path = "/internal/v1/calls/{call_sid}/tools/{name}",
    tag = "internal",
    security(("internal_token" = [])),
    params(
        ("call_sid" = String, Path, description = "The provider's id of the call"),
        ("name" = String, Path, description = "The tool: save_lead_fields"),
    ),
    request_body = ToolRequest,
    responses(
        (status = 200, body = ToolReply),
        (status = 401, body = ApiError, description = "Wrong internal token"),
        (status = 403, body = ApiError, description = "The call token is forged, expired or of another call"),
        (status = 404, body = ApiError, description = "Unknown tool or call"),
        (status = 422, body = ApiError, description = "Arguments out of bounds, or the key of another action"),
    )
)]
pub(super) async fn run_tool(
    _: Internal,
    State(app): State<Arc<App>>,
    InPath((call_sid, name)): InPath<(String, String)>,
    Body(request): Body<ToolRequest>,
) -> Answer<ToolReply> {
    answer(async move { tools::run(&app, &call_sid, &name, &request, clock::now_ms()).await }).await
}
