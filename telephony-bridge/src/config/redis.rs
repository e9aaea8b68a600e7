//! Redis, through which bridges see each other's calls.

use redis::{Client, RedisResult};
use secrecy::{ExposeSecret as _, SecretString};

use super::{ConfigError, Source};

const NAME: &str = "REDIS_URL";
/// The client is built without TLS: Redis stands on the private network.
const EXPECTED: &str = "redis://[user:password@]host[:port][/database], on a private network";

/// A Redis, checked. Its URL may hold a password and is not shown.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    url: SecretString,
}

impl RedisConfig {
    pub(super) fn from_source(source: &Source) -> Result<Option<Self>, ConfigError> {
        let Some(url) = source.get(NAME) else { return Ok(None) };
        if !url.starts_with("redis://") || Client::open(url).is_err() {
            let value = without_password(url);
            return Err(ConfigError::Wrong { name: NAME, value, expected: EXPECTED });
        }
        Ok(Some(Self { url: url.into() }))
    }

    /// A client that is not connected yet.
    ///
    /// # Errors
    /// None that the check of the setting has not seen.
    pub fn client(&self) -> RedisResult<Client> {
        Client::open(self.url.expose_secret())
    }
}

/// What an error may show of the URL.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let shown = match rest.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => rest.to_owned(),
    };
    if scheme.is_empty() { shown } else { format!("{scheme}://{shown}") }
}
