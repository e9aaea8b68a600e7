//! Text on its way from a language model to a voice.

mod clean;
mod sentences;

pub use clean::speakable;
pub use sentences::Sentences;
