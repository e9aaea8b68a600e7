//! A turn that is over, and its words.

use audio_core::frame::SampleTime;

use crate::session::id::{CallTime, TurnId};
use crate::session::transcript::Entry;

/// A finished turn on its way to a reply.
#[derive(Debug)]
pub(in crate::session) struct Thinking {
    pub(in crate::session) turn: TurnId,
    /// First sample of the part being recognised.
    pub(in crate::session) onset: SampleTime,
    pub(in crate::session) start: CallTime,
    pub(in crate::session) end: CallTime,
    /// Words recognised before a hesitation.
    pub(in crate::session) carried: String,
    /// Interim words, used if the final ones do not come.
    pub(in crate::session) partial: String,
    /// All words of the turn, once they are final.
    pub(in crate::session) text: Option<String>,
    /// A model answers it from the caller's voice, whether or not the words are known.
    pub(in crate::session) answering: bool,
}

impl Thinking {
    /// The best words there are.
    pub(in crate::session) fn words(self) -> String {
        match self.text {
            Some(text) => text,
            None => join(&self.carried, &self.partial),
        }
    }
}

/// What is not written down yet.
#[derive(Debug)]
pub(in crate::session) enum Waiting {
    /// A turn of the caller whose words are to come.
    Turn(Thinking),
    /// What was heard after one.
    Said(Entry),
}

/// The words of a turn that went on.
pub(in crate::session) fn join(carried: &str, words: &str) -> String {
    let (carried, words) = (carried.trim(), words.trim());
    match (carried.is_empty(), words.is_empty()) {
        (true, _) => words.to_owned(),
        (_, true) => carried.to_owned(),
        _ => format!("{carried} {words}"),
    }
}
