//! What went wrong with a provider: which one, doing what, and the datum.

use std::fmt;
use std::time::Duration;

/// What a provider is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Speech recognition.
    Stt,
    /// Replies.
    Llm,
    /// Speech synthesis.
    Tts,
    /// Speech to speech.
    Realtime,
}

impl Role {
    /// As a metric's label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stt => "stt",
            Self::Llm => "llm",
            Self::Tts => "tts",
            Self::Realtime => "realtime",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Reaching the provider: name, TCP, TLS, handshake.
    Connect,
    /// Proving who we are.
    Authorise,
    /// Sending the request, until its answer begins.
    Request,
    /// Receiving the answer.
    Answer,
    /// A probe in the background.
    Probe,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Authorise => "authorise",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Probe => "probe",
        })
    }
}

/// Why it failed, as a metric's label says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Nobody listens there, or the name is not known.
    Refused,
    /// The answer did not begin in time.
    Slow,
    /// The answer stopped in the middle and the connection stayed.
    Stalled,
    /// The connection ended in the middle of an answer.
    Dropped,
    /// The answer is not what the protocol says.
    Garbage,
    /// Too many requests, or nothing left of the account.
    Quota {
        /// The provider's own word on when to come back.
        retry_after: Option<Duration>,
    },
    /// Key, token or session is not, or no longer, good.
    Expired,
    /// The provider says that it is broken (5xx).
    Server,
    /// The provider will not do what was asked (other 4xx).
    Rejected,
    /// The provider does not keep up with what it is sent.
    Overrun,
}

impl Reason {
    /// As a metric's label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Slow => "slow",
            Self::Stalled => "stalled",
            Self::Dropped => "dropped",
            Self::Garbage => "garbage",
            Self::Quota { .. } => "quota",
            Self::Expired => "expired",
            Self::Server => "server",
            Self::Rejected => "rejected",
            Self::Overrun => "overrun",
        }
    }
}

/// A provider failed. Holds no key: see [`ProviderError::redacted`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{provider}: {phase}: {}: {detail}", .reason.as_str())]
pub struct ProviderError {
    /// Its name in a chain, such as `openai`.
    pub provider: &'static str,
    /// What was being done.
    pub phase: Phase,
    /// Why it failed.
    pub reason: Reason,
    /// The datum: a status, a line, a limit; one line, bounded.
    pub detail: String,
}

/// Longest detail kept, in characters.
const MAX_DETAIL: usize = 300;

impl ProviderError {
    /// An error; the detail is cut to one bounded line.
    pub fn new(provider: &'static str, phase: Phase, reason: Reason, detail: impl AsRef<str>) -> Self {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let detail = detail.as_ref().chars().map(plain).take(MAX_DETAIL).collect();
        Self { provider, phase, reason, detail }
    }

    /// The same without `key`, wherever the far end repeated it.
    #[must_use]
    pub fn redacted(mut self, key: &str) -> Self {
        if !key.is_empty() && self.detail.contains(key) {
            self.detail = self.detail.replace(key, "[key]");
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_culprit_and_the_datum() {
        let error = ProviderError::new("openai", Phase::Answer, Reason::Garbage, "line\n3 {\"x\"");
        assert_eq!(error.to_string(), "openai: answer: garbage: line 3 {\"x\"");
        let long = ProviderError::new("openai", Phase::Answer, Reason::Garbage, "א".repeat(1_000));
        assert_eq!(long.detail.chars().count(), MAX_DETAIL);
    }

    #[test]
    fn a_key_is_not_repeated() {
        let error = ProviderError::new("openai", Phase::Authorise, Reason::Expired, "bad key sk-123, sk-123");
        assert_eq!(error.redacted("sk-123").detail, "bad key [key], [key]");
    }
}
