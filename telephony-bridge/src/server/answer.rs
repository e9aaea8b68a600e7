//! What a request is answered: a TwiML document, or a refusal.

use std::fmt::Display;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A request that is not served, with a sentence that says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused(StatusCode, String);

impl Refused {
    pub(super) fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self(status, why.into())
    }

    /// What was asked for makes no sense.
    pub(super) fn wrong(why: impl Display) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, why.to_string())
    }

    /// Twilio did not do it, or nobody knows whether it did.
    pub(super) fn by_twilio(why: impl Display) -> Self {
        Self(StatusCode::BAD_GATEWAY, why.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

/// A TwiML document.
pub(super) fn twiml(xml: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], xml).into_response()
}
