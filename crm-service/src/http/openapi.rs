//! The OpenAPI document, made from the routes themselves.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};

/// Title and ways to show who asks; paths and schemas are added by the routes.
pub(super) fn base() -> OpenApi {
    let bearer = |description: &str| {
        SecurityScheme::Http(
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build(),
        )
    };
    let components = ComponentsBuilder::new()
        .security_scheme("internal_token", bearer("The secret shared by bridge and CRM"))
        .security_scheme("api_key", bearer("A key of one business: kav_…"))
        .build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("crm-service")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some("Businesses, leads, calls and conversations."))
                .build(),
        )
        .components(Some(components))
        .build()
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let document = super::documented().into_openapi();
    document.to_json().unwrap_or_else(|error| {
        tracing::error!(%error, "the OpenAPI document does not serialise");
        "{}".to_owned()
    })
});

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operations",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json"))
)]
pub(super) async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
