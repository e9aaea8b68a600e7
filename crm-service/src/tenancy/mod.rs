//! Businesses, and how a request or a call finds its own.
//!
//! The tenant comes from credentials or from the dialled number, never from a URL or a body.

pub(crate) mod api_keys;
pub(crate) mod change;
pub(crate) mod channel_routes;
mod checks;
pub(crate) mod profile;
pub(crate) mod tenants;

use std::sync::Arc;

/// The business in whose name something is done. Made here alone: from an API key, from a dialled
/// number, from the directory of calls, from a verified call token, or by the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TenantCtx {
    id: Arc<str>,
}

impl TenantCtx {
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.into() }
    }

    /// Tenant id.
    #[must_use]
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}
