//! The HTTP surface.
//!
//! | paths | credentials | for |
//! |---|---|---|
//! | `/internal/v1/…` | the internal token | the bridge |
//! | `/api/v1/…` | an API key of one business | its owner's programs |
//! | `/health`, `/metrics`, `/openapi.json` | none | operations |
//!
//! Routes and their documentation come from the same declarations.

mod answer;
mod api;
mod auth;
mod extract;
mod internal;
mod observe;
mod openapi;
mod operations;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// Every documented route: there are no others.
fn documented() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(internal::route_call))
        .routes(routes!(internal::store_events))
        .routes(routes!(internal::run_tool))
        .routes(routes!(api::list_calls))
        .routes(routes!(api::get_call))
        .routes(routes!(api::list_leads))
        .routes(routes!(api::get_lead))
        .routes(routes!(operations::health))
        .routes(routes!(operations::metrics))
        .routes(routes!(openapi::document))
}

/// The service's routes over `app`.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (router, _document) = documented().split_for_parts();
    router
        .fallback(answer::no_such_path)
        .method_not_allowed_fallback(answer::no_such_method)
        // Bodies are limited where they are read: extract::Body.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::clone(&app), observe::observe))
        .with_state(app)
}
