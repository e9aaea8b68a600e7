//! Fallbacks: several providers as one. The first that works is asked; where it fails or is late the next
//! takes over, with all that it must know.
//!
//! Limits are in call time and time is an argument: a chain behaves the same in a replay.

mod llm;
mod stt;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use llm::LlmChain;
pub use stt::SttChain;

use super::net::{Health, Permit, Role, numbers};

/// How long a provider may keep a caller waiting before the next one is asked (A-AUD-005).
pub const LIMIT: Duration = Duration::from_millis(1_500);

/// Notes that a provider was passed over.
pub(super) fn fell_back(role: Role, from: &str, to: &str, reason: &'static str) {
    metrics::counter!(numbers::FALLBACKS, "provider" => role.as_str(), "reason" => reason).increment(1);
    tracing::warn!(%role, from, to, reason, "fallback used");
}

/// Why a provider is passed over, as a metric's label.
pub(super) fn reason_of(health: Option<&Health>) -> &'static str {
    health.and_then(Health::last_reason).map_or("failed", |reason| reason.as_str())
}

/// May it be asked?
pub(super) fn is_open(health: Option<&Health>) -> bool {
    let permit = |health: &Health| health.permit(std::time::Instant::now());
    health.is_none_or(|health| matches!(permit(health), Some(Permit::Normal | Permit::Trial)))
}
