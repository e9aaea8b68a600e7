//! The client: credentials, time limits, what is sent again.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

use super::RestError;
use crate::crm::Backoff;
use crate::providers::net::{HttpClient, chain};

/// Twilio's own base URL.
pub const API_BASE: &str = "https://api.twilio.com/2010-04-01";
/// Longest answer that is read whole, in bytes: a page of a list is some 100 KB.
const MAX_ANSWER: usize = 4 << 20;

/// Who asks: an account, and the account's token or one of its API keys.
#[derive(Clone, Debug)]
pub struct Credentials {
    account_sid: String,
    user: String,
    secret: SecretString,
}

impl Credentials {
    /// The account itself.
    pub fn account(account_sid: impl Into<String>, auth_token: SecretString) -> Self {
        let account_sid = account_sid.into();
        Self { user: account_sid.clone(), account_sid, secret: auth_token }
    }

    /// One of its API keys, which can be taken back without changing the account's token.
    pub fn api_key(account_sid: impl Into<String>, key: impl Into<String>, secret: SecretString) -> Self {
        Self { account_sid: account_sid.into(), user: key.into(), secret }
    }

    /// The account.
    pub fn account_sid(&self) -> &str {
        &self.account_sid
    }
}

/// Limits and pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestOptions {
    /// Base URL with the API's version, without a slash at its end.
    pub base: String,
    /// From a request to its whole answer; of a download: to its first byte, and between two pieces.
    pub answer: Duration,
    /// How often one request is sent at most.
    pub tries: u32,
    /// Between two tries.
    pub backoff: Backoff,
    /// Twilio may ask for a longer pause than `backoff`; one longer than this is not waited for.
    pub longest_pause: Duration,
}

impl Default for RestOptions {
    /// 1 s to connect, 5 s to answer, three tries, 0.2 to 2 s between them, at most 5 s where Twilio asks for it.
    fn default() -> Self {
        Self {
            base: API_BASE.to_owned(),
            answer: Duration::from_secs(5),
            tries: 3,
            backoff: Backoff { min: Duration::from_millis(200), max: Duration::from_secs(2) },
            longest_pause: Duration::from_secs(5),
        }
    }
}

/// Does it do harm to send a request twice?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twice {
    Harmless,
    Harmful,
}

/// Twilio's API for one account. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct TwilioRest {
    inner: Arc<Inner>,
}

struct Inner {
    http: HttpClient,
    credentials: Credentials,
    options: RestOptions,
}

/// Without the secret.
impl std::fmt::Debug for TwilioRest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TwilioRest")
            .field("base", &self.inner.options.base)
            .field("account_sid", &self.inner.credentials.account_sid)
            .finish_non_exhaustive()
    }
}

impl TwilioRest {
    /// A client without connections yet.
    ///
    /// # Errors
    /// [`RestError::Client`] if TLS cannot be set up.
    pub fn new(credentials: Credentials, options: RestOptions) -> Result<Self, RestError> {
        let http = HttpClient::new().map_err(RestError::Client)?;
        Ok(Self { inner: Arc::new(Inner { http, credentials, options }) })
    }

    /// The account whose calls these are.
    pub fn account_sid(&self) -> &str {
        &self.inner.credentials.account_sid
    }

    pub(super) fn options(&self) -> &RestOptions {
        &self.inner.options
    }

    /// A request below the account; `path` begins with a slash.
    pub(super) fn request(&self, method: Method, path: &str) -> Asking {
        let url = format!("{}/Accounts/{}{path}", self.options().base, self.account_sid());
        self.request_url(method, url)
    }

    pub(super) fn request_url(&self, method: Method, url: String) -> Asking {
        Asking { method, url, form: None, authorised: true }
    }

    /// A request to elsewhere, without credentials.
    pub(super) fn stranger(&self, url: String) -> Asking {
        Asking { method: Method::GET, url, form: None, authorised: false }
    }

