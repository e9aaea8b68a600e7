//! Who asks. Checked before the body is read.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::answer::Failure;
use crate::app::App;
use crate::error::{Fault, Refusal};
use crate::tenancy::{TenantCtx, api_keys};

/// The bridge: it showed the internal token.
pub(super) struct Internal;

impl FromRequestParts<Arc<App>> for Internal {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let shown = bearer(parts)
            .ok_or_else(|| unauthenticated("Authorization: Bearer <internal token> is missing"))?;
        let shown = Sha256::digest(shown.as_bytes());
        if bool::from(shown.as_slice().ct_eq(&app.internal_token)) {
            return Ok(Self);
        }
        Err(unauthenticated("the internal token is wrong: INTERNAL_API_TOKEN differs between bridge and CRM")
            .into())
    }
}

/// One business: an API key of it was shown.
pub(super) struct Tenant(pub(super) TenantCtx);

impl FromRequestParts<Arc<App>> for Tenant {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let key = bearer(parts)
            .filter(|key| key.starts_with(api_keys::PREFIX))
            .ok_or_else(|| unauthenticated("Authorization: Bearer kav_… (an API key) is missing"))?;
        let mut tx = app.db.read().await?;
        let owner = api_keys::owner(&mut tx, key).await?;
        tx.commit().await?;
        owner.map(Self).ok_or_else(|| unauthenticated("the API key is unknown or revoked").into())
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, credentials) = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let credentials = credentials.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !credentials.is_empty()).then_some(credentials)
}

fn unauthenticated(message: &str) -> Refusal {
    Refusal::new(Fault::Unauthenticated, "unauthenticated", message)
}
