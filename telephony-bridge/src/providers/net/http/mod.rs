//! An HTTP service with a key and time limits.
//!
//! Connections are kept and shared by all calls. Three limits bound a request: reaching the service, the
//! answer's first byte, and the time between two pieces of it; a refusal's body is read within bounds.

mod answer;
mod cause;
mod client;
mod refusal;
mod request;

use std::time::Duration;

use hyper::Method;
use secrecy::{ExposeSecret as _, SecretString};

pub use answer::Answer;
pub(crate) use cause::chain;
pub use client::HttpClient;
pub use request::Request;

use super::{Phase, ProviderError, Reason};

/// How long the parts of a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// From the request to the answer's status, connecting included.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub between: Duration,
}

impl Default for HttpLimits {
    /// 5 s to the answer: a chain's own limit is shorter, this one frees the socket. 3 s between pieces.
    fn default() -> Self {
        Self { first_byte: Duration::from_secs(5), between: Duration::from_secs(3) }
    }
}

/// A provider's HTTP service. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint {
    http: HttpClient,
    provider: &'static str,
    base: String,
    key: Option<SecretString>,
    limits: HttpLimits,
}

/// Without the key.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("provider", &self.provider)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// The service of `provider` at `base`, such as `https://api.openai.com/v1`. The key, if there is one,
    /// is sent as a bearer token.
    pub fn new(http: HttpClient, provider: &'static str, base: &str, key: Option<SecretString>) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { http, provider, base, key, limits: HttpLimits::default() }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: HttpLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The provider's name in a chain.
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// A POST to `path`, which begins with a slash.
    pub fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path)
    }

    /// A GET of `path`, which begins with a slash.
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    fn request(&self, method: Method, path: &str) -> Request {
        let parts = hyper::Request::builder().method(method).uri(format!("{}{path}", self.base));
        let request = Request::new(parts);
        match &self.key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        }
    }

    /// Sends a request and waits for the answer to begin.
    ///
    /// # Errors
    /// [`ProviderError`], for a status other than 2xx too.
    pub async fn send(&self, request: Request) -> Result<Answer, ProviderError> {
        let limit = self.limits.first_byte;
        let rejected = |detail: &str| self.error(Phase::Request, Reason::Rejected, detail);
        let request = request.finish().map_err(|problem| rejected(&problem))?;
        let response = match tokio::time::timeout(limit, self.http.send(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let phase = if error.is_connect() { Phase::Connect } else { Phase::Request };
                return Err(self.broken(phase, &error));
            }
            Err(_) => {
                let detail = format!("no answer within {} ms", limit.as_millis());
                return Err(self.error(Phase::Request, Reason::Slow, &detail));
            }
        };
        if response.status().is_success() {
            return Ok(Answer::new(self.clone(), response));
        }
        Err(refusal::read(self, response).await)
    }

    /// An error of this provider, without the key.
    pub fn error(&self, phase: Phase, reason: Reason, detail: &str) -> ProviderError {
        let error = ProviderError::new(self.provider, phase, reason, detail);
        match &self.key {
            Some(key) => error.redacted(key.expose_secret()),
            None => error,
        }
    }

    fn broken(&self, phase: Phase, error: &(dyn std::error::Error + 'static)) -> ProviderError {
        self.error(phase, cause::reason(phase, error), &chain(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_no_text() {
        let http = HttpClient::new().expect("a client");
        let endpoint = Endpoint::new(http, "openai", "http://h/v1/", Some("sk-secret".to_owned().into()));
        assert!(!format!("{endpoint:?}").contains("sk-secret"));
        let error = endpoint.error(Phase::Authorise, Reason::Expired, "401: key sk-secret is wrong");
        assert!(!error.to_string().contains("sk-secret"), "{error}");
        assert!(!format!("{error:?}").contains("sk-secret"));
    }
}
