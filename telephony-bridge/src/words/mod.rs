//! Words that decide who has the floor: "uh-huh" is no interruption, "wait" is one, and a phrase that
//! ends with "of" is not over. The lists are data, one file a language.

mod asked;
mod emergencies;
mod lexicon;

pub use asked::Asked;
pub use emergencies::Emergencies;
pub(crate) use lexicon::last_question;
pub use lexicon::{Lexicon, LexiconError, plain};

/// What new words over the agent's speech amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// No words, or the agent's own coming back.
    Nothing,
    /// Nothing but backchannels.
    Backchannel,
    /// A word that stops the agent at once.
    Stop(String),
    /// So many words that are neither.
    Words(usize),
}

/// What the lists say of one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A digit, spoken.
    Digit,
    /// The first of two digits said as one number ("fifty").
    Tens,
    /// The second of them ("and two").
    Second,
    /// In any other list.
    Function,
    /// In none.
    Other,
}

/// How the words of a turn end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// There are none yet.
    None,
    /// With a word that asks for more, a filler, or half a telephone number.
    Unfinished,
    /// Like an answer of which there may be more: a first name, a street without a number.
    Perhaps,
    /// Like a question.
    Question,
    /// Like a sentence.
    Complete,
}
