//! Written Hebrew as it is said: what a synthesiser gets wrong is written out before it sees it.
//!
//! Numbers agree with what they count, telephone numbers come digit by digit in groups, prices in shekels
//! and agorot, dates and times as people say them, abbreviations and names from a lexicon, and the agent
//! speaks of itself in its own gender. Two forms come out: SSML ([`SpeechText::ssml`]), always well-formed
//! whatever the text, and plain text for engines that know no SSML ([`SpeechText::plain`]).
//!
//! Pure: no clock, no I/O.

mod figures;
mod number;
mod pronunciation;
mod reader;
mod render;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

pub use number::Gender;
pub use pronunciation::{Pronunciation, PronunciationError};

/// Writes text out for speech.
#[derive(Clone, Debug)]
pub struct SpeechText {
    pronunciation: Arc<Pronunciation>,
    /// Of the agent's voice: "אני בודק/ת".
    agent: Gender,
}

impl Default for SpeechText {
    /// Hebrew, said by a woman: the stock phrases are hers.
    fn default() -> Self {
        Self::new(Pronunciation::hebrew(), Gender::Feminine)
    }
}

impl SpeechText {
    /// With these words, said by an agent of this gender.
    pub fn new(pronunciation: Arc<Pronunciation>, agent: Gender) -> Self {
        Self { pronunciation, agent }
    }

    /// The same words, said by an agent of this gender; `None`: by ours.
    #[must_use]
    pub fn spoken_by(&self, gender: Option<Gender>) -> Self {
        Self { pronunciation: Arc::clone(&self.pronunciation), agent: gender.unwrap_or(self.agent) }
    }

    /// The agent's gender.
    pub fn agent(&self) -> Gender {
        self.agent
    }

    /// As an SSML document. Nothing in `text` is taken for markup.
    pub fn ssml(&self, text: &str) -> String {
        render::ssml(&reader::read(self, text))
    }

    /// As plain text.
    pub fn plain(&self, text: &str) -> String {
        render::plain(&reader::read(self, text))
    }
}
