//! "A call came in: what shall we do with it?"

use serde::{Deserialize, Serialize};

/// A call as the telephone network announced it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RouteRequest {
    /// The provider's id of the call.
    pub call_sid: String,
    /// Caller as received: E.164, a short number, or one of the forms of a hidden number.
    pub from: String,
    /// Dialled number as received.
    pub to: String,
}

/// What to do with the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RouteDecision {
    /// The decision.
    pub decision: Decision,
    /// The business that owns the dialled number; absent for an unknown number.
    pub business: Option<Business>,
    /// What the agent says first, placeholders filled in.
    pub greeting: GreetingText,
    /// Version of the prompt the agent works with; 0 before a first prompt exists.
    pub prompt_version: u32,
    /// BCP 47 tag of the language spoken, such as `he-IL`.
    pub locale: String,
    /// Voice of the speech synthesis, such as `he-IL-Wavenet-D`.
    pub voice: String,
    /// Barge-in preset: `polite`, `responsive` or `adaptive`.
    pub barge_in_preset: String,
    /// Whom to ring when `decision` is `ring`.
    pub dial: Option<Dial>,
    /// May the call be recorded?
    pub record: bool,
    /// Spoken before anything else, such as the recording notice.
    pub announce: Option<String>,
    /// Authorises tools for this call alone; absent where no tools may run.
    pub call_token: Option<String>,
}

/// The kinds of decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The agent answers.
    Agent,
    /// Ring a person first.
    Ring,
    /// Say the night message and hang up.
    Night,
    /// Say why not and hang up.
    Refuse,
}

/// The business a call belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Business {
    /// Tenant id.
    pub id: String,
    /// Stable short name, such as `demo-realestate`.
    pub slug: String,
    /// Name as spoken.
    pub name: String,
}

/// What the agent says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GreetingText {
    /// The words.
    pub text: String,
    /// Changes whenever text or voice change: the key under which its audio may be cached.
    pub tts_cache_key: String,
    /// Version of the greeting; 0 for the neutral greeting of an unknown number.
    pub version: u32,
}

/// Whom to ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dial {
    /// E.164.
    pub number: String,
    /// Seconds to ring.
    pub timeout: u32,
    /// Where the provider reports the outcome, as a path on the bridge.
    pub action: String,
}