    /// HTTP Basic. In no log: the header says that it is sensitive.
    fn authorisation(&self) -> Option<HeaderValue> {
        let Credentials { user, secret, .. } = &self.inner.credentials;
        let pair = STANDARD.encode(format!("{user}:{}", secret.expose_secret()));
        let mut value = HeaderValue::try_from(format!("Basic {pair}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Sends a request and reads the JSON of its answer.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        twice: Twice,
        request: Asking,
    ) -> Result<T, RestError> {
        let body = self.whole(doing, twice, request).await?;
        serde_json::from_slice(&body)
            .map_err(|error| RestError::garbage(doing, format!("no JSON of this kind: {error}")))
    }

    /// Sends a request and reads its whole answer.
    pub(super) async fn whole(
        &self,
        doing: &'static str,
        twice: Twice,
        request: Asking,
    ) -> Result<Vec<u8>, RestError> {
        let mut tried = 0;
        loop {
            let answer = async {
                let response = self.checked(doing, self.sent(doing, &request).await?).await?;
                self.body(doing, response).await
            };
            match tokio::time::timeout(self.options().answer, answer)
                .await
                .unwrap_or_else(|_| Err(self.late(doing)))
            {
                Ok(body) => return Ok(body),
                Err(error) => self.before_next(error, twice, &mut tried).await?,
            }
        }
    }

    /// Sends a request that does no harm twice until its answer begins; a redirection is an answer.
    pub(super) async fn begun(
        &self,
        doing: &'static str,
        request: Asking,
    ) -> Result<Response<Incoming>, RestError> {
        let mut tried = 0;
        loop {
            let answer = async {
                let response = self.sent(doing, &request).await?;
                match response.status().is_redirection() {
                    true => Ok(response),
                    false => self.checked(doing, response).await,
                }
            };
            match tokio::time::timeout(self.options().answer, answer)
                .await
                .unwrap_or_else(|_| Err(self.late(doing)))
            {
                Ok(response) => return Ok(response),
                Err(error) => self.before_next(error, Twice::Harmless, &mut tried).await?,
            }
        }
    }

    /// Waits before the next try, or returns the error where there is none.
    async fn before_next(&self, error: RestError, twice: Twice, tried: &mut u32) -> Result<(), RestError> {
        *tried += 1;
        let error = error.without(self.inner.credentials.secret.expose_secret());
        let pause = self.pause(&error, twice, *tried);
        tracing::warn!(%error, again_in = ?pause, "Twilio's API");
        let Some(pause) = pause else { return Err(error) };
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// How long to wait before the next try; `None`: there is none.
    fn pause(&self, error: &RestError, twice: Twice, tried: u32) -> Option<Duration> {
        let options = self.options();
        let (again, asked) = match error {
            RestError::Unreachable { .. } => (true, None),
            // Refused before anything was done.
            RestError::Refused { status: 429, retry_after, .. } => (true, *retry_after),
            RestError::Refused { status: 500.., retry_after, .. } => (twice == Twice::Harmless, *retry_after),
            RestError::Unanswered { .. } => (twice == Twice::Harmless, None),
            _ => (false, None),
        };
        let asked = asked.unwrap_or_default();
        if !again || tried >= options.tries || asked > options.longest_pause {
            return None;
        }
        let random = uuid::Uuid::new_v4().as_u64_pair().0;
        Some(options.backoff.wait(tried, random).max(asked))
    }

    async fn sent(&self, doing: &'static str, asking: &Asking) -> Result<Response<Incoming>, RestError> {
        let unreachable = |detail: String| RestError::Unreachable { doing, detail };
        let mut request = Request::builder().method(asking.method.clone()).uri(&asking.url);
        if asking.authorised {
            let value =
                self.authorisation().ok_or_else(|| unreachable("the credentials are no header".into()))?;
            request = request.header(AUTHORIZATION, value);
        }
        if asking.form.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = Full::from(asking.form.clone().unwrap_or_default());
        let request = request.body(body).map_err(|error| unreachable(error.to_string()))?;
        self.inner.http.send(request).await.map_err(|error| match error.is_connect() {
            true => unreachable(chain(&error)),
            false => RestError::Unanswered { doing, detail: chain(&error) },
        })
    }

    async fn checked(
        &self,
        doing: &'static str,
        response: Response<Incoming>,
    ) -> Result<Response<Incoming>, RestError> {
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        // The status alone is enough.
        let body = self.body(doing, response).await.unwrap_or_default();
        Err(RestError::refused(doing, status, &body, retry_after))
    }

    async fn body(
        &self,
        doing: &'static str,
        mut response: Response<Incoming>,
    ) -> Result<Vec<u8>, RestError> {
        let mut body = Vec::new();
        while let Some(piece) = piece(doing, &mut response).await? {
            if body.len() + piece.len() > MAX_ANSWER {
                return Err(RestError::garbage(doing, format!("longer than {MAX_ANSWER} bytes")));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    pub(super) fn late(&self, doing: &'static str) -> RestError {
        let detail = format!("nothing within {} ms", self.options().answer.as_millis());
        RestError::Unanswered { doing, detail }
    }
}

/// `Retry-After` in seconds, as Twilio writes it.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

/// The next piece of a body; `None` at its end.
pub(super) async fn piece(
    doing: &'static str,
    response: &mut Response<Incoming>,
) -> Result<Option<Bytes>, RestError> {
    while let Some(frame) = response.body_mut().frame().await {
        match frame {
            Ok(frame) => {
                // Trailers are of no use.
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
            Err(error) => return Err(RestError::Unanswered { doing, detail: chain(&error) }),
        }
    }
    Ok(None)
}

/// A request, as often as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    method: Method,
    url: String,
    form: Option<String>,
    authorised: bool,
}

impl Asking {
    /// With a form; keys may come several times.
    pub(super) fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.form = Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
        self
    }
}

/// The id if it may stand in a path.
///
/// # Errors
/// [`RestError::Wrong`].
pub(super) fn sid<'a>(doing: &'static str, field: &'static str, sid: &'a str) -> Result<&'a str, RestError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if sid.is_empty() || sid.len() > 64 || !sid.bytes().all(plain) {
        return Err(RestError::wrong(doing, field, sid, "an id of letters and digits"));
    }
    Ok(sid)
}
