//! What the agent's words ask for: it decides what is an answer, and how long one is waited for.

/// The answer that is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asked {
    /// None: no question.
    #[default]
    Nothing,
    /// Yes or no, or one of what was named ("to buy or to rent?"): a word.
    Closed,
    /// Anything else.
    Open,
    /// A telephone number.
    Number,
    /// A name.
    Name,
    /// An address.
    Address,
}

impl Asked {
    /// Is "yes" no answer?
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Number | Self::Name | Self::Address)
    }
}
