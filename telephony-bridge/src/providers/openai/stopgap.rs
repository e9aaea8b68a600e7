//! What the bridge says, and for how long it waits, while the model uses tools or has no words.

use std::time::Duration;

use crate::speech_text::Gender;

/// Times the model may use tools for one reply.
pub(super) const MAX_ROUNDS: usize = 3;
/// A tool that takes longer is bridged by a phrase.
pub(super) const FILLER_AFTER: Duration = Duration::from_millis(700);
/// Said where the model ends the call without a word.
pub(super) const GOODBYE: &str = "תודה, ולהתראות.";

/// Bridges a slow tool.
pub(super) const fn filler(gender: Gender) -> &'static str {
    match gender {
        Gender::Feminine => "רגע, אני בודקת.",
        Gender::Masculine => "רגע, אני בודק.",
    }
}

/// Said where the model hands the call over without a word.
pub(super) const fn hand_over(gender: Gender) -> &'static str {
    match gender {
        Gender::Feminine => "כמובן, אני מעבירה.",
        Gender::Masculine => "כמובן, אני מעביר.",
    }
}
