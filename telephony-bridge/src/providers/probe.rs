//! How it is asked whether a provider works.

use futures_util::future::BoxFuture;

use super::net::{ProviderError, Role};

/// A small request to a provider.
pub struct Probe {
    /// What it is there for.
    pub role: Role,
    /// Its name in a chain.
    pub provider: &'static str,
    /// What came of it.
    pub run: BoxFuture<'static, Result<(), ProviderError>>,
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Probe({} {})", self.role, self.provider)
    }
}
