//! Single-use tokens: the proof that a media stream belongs to a call that was announced.
//!
//! A token is 128 random bits, bound to its call, good once and for 60 seconds. It travels as a
//! `<Parameter>` of the TwiML and comes back in `start`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq as _;

/// How long a token is good: from the webhook's answer to `start`.
pub const TOKEN_TTL: Duration = Duration::from_secs(60);

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No token is outstanding for this call: never announced, used before, or too late.
    #[error("no token is outstanding for this call")]
    Unknown,
    /// The call is known and the token is not its own.
    #[error("the token is not that of this call")]
    Wrong,
}

/// Outstanding tokens, by call, each with what it was issued for. Time is an argument.
#[derive(Debug)]
pub(super) struct TokenStore<T> {
    by_call: HashMap<String, Issued<T>>,
}

#[derive(Debug)]
struct Issued<T> {
    token: String,
    expires: Instant,
    value: T,
}

impl<T> TokenStore<T> {
    pub(super) fn new() -> Self {
        Self { by_call: HashMap::new() }
    }

    /// Calls with a token that is still good. Forgets the others.
    pub(super) fn outstanding(&mut self, now: Instant) -> usize {
        self.by_call.retain(|_, issued| issued.expires > now);
        self.by_call.len()
    }

    /// Issues a token. One outstanding for the same call (the webhook was repeated) is void.
    pub(super) fn issue(&mut self, call_sid: &str, value: T, now: Instant) -> String {
        let token = uuid::Uuid::new_v4().simple().to_string();
        let issued = Issued { token: token.clone(), expires: now + TOKEN_TTL, value };
        self.by_call.insert(call_sid.to_owned(), issued);
        token
    }

    /// Uses a token up.
    ///
    /// A wrong token leaves the right one usable: a stranger must not be able to void it.
    pub(super) fn redeem(&mut self, call_sid: &str, token: &str, now: Instant) -> Result<T, TokenError> {
        let issued = self.by_call.get(call_sid).ok_or(TokenError::Unknown)?;
        if issued.expires <= now {
            self.by_call.remove(call_sid);
            return Err(TokenError::Unknown);
        }
        if !bool::from(issued.token.as_bytes().ct_eq(token.as_bytes())) {
            return Err(TokenError::Wrong);
        }
        self.revoke(call_sid).ok_or(TokenError::Unknown)
    }

    /// Voids the token of a call and returns what it was issued for.
    pub(super) fn revoke(&mut self, call_sid: &str) -> Option<T> {
        self.by_call.remove(call_sid).map(|issued| issued.value)
    }

    pub(super) fn contains(&self, call_sid: &str) -> bool {
        self.by_call.contains_key(call_sid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-TEL-001, strengthened: a token opens one stream of one call.
    #[test]
    fn a_token_works_once_and_for_its_call() {
        let now = Instant::now();
        let mut store = TokenStore::new();
        let token = store.issue("CA1", 1, now);
        let other = store.issue("CA2", 2, now);
        assert_eq!(token.len(), 32);
        assert_ne!(token, other);
        assert_eq!(store.redeem("CA3", &token, now), Err(TokenError::Unknown));
        assert_eq!(store.redeem("CA1", &other, now), Err(TokenError::Wrong));
        assert_eq!(store.redeem("CA1", "", now), Err(TokenError::Wrong));
        assert_eq!(store.redeem("CA1", &token, now), Ok(1));
        assert_eq!(store.redeem("CA1", &token, now), Err(TokenError::Unknown));
        assert_eq!(store.outstanding(now), 1);
    }

    #[test]
    fn a_token_expires() {
        let now = Instant::now();
        let mut store = TokenStore::new();
        let token = store.issue("CA1", (), now);
        assert_eq!(store.outstanding(now + TOKEN_TTL), 0);
        let again = store.issue("CA1", (), now);
        assert_eq!(store.redeem("CA1", &again, now + TOKEN_TTL), Err(TokenError::Unknown));
        assert_ne!(token, again);
    }

    #[test]
    fn a_repeated_webhook_voids_the_first_token() {
        let now = Instant::now();
        let mut store = TokenStore::new();
        let first = store.issue("CA1", 1, now);
        let second = store.issue("CA1", 2, now);
        assert_eq!(store.outstanding(now), 1);
        assert_eq!(store.redeem("CA1", &first, now), Err(TokenError::Wrong));
        assert_eq!(store.redeem("CA1", &second, now), Ok(2));
    }
}
