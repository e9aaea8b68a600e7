//! The first words of a call.

use crm_api::GreetingText;
use sha2::{Digest as _, Sha256};

use crate::ids;
use crate::tenancy::profile::Profile;

/// The greeting of a business, placeholders filled in.
pub(crate) fn of(profile: &Profile) -> GreetingText {
    let text = fill(&profile.greeting, &profile.name, &profile.assistant_name);
    GreetingText {
        tts_cache_key: cache_key(&profile.voice, &text),
        version: u32::try_from(profile.greeting_version).unwrap_or(u32::MAX),
        text,
    }
}

/// The greeting of a call that belongs to nobody.
pub(crate) fn neutral(voice: &str, text: &str) -> GreetingText {
    GreetingText { text: text.to_owned(), tts_cache_key: cache_key(voice, text), version: 0 }
}

/// Fills `{business}` and `{assistant}` in one pass: a name is never read as a template.
fn fill(template: &str, business: &str, assistant: &str) -> String {
    let mut text = String::with_capacity(template.len() + business.len() + assistant.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        rest = &rest[open..];
        let (placeholder, value) = if rest.starts_with("{business}") {
            ("{business}", business)
        } else if rest.starts_with("{assistant}") {
            ("{assistant}", assistant)
        } else {
            ("{", "{")
        };
        text.push_str(value);
        rest = &rest[placeholder.len()..];
    }
    text.push_str(rest);
    text
}

/// Changes whenever voice or text change.
fn cache_key(voice: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(voice.as_bytes());
    hash.update([0]);
    hash.update(text.as_bytes());
    ids::hex(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::{cache_key, fill};

    /// A-PLT-009, A-CRM-019: placeholders name the business and its assistant.
    #[test]
    fn placeholders_are_filled_once_and_others_stay() {
        assert_eq!(fill("שלום, {business}, כאן {assistant}", "הכרמל", "נועה"), "שלום, הכרמל, כאן נועה");
        assert_eq!(fill("{business} {", "{assistant}", "x"), "{assistant} {");
        assert_eq!(fill("{other}", "b", "a"), "{other}");
    }

    #[test]
    fn the_cache_key_follows_voice_and_text() {
        assert_eq!(cache_key("v", "t"), cache_key("v", "t"));
        assert_ne!(cache_key("v", "t"), cache_key("w", "t"));
        assert_ne!(cache_key("v", "t"), cache_key("v", "u"));
        assert_ne!(cache_key("ab", "c"), cache_key("a", "bc"));
    }
}
