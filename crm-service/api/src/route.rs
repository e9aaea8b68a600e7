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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Voice of the speech synthesis, such as `he-IL-Wavenet-A`.
    pub voice: String,
    /// How the agent speaks of itself. Not written where the voice decides.
    #[serde(default, skip_serializing_if = "AgentGender::is_auto")]
    pub agent_gender: AgentGender,
    /// Phrases that callers of the business are likely to say: speech recognition is told of them. Not written
    /// where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vocabulary: Vec<String>,
    /// Phrases that make a call of the business urgent. Absent: what the bridge takes for urgent; empty: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergencies: Option<Vec<String>>,
    /// Barge-in preset: `polite`, `responsive` or `adaptive`.
    pub barge_in_preset: String,
    /// How readily the agent lets itself be interrupted beside the preset: -1 less, 0 as the preset
    /// says, 1 more. 0 where a peer does not know it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = -1, maximum = 1))]
    pub barge_in_sensitivity: f32,
    /// How the agent speaks: `chain` (recognition, replies, synthesis) or `realtime` (speech to speech).
    /// Absent: the bridge's own setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech_mode: Option<String>,
    /// Whom to ring when `decision` is `ring`.
    pub dial: Option<Dial>,
    /// May the call be recorded?
    pub record: bool,
    /// Spoken before anything else, such as the recording notice.
    pub announce: Option<String>,
    /// Authorises tools for this call alone; absent where no tools may run.
    pub call_token: Option<String>,
}

impl RouteDecision {
    /// The agent answers, for nobody: no business, no person to ring, no recording, no tools.
    #[must_use]
    pub fn for_nobody(greeting: GreetingText, voice: &str) -> Self {
        Self {
            decision: Decision::Agent,
            business: None,
            greeting,
            prompt_version: 0,
            locale: "he-IL".to_owned(),
            voice: voice.to_owned(),
            agent_gender: AgentGender::Auto,
            vocabulary: Vec::new(),
            emergencies: None,
            barge_in_preset: "adaptive".to_owned(),
            barge_in_sensitivity: 0.0,
            speech_mode: None,
            dial: None,
            record: false,
            announce: None,
            call_token: None,
        }
    }
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

/// The grammatical gender in which the agent speaks of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AgentGender {
    /// As its voice sounds.
    #[default]
    Auto,
    /// "אני בודקת".
    Feminine,
    /// "אני בודק".
    Masculine,
}

impl AgentGender {
    /// Does the voice decide?
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub const fn is_auto(&self) -> bool {
        matches!(self, Self::Auto)
    }

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Feminine => "feminine",
            Self::Masculine => "masculine",
        }
    }
}

impl std::str::FromStr for AgentGender {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Auto, Self::Feminine, Self::Masculine];
        let found = all.into_iter().find(|gender| gender.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is none of auto, feminine, masculine"))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A-AUD-003: a peer that knows no sensitivity means 0; one that does is taken to the bit.
    #[test]
    fn sensitivity_is_optional_on_the_wire() {
        let text = r#"{"decision": "agent", "business": null, "prompt_version": 0, "locale": "he-IL",
            "greeting": {"text": "שלום", "tts_cache_key": "k", "version": 0}, "voice": "v",
            "barge_in_preset": "adaptive", "dial": null, "record": false, "announce": null, "call_token": null}"#;
        let mut decision: RouteDecision = serde_json::from_str(text).expect("an old peer's");
        assert_eq!((decision.barge_in_sensitivity.to_bits(), decision.speech_mode.as_deref()), (0, None));
        assert_eq!((decision.agent_gender, decision.vocabulary.len()), (AgentGender::Auto, 0));
        let sent = serde_json::to_string(&decision).expect("JSON");
        assert_eq!(decision.emergencies, None);
        let new = ["gender", "vocabulary", "emergencies", "speech_mode"];
        assert!(!new.iter().any(|key| sent.contains(key)), "an old peer gets what it knows: {sent}");
        for sensitivity in [-1.0, -0.1, 0.3, 1.0_f32] {
            decision.barge_in_sensitivity = sensitivity;
            let sent = serde_json::to_string(&decision).expect("JSON");
            let read: RouteDecision = serde_json::from_str(&sent).expect("the same");
            assert_eq!(read.barge_in_sensitivity.to_bits(), sensitivity.to_bits());
        }
    }
}
