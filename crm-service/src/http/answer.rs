//! Answers, good and bad: every bad one is an [`ApiError`].

use std::future::Future;

use axum::Json;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use crm_api::ApiError;

use crate::error::{Error, Fault, Refusal};

/// What a handler returns.
pub(super) type Answer<T> = Result<Json<T>, Failure>;

/// Runs `work` to its end even when the client goes away in the middle of it.
pub(super) async fn answer<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Answer<T> {
    match tokio::spawn(work).await {
        Ok(done) => Ok(Json(done?)),
        Err(died) => Err(Error::Task(died.to_string()).into()),
    }
}

/// An error on its way out.
#[derive(Debug)]
pub(super) struct Failure(Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self.0 {
            Error::Refused(refusal) => refused(&refusal),
            error if error.is_transient() => {
                tracing::warn!(%error, "not now");
                let body = ApiError {
                    code: "try_again".to_owned(),
                    message: "the database is busy; the same request may succeed in a moment".to_owned(),
                };
                (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], Json(body)).into_response()
            }
            error => {
                // The cause may hold stored data: it stays in the log.
                tracing::error!(%error, "request failed");
                let body = ApiError {
                    code: "internal".to_owned(),
                    message: "something broke in crm-service; its log says what".to_owned(),
                };
                (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
            }
        }
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal.fault {
        Fault::Malformed => StatusCode::BAD_REQUEST,
        Fault::Unauthenticated => StatusCode::UNAUTHORIZED,
        Fault::Forbidden => StatusCode::FORBIDDEN,
        Fault::NotFound => StatusCode::NOT_FOUND,
        Fault::Conflict => StatusCode::CONFLICT,
        Fault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Fault::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Fault::Unacceptable => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut response = (status, Json(refusal.body())).into_response();
    if refusal.fault == Fault::Unauthenticated {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    }
    response
}

/// 404 for a path that no route has.
pub(super) async fn no_such_path(uri: Uri) -> Failure {
    let path: String = uri.path().chars().take(128).collect();
    Refusal::new(Fault::NotFound, "unknown_path", format!("there is no {path}")).into()
}

/// 405 for a path that has other methods.
pub(super) async fn no_such_method(method: Method, uri: Uri) -> (StatusCode, Json<ApiError>) {
    let path: String = uri.path().chars().take(128).collect();
    let body =
        ApiError { code: "unknown_method".to_owned(), message: format!("{path} does not take {method}") };
    (StatusCode::METHOD_NOT_ALLOWED, Json(body))
}
