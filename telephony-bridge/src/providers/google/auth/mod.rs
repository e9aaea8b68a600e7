//! Who we are, for Google: a service account's token, or an API key.

mod key;
mod token;

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use tonic::metadata::{MetadataMap, MetadataValue};

use super::super::net::{HttpClient, Phase, ProviderError, Reason};

pub use key::{KeyError, ServiceAccount};
use token::Tokens;

/// Name in errors of what is not part of one service.
const PROVIDER: &str = "google";

/// Proves to Google who we are. One for all services and calls.
#[derive(Debug)]
pub struct Auth(Kind);

#[derive(Debug)]
enum Kind {
    Account(Box<Tokens>),
    Key(SecretString),
    /// For a stand-in that asks for nothing.
    None,
}

impl Auth {
    /// A service account: tokens are fetched when they are needed, kept, and replaced before they expire.
    pub fn account(account: Arc<ServiceAccount>, http: HttpClient) -> Self {
        Self(Kind::Account(Box::new(Tokens::new(account, http))))
    }

    /// An API key.
    pub fn key(key: SecretString) -> Self {
        Self(Kind::Key(key))
    }

    /// Nobody in particular.
    pub fn none() -> Self {
        Self(Kind::None)
    }

    /// The header that says so, by name and value.
    ///
    /// # Errors
    /// No token can be had.
    pub async fn header(&self) -> Result<Option<(&'static str, SecretString)>, ProviderError> {
        Ok(match &self.0 {
            Kind::Account(tokens) => {
                let token = tokens.token().await?;
                Some(("authorization", format!("Bearer {}", token.expose_secret()).into()))
            }
            Kind::Key(key) => Some(("x-goog-api-key", key.clone())),
            Kind::None => None,
        })
    }

    /// The same for gRPC.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    pub async fn headers(&self) -> Result<MetadataMap, ProviderError> {
        let mut headers = MetadataMap::new();
        if let Some((name, value)) = self.header().await? {
            let mut value: MetadataValue<_> = value.expose_secret().parse().map_err(|_| {
                let detail = format!("{name}: the value has characters that no header can hold");
                ProviderError::new(PROVIDER, Phase::Authorise, Reason::Expired, detail)
            })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }
}
