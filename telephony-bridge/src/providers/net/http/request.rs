//! A request as it is put together.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};

/// A request to be sent.
pub struct Request {
    parts: hyper::http::request::Builder,
    body: Vec<u8>,
    problem: Option<String>,
}

/// Without headers and body: keys and words are in them.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("method", &self.parts.method_ref()).finish_non_exhaustive()
    }
}

impl Request {
    pub(super) fn new(parts: hyper::http::request::Builder) -> Self {
        Self { parts, body: Vec::new(), problem: None }
    }

    /// As the client sends it; a sentence, if it was given something that no request can hold.
    pub(super) fn finish(self) -> Result<hyper::Request<Full<Bytes>>, String> {
        match self.problem {
            Some(problem) => Err(problem),
            None => self.parts.body(Full::from(self.body)).map_err(|error| error.to_string()),
        }
    }

    /// With a header; the value is shown in no log.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match hyper::header::HeaderValue::from_str(value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.parts = self.parts.header(name, value);
            }
            Err(_) => self.problem = Some(format!("the value of header {name} is no header value")),
        }
        self
    }

    /// With a bearer token.
    #[must_use]
    pub fn bearer_auth(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// With a body of some kind.
    #[must_use]
    pub fn body(mut self, kind: &str, body: Vec<u8>) -> Self {
        self.parts = self.parts.header(CONTENT_TYPE, kind);
        self.body = body;
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: &impl serde::Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => self.body("application/json", body),
            Err(error) => {
                self.problem = Some(format!("the body is no JSON: {error}"));
                self
            }
        }
    }

    /// With a form as body.
    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", body.into_bytes())
    }
}
