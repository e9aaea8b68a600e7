//! The call token: what a tool may do, sealed by us and carried by the bridge.
//!
//! `v1.BASE64URL(fields).BASE64URL(HMAC-SHA256)`. Tools take business, call and lead from here, never
//! from their arguments.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::error::{Fault, Refusal};
use crate::tenancy::TenantCtx;

const VERSION: &str = "v1";

/// Separates this use of the secret from every other.
const PURPOSE: &[u8] = b"kav call token v1";

/// What a token grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallGrant {
    pub(crate) tenant: TenantCtx,
    pub(crate) call_sid: String,
    /// The lead known when the call was routed.
    pub(crate) lead_id: Option<String>,
    /// Unix ms.
    pub(crate) expires_at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct Fields {
    tenant: String,
    call: String,
    lead: Option<String>,
    exp: i64,
}

/// Signs and verifies call tokens.
#[derive(Clone)]
pub(crate) struct CallTokens {
    mac: Hmac<Sha256>,
}

impl CallTokens {
    /// With a key derived from `secret`.
    pub(crate) fn new(secret: &SecretString) -> Self {
        let derived = keyed(secret.expose_secret().as_bytes()).chain_update(PURPOSE).finalize();
        Self { mac: keyed(&derived.into_bytes()) }
    }

    /// Seals a grant.
    pub(crate) fn sign(&self, grant: &CallGrant) -> String {
        let fields = Fields {
            tenant: grant.tenant.id().to_owned(),
            call: grant.call_sid.clone(),
            lead: grant.lead_id.clone(),
            exp: grant.expires_at_ms,
        };
        // A struct of strings and a number always serialises.
        let fields = serde_json::to_vec(&fields).unwrap_or_default();
        let sealed = format!("{VERSION}.{}", URL_SAFE_NO_PAD.encode(fields));
        let tag = self.mac.clone().chain_update(sealed.as_bytes()).finalize();
        format!("{sealed}.{}", URL_SAFE_NO_PAD.encode(tag.into_bytes()))
    }

    /// Opens a token of this very call.
    ///
    /// # Errors
    /// A refusal (403) that says which check failed; never what the token holds.
    pub(crate) fn open(&self, token: &str, call_sid: &str, now_ms: i64) -> Result<CallGrant, Refusal> {
        let refuse =
            |code, message: &str| Refusal::new(Fault::Forbidden, code, format!("call token: {message}"));
        let forged = || refuse("bad_call_token", "not one of ours");
        let (sealed, tag) = token.rsplit_once('.').ok_or_else(forged)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| forged())?;
        // Compares in constant time.
        self.mac.clone().chain_update(sealed.as_bytes()).verify_slice(&tag).map_err(|_| forged())?;
        let fields = sealed.strip_prefix("v1.").ok_or_else(forged)?;
        let fields = URL_SAFE_NO_PAD.decode(fields).map_err(|_| forged())?;
        let fields: Fields = serde_json::from_slice(&fields).map_err(|_| forged())?;
        if fields.call != call_sid {
            return Err(refuse("bad_call_token", "it belongs to another call"));
        }
        if fields.exp <= now_ms {
            return Err(refuse("call_token_expired", "it has expired"));
        }
        Ok(CallGrant {
            tenant: TenantCtx::new(&fields.tenant),
            call_sid: fields.call,
            lead_id: fields.lead,
            expires_at_ms: fields.exp,
        })
    }
}

/// HMAC takes keys of any length.
#[expect(clippy::expect_used, reason = "the only error of new_from_slice is one HMAC never returns")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

#[cfg(test)]
mod tests {
    use super::{CallGrant, CallTokens};
    use crate::tenancy::TenantCtx;

    fn grant() -> CallGrant {
        CallGrant {
            tenant: TenantCtx::new("t-1"),
            call_sid: "CA1".to_owned(),
            lead_id: Some("l-1".to_owned()),
            expires_at_ms: 1_000,
        }
    }

    #[test]
    fn a_token_opens_for_its_own_call_until_it_expires() {
        let tokens = CallTokens::new(&"secret".to_owned().into());
        let token = tokens.sign(&grant());
        assert_eq!(tokens.open(&token, "CA1", 999), Ok(grant()));
        assert_eq!(tokens.open(&token, "CA1", 1_000).unwrap_err().code, "call_token_expired");
        assert_eq!(tokens.open(&token, "CA2", 0).unwrap_err().code, "bad_call_token");
    }

    #[test]
    fn a_changed_byte_or_another_secret_is_refused() {
        let tokens = CallTokens::new(&"secret".to_owned().into());
        let token = tokens.sign(&grant());
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert!(tokens.open(&forged, "CA1", 0).is_err(), "byte {at} changed");
        }
        let other = CallTokens::new(&"another".to_owned().into());
        assert!(other.open(&token, "CA1", 0).is_err());
        assert!(tokens.open("", "CA1", 0).is_err());
    }
}
