//! What a business reads of its own.

use std::sync::Arc;

use axum::extract::State;
use crm_api::{ApiError, CallView, LeadView, Page};
use serde::Deserialize;

use super::answer::{Answer, answer};
use super::auth::Tenant;
use super::extract::{InPath, InQuery};
use crate::app::App;
use crate::calls;
use crate::calls::sid::CallSid;
use crate::error::{Fault, Refusal};
use crate::leads;
use crate::paging::PageRequest;

/// Which page of a list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// Rows, 1 to 200; 50 where absent.
    limit: Option<u32>,
    /// `next` of the page before; absent for the first.
    after: Option<String>,
}

/// Calls, newest first, without their turns.
#[utoipa::path(
    get,
    path = "/api/v1/calls",
    tag = "calls",
    security(("api_key" = [])),
    params(PageQuery),
    responses(
        (status = 200, body = Page<CallView>),
        (status = 400, body = ApiError, description = "Bad limit or after"),
        (status = 401, body = ApiError, description = "Unknown API key"),
    )
)]
pub(super) async fn list_calls(
    Tenant(tenant): Tenant,
    State(app): State<Arc<App>>,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Page<CallView>> {
    let request = PageRequest::new(query.limit, query.after.as_deref())?;
    answer(async move {
        let mut tx = app.db.read().await?.enter(tenant).await?;
        let page = calls::view::page(&mut tx, &request).await?;
        tx.commit().await?;
        Ok(page)
    })
    .await
}

/// One call with its turns.
#[utoipa::path(
    get,
    path = "/api/v1/calls/{call_sid}",
    tag = "calls",
    security(("api_key" = [])),
    params(("call_sid" = String, Path, description = "The provider's id of the call")),
    responses(
        (status = 200, body = CallView),
        (status = 401, body = ApiError, description = "Unknown API key"),
        (status = 404, body = ApiError, description = "The business has no such call"),
    )
)]
pub(super) async fn get_call(
    Tenant(tenant): Tenant,
    State(app): State<Arc<App>>,
    InPath(call_sid): InPath<String>,
) -> Answer<CallView> {
    let sid = CallSid::parse(&call_sid)?;
    answer(async move {
        let mut tx = app.db.read().await?.enter(tenant).await?;
        let call = calls::view::one(&mut tx, &sid).await?;
        tx.commit().await?;
        let missing = || format!("the business has no call {}", sid.as_str());
        Ok(call.ok_or_else(|| Refusal::new(Fault::NotFound, "unknown_call", missing()))?)
    })
    .await
}

/// Leads, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/leads",
    tag = "leads",
    security(("api_key" = [])),
    params(PageQuery),
    responses(
        (status = 200, body = Page<LeadView>),
        (status = 400, body = ApiError, description = "Bad limit or after"),
        (status = 401, body = ApiError, description = "Unknown API key"),
    )
)]
pub(super) async fn list_leads(
    Tenant(tenant): Tenant,
    State(app): State<Arc<App>>,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Page<LeadView>> {
    let request = PageRequest::new(query.limit, query.after.as_deref())?;
    answer(async move {
        let mut tx = app.db.read().await?.enter(tenant).await?;
        let page = leads::view::page(&mut tx, &request).await?;
        tx.commit().await?;
        Ok(page)
    })
    .await
}

/// One lead.
#[utoipa::path(
    get,
    path = "/api/v1/leads/{id}",
    tag = "leads",
    security(("api_key" = [])),
    params(("id" = String, Path, description = "Lead id")),
    responses(
        (status = 200, body = LeadView),
        (status = 401, body = ApiError, description = "Unknown API key"),
        (status = 404, body = ApiError, description = "The business has no such lead"),
    )
)]
pub(super) async fn get_lead(
    Tenant(tenant): Tenant,
    State(app): State<Arc<App>>,
    InPath(id): InPath<String>,
) -> Answer<LeadView> {
    let missing = || Refusal::new(Fault::NotFound, "unknown_lead", "the business has no such lead");
    // No lead has such an id, and PostgreSQL takes no NUL.
    if id.contains('\0') {
        return Err(missing().into());
    }
    answer(async move {
        let mut tx = app.db.read().await?.enter(tenant).await?;
        let lead = leads::view::one(&mut tx, &id).await?;
        tx.commit().await?;
        Ok(lead.ok_or_else(missing)?)
    })
    .await
}
