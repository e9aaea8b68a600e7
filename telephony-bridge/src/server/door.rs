//! Who asks: Twilio, by its signature, or one of our own services, by the internal token. Nobody else gets in.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use secrecy::ExposeSecret as _;
use subtle::ConstantTimeEq as _;

use super::App;
use super::answer::Refused;
use crate::metrics as names;
use crate::twilio::{Form, FormError, verify_form};

/// Header of the signature.
const SIGNATURE: &str = "x-twilio-signature";

/// One of our own services asks: its request has `Authorization: Bearer` with the internal token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Internal;

impl FromRequestParts<Arc<App>> for Internal {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        let expected = app.config.internal_api_token.expose_secret();
        match bool::from(token.as_bytes().ct_eq(expected.as_bytes())) {
            true => Ok(Self),
            false => Err(Refused::new(StatusCode::UNAUTHORIZED, "the internal token is missing or wrong")),
        }
    }
}

/// What a form of Twilio's says, if its signature is Twilio's (P-QUE-012).
#[derive(Debug)]
pub(super) struct Signed<T>(pub(super) T);

impl<T> FromRequest<Arc<App>> for Signed<T>
where
    T: for<'a> TryFrom<&'a Form, Error = FormError>,
{
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        let (uri, signature) = (request.uri().clone(), signature(request.headers()));
        let body = Bytes::from_request(request, app)
            .await
            .map_err(|rejected| Refused::new(rejected.status(), rejected.body_text()))?;
        let form = Form::decode(&body);
        if let Some(token) = app.config.auth_token() {
            let url = app.config.webhook_url(asked_path(&uri));
            if !signature.as_deref().is_some_and(|signature| verify_form(token, signature, &url, &form.0)) {
                let reason = if signature.is_some() { "wrong_signature" } else { "no_signature" };
                let route = count_refused(&uri, reason);
                tracing::warn!(route, reason, url, "webhook refused");
                return Err(Refused::new(StatusCode::FORBIDDEN, "the signature is not Twilio's"));
            }
        }
        T::try_from(&form).map(Self).map_err(|error| {
            let route = count_refused(&uri, "form");
            tracing::warn!(route, %error, "webhook refused");
            Refused::new(StatusCode::BAD_REQUEST, error.to_string())
        })
    }
}

/// The signature that a request shows.
pub(super) fn signature(headers: &HeaderMap) -> Option<String> {
    headers.get(SIGNATURE)?.to_str().ok().map(str::to_owned)
}

/// The part of the URL that was signed and that a proxy leaves as it is.
pub(super) fn asked_path(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

/// Counts a webhook that is refused; returns its route.
fn count_refused<'a>(uri: &'a Uri, reason: &'static str) -> &'a str {
    let route = route(uri.path());
    metrics::counter!(names::WEBHOOKS_REFUSED, "route" => route.to_owned(), "reason" => reason).increment(1);
    route
}

/// The name of a route in numbers and logs: `inbound` of `/api/voice/inbound`, `messages` of
/// `/api/messages/{reference}/status`. The router lets no other paths in, so that there are few.
fn route(path: &str) -> &str {
    let path = path.strip_prefix("/api/").unwrap_or(path);
    let path = path.strip_prefix("voice/").unwrap_or(path);
    path.split('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::super::paths;
    use super::route;

    #[test]
    fn routes_have_names() {
        let outbound = format!("{}/e1/key", paths::OUTBOUND_PATH);
        let messages = format!("{}/m1/status", paths::MESSAGES_PATH);
        for (path, name) in [
            (paths::INBOUND_PATH, "inbound"),
            (paths::DIAL_PATH, "dial"),
            (paths::RECORDING_PATH, "recording"),
            (&outbound, "outbound"),
            (&messages, "messages"),
        ] {
            assert_eq!(route(path), name, "{path}");
        }
    }
}
