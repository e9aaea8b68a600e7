//! What to do with a call when the CRM does not say.
//!
//! The call goes on (A-TEL-010): neutral words, no business, no recording, no tools.

use crm_api::{GreetingText, RouteDecision};

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

/// The agent answers, for nobody in particular.
pub fn neutral_decision(preset: Option<&str>) -> RouteDecision {
    let greeting = GreetingText {
        text: NEUTRAL_GREETING.to_owned(),
        tts_cache_key: "neutral-he-IL-Wavenet-A".to_owned(),
        version: 0,
    };
    let mut decision = RouteDecision::for_nobody(greeting, DEFAULT_VOICE);
    if let Some(preset) = preset {
        preset.clone_into(&mut decision.barge_in_preset);
    }
    decision
}
