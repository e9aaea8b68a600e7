//! An HTTP service with a key and time limits.
//!
//! Connections are kept and shared by all calls. Three limits bound a request: reaching the service, the
//! answer's first byte, and the time between two pieces of it; a refusal's body is read within bounds.

use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use hyper::{Method, Response, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Phase, ProviderError, Reason, tls_config};

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

/// How long reaching a service may take.
const CONNECT: Duration = Duration::from_secs(1);
/// How often a quiet connection is looked after.
const ALIVE: Duration = Duration::from_secs(30);
/// How long an unused connection is kept.
const KEEP: Duration = Duration::from_secs(90);
/// Most of a refusal's body that is read, in bytes…
const MAX_REFUSAL: usize = 4_096;
/// …and for how long.
const REFUSAL_LIMIT: Duration = Duration::from_millis(500);

/// The process's HTTP client: its connections are shared by all calls. Cheap to clone.
#[derive(Clone)]
pub struct HttpClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpClient")
    }
}

impl HttpClient {
    /// A client without connections yet.
    ///
    /// # Errors
    /// A sentence, if TLS cannot be set up.
    pub fn new() -> Result<Self, String> {
        let tls = tls_config().map_err(|error| format!("TLS: {error}"))?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(ALIVE));
        tcp.set_connect_timeout(Some(CONNECT));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config((*tls).clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP)
            .build(connector);
        Ok(Self(client))
    }
}

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
        let request = Request { parts, body: Vec::new(), problem: None };
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
        if let Some(problem) = request.problem {
            return Err(rejected(&problem));
        }
        let request =
            request.parts.body(Full::from(request.body)).map_err(|error| rejected(&error.to_string()))?;
        let response = match tokio::time::timeout(limit, self.http.0.request(request)).await {
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
            return Ok(Answer { endpoint: self.clone(), response });
        }
        Err(self.refusal(response).await)
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
        let reason = match (phase, is_timeout(error)) {
            (_, true) => Reason::Slow,
            (Phase::Connect, false) => Reason::Refused,
            _ if is_malformed(error) => Reason::Garbage,
            _ => Reason::Dropped,
        };
        self.error(phase, reason, &chain(error))
    }

    async fn refusal(&self, mut response: Response<Incoming>) -> ProviderError {
        let status = response.status();
        let retry_after = retry_after(response.headers(), SystemTime::now());
        let mut body = Vec::new();
        let read = async {
            while let Some(Ok(frame)) = response.body_mut().frame().await {
                let Ok(piece) = frame.into_data() else { continue };
                let room = MAX_REFUSAL - body.len();
                body.extend_from_slice(&piece[..piece.len().min(room)]);
                if body.len() == MAX_REFUSAL {
                    break;
                }
            }
        };
        // What came within the limit is enough for a sentence.
        let _ = tokio::time::timeout(REFUSAL_LIMIT, read).await;
        let text = String::from_utf8_lossy(&body);
        let reason = reason_of(status, &text, retry_after);
        let phase = if reason == Reason::Expired { Phase::Authorise } else { Phase::Request };
        self.error(phase, reason, &format!("{status}: {}", text.trim()))
    }
}

fn reason_of(status: StatusCode, body: &str, retry_after: Option<Duration>) -> Reason {
    match status.as_u16() {
        401 | 403 => Reason::Expired,
        402 | 429 => Reason::Quota { retry_after },
        // Some servers name it in the body alone.
        400..=499 if body.contains("insufficient_quota") => Reason::Quota { retry_after },
        408 | 425 | 500..=599 => Reason::Server,
        400..=499 => Reason::Rejected,
        // A 1xx or 3xx is none of the protocol.
        _ => Reason::Garbage,
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let now = jiff::Timestamp::try_from(now).ok()?;
    at.duration_since(now).try_into().ok()
}

/// An error and all that caused it.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<std::io::ErrorKind> {
    error.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
}

fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    causes(error).any(|cause| io_kind(cause) == Some(std::io::ErrorKind::TimedOut))
}

/// Did the far end break the protocol, rather than the connection?
fn is_malformed(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput};
    causes(error).any(|cause| {
        cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
            || matches!(io_kind(cause), Some(InvalidData | InvalidInput))
    })
}

/// An error and what caused it, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An answer whose status was good.
#[derive(Debug)]
pub struct Answer {
    endpoint: Endpoint,
    response: Response<Incoming>,
}

impl Answer {
    /// The answer's headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// [`Reason::Stalled`] if nothing comes for too long, [`Reason::Dropped`] if the connection ends first.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, ProviderError> {
        let limit = self.endpoint.limits.between;
        let next = async {
            loop {
                match self.response.body_mut().frame().await {
                    // Trailers say nothing here.
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(piece) => return Ok(Some(piece.into())),
                        Err(_) => continue,
                    },
                    Some(Err(error)) => return Err(error),
                    None => return Ok(None),
                }
            }
        };
        match tokio::time::timeout(limit, next).await {
            Ok(Ok(piece)) => Ok(piece),
            Ok(Err(error)) => Err(self.endpoint.broken(Phase::Answer, &error)),
            Err(_) => {
                let detail = format!("nothing for {} ms", limit.as_millis());
                Err(self.endpoint.error(Phase::Answer, Reason::Stalled, &detail))
            }
        }
    }

    /// The whole body, `most` bytes of it at most.
    ///
    /// # Errors
    /// As [`piece`](Self::piece); [`Reason::Garbage`] for a longer body.
    pub async fn whole(mut self, most: usize) -> Result<Vec<u8>, ProviderError> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece().await? {
            if body.len() + piece.len() > most {
                let detail = format!("the answer is longer than {most} bytes");
                return Err(self.endpoint.error(Phase::Answer, Reason::Garbage, &detail));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_reason() {
        let reason = |status, body| reason_of(StatusCode::from_u16(status).expect("a status"), body, None);
        assert_eq!(reason(401, ""), Reason::Expired);
        assert_eq!(reason(429, ""), Reason::Quota { retry_after: None });
        assert_eq!(reason(400, "{\"code\":\"insufficient_quota\"}"), Reason::Quota { retry_after: None });
        assert_eq!(reason(503, ""), Reason::Server);
        assert_eq!(reason(404, ""), Reason::Rejected);
        assert_eq!(reason(302, ""), Reason::Garbage);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let parse = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().expect("a header"))]);
            retry_after(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(784_887_151))
        };
        assert_eq!(parse("7"), Some(Duration::from_secs(7)));
        assert_eq!(parse("Tue, 15 Nov 1994 08:12:41 GMT"), Some(Duration::from_secs(10)));
        // The past, nonsense, and what would overflow.
        assert_eq!(parse("Tue, 15 Nov 1994 08:12:21 GMT"), None);
        for nonsense in ["-1", "soon", "99999999999999999999"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }

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
