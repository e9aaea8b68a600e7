//! Access tokens of a service account: RFC 7523 at Google's token endpoint.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{PROVIDER, ServiceAccount};
use crate::providers::net::{Endpoint, HttpClient, Phase, ProviderError, Reason};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Longest answer of the endpoint, in bytes.
const MAX_ANSWER: usize = 64 * 1024;
/// Longest a token is believed, whatever the endpoint says.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: u64,
}

#[derive(Clone, Debug)]
struct Token {
    text: SecretString,
    /// From now on a new one is fetched…
    stale_at: Instant,
    /// …and from now on this one is no good.
    dead_at: Instant,
}

/// The tokens of one account.
pub(super) struct Tokens {
    account: Arc<ServiceAccount>,
    endpoint: Endpoint,
    token: Mutex<Option<Token>>,
    /// One request at a time, however many calls wait.
    fetching: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Tokens {
    pub(super) fn new(account: Arc<ServiceAccount>, http: HttpClient) -> Self {
        let endpoint = Endpoint::new(http, PROVIDER, account.token_uri(), None);
        Self { account, endpoint, token: Mutex::new(None), fetching: tokio::sync::Mutex::new(()) }
    }

    /// A token that is good now. A new one is fetched from 80 % of its life on; while that fails, the old one
    /// serves to its end.
    pub(super) async fn token(&self) -> Result<SecretString, ProviderError> {
        if let Some(token) = self.kept(|token| token.stale_at) {
            return Ok(token);
        }
        let _one = self.fetching.lock().await;
        if let Some(token) = self.kept(|token| token.stale_at) {
            return Ok(token);
        }
        match self.fetch().await {
            Ok(token) => {
                *self.lock() = Some(token.clone());
                Ok(token.text)
            }
            Err(error) => self.kept(|token| token.dead_at).ok_or(error),
        }
    }

    fn kept(&self, until: impl Fn(&Token) -> Instant) -> Option<SecretString> {
        self.lock().as_ref().filter(|token| Instant::now() < until(token)).map(|token| token.text.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self) -> Result<Token, ProviderError> {
        let fail = |reason, detail: &str| ProviderError::new(PROVIDER, Phase::Authorise, reason, detail);
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let assertion = self
            .account
            .assertion(since_1970.as_secs())
            .map_err(|_| fail(Reason::Rejected, "the assertion cannot be signed"))?;
        let request = self.endpoint.post("").form(&[("grant_type", GRANT), ("assertion", &assertion)]);
        let asked = Instant::now();
        let body = self.endpoint.send(request).await.map_err(|error| as_expired(error, &assertion))?;
        let body = body.whole(MAX_ANSWER).await?;
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| fail(Reason::Garbage, "the answer holds no access_token and expires_in"))?;
        let life = Duration::from_secs(answer.expires_in).min(LONGEST);
        let text = SecretString::from(answer.access_token);
        if text.expose_secret().is_empty() {
            return Err(fail(Reason::Garbage, "the access_token is empty"));
        }
        Ok(Token { text, stale_at: asked + life.mul_f64(0.8), dead_at: asked + life })
    }
}

/// 400 `invalid_grant`: the account or its key is gone.
fn as_expired(error: ProviderError, assertion: &str) -> ProviderError {
    let error = error.redacted(assertion);
    match error.reason {
        Reason::Rejected => ProviderError { phase: Phase::Authorise, reason: Reason::Expired, ..error },
        _ => error,
    }
}
