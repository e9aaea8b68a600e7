//! Request parts whose faults are answered with an [`ApiError`](crm_api::ApiError).

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use axum::Json;
use axum::body::HttpBody as _;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::answer::Failure;
use crate::app::App;
use crate::error::{Fault, Refusal};

/// A JSON body of at most [`Settings::max_body_bytes`](crate::config::Settings::max_body_bytes).
pub(super) struct Body<T>(pub(super) T);

/// Of a body that is too large, how much more is read and thrown away, in bytes. A client that is cut
/// off while it sends would lose the answer that says why.
const DRAINED: usize = 16 << 20;

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let body = read(body, app.settings.max_body_bytes).await?;
        let request = Request::from_parts(parts, body.into());
        match Json::from_request(request, app).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(refusal_of_body(&rejection).into()),
        }
    }
}

async fn read(mut body: axum::body::Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut taken = Vec::new();
    let mut seen = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|error| {
            Refusal::new(Fault::Malformed, "broken_body", format!("the body broke off: {error}"))
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen += data.len();
        if seen <= limit {
            taken.extend_from_slice(&data);
        } else if seen > limit.saturating_add(DRAINED) {
            break;
        }
    }
    if seen <= limit {
        return Ok(taken);
    }
    Err(Refusal::new(
        Fault::TooLarge,
        "body_too_large",
        format!("the body is larger than {limit} bytes (CRM_MAX_BODY_BYTES): send smaller batches"),
    ))
}

fn refusal_of_body(rejection: &JsonRejection) -> Refusal {
    let message = rejection.body_text();
    match rejection.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Refusal::new(Fault::NotJson, "not_json", message),
        StatusCode::UNPROCESSABLE_ENTITY => Refusal::new(Fault::Unacceptable, "wrong_type", message),
        _ => Refusal::new(Fault::Malformed, "malformed_json", message),
    }
}

/// Parameters of the path.
pub(super) struct InPath<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(rejection) => {
                let rejection: PathRejection = rejection;
                Err(Refusal::new(Fault::Malformed, "bad_path", rejection.body_text()).into())
            }
        }
    }
}

/// Parameters of the query.
pub(super) struct InQuery<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for InQuery<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let rejection: QueryRejection = rejection;
                Err(Refusal::new(Fault::Malformed, "bad_query", rejection.body_text()).into())
            }
        }
    }
}
