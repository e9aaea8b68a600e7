//! What to do with a call when the CRM does not say.
//!
//! The call goes on (A-TEL-010): neutral words, no business, no recording, no tools.

use crm_api::{AgentGender, Decision, GreetingText, RouteDecision};

/// The neutral greeting.
pub const NEUTRAL_GREETING: &str = "שלום, הגעתם לקו. במה אפשר לעזור?";
/// Said when every place is taken or the bridge is going down.
pub const BUSY: &str = "כל הקווים תפוסים כרגע. אנא נסו שוב בעוד כמה דקות. תודה ולהתראות.";
/// Said to a call that is refused without words of the business.
pub const REFUSED: &str = "לא ניתן לקבל את השיחה כרגע. תודה ולהתראות.";
/// Said by the agent when the person who was rung did not take the call.
pub const NOBODY_FREE: &str = "אין כרגע מי שיכול לענות. אפשר להשאיר אצלי הודעה, ואעביר אותה.";
/// The voice where nobody chose one.
pub const DEFAULT_VOICE: &str = "he-IL-Wavenet-A";
/// The barge-in preset where nobody chose one.
pub const DEFAULT_PRESET: &str = "adaptive";

/// The agent answers, for nobody in particular.
pub fn neutral_decision(preset: Option<&str>) -> RouteDecision {
    RouteDecision {
        decision: Decision::Agent,
        business: None,
        greeting: GreetingText {
            text: NEUTRAL_GREETING.to_owned(),
            tts_cache_key: "neutral-he-IL-Wavenet-A".to_owned(),
            version: 0,
        },
        prompt_version: 0,
        locale: "he-IL".to_owned(),
        voice: DEFAULT_VOICE.to_owned(),
        agent_gender: AgentGender::Auto,
        vocabulary: Vec::new(),
        emergencies: None,
        barge_in_preset: preset.unwrap_or(DEFAULT_PRESET).to_owned(),
        barge_in_sensitivity: 0.0,
        speech_mode: None,
        dial: None,
        record: false,
        announce: None,
        call_token: None,
    }
}
