//! Where the conversation stands.

use serde::{Deserialize, Serialize};

use super::{Speaking, Thinking};

/// The state as others see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The caller has the floor.
    Listening,
    /// The caller's turn is over, the reply is on its way.
    Thinking,
    /// The agent has the floor.
    Speaking,
    /// The call is over.
    Ended,
}

impl State {
    /// The state's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listening => "listening",
            Self::Thinking => "thinking",
            Self::Speaking => "speaking",
            Self::Ended => "ended",
        }
    }
}

/// What follows a reply once it was heard. The greater wins where a reply asks for two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Afterwards {
    /// The caller has the floor.
    #[default]
    Listen,
    /// The call ends.
    HangUp,
    /// The call goes to a person.
    Transfer,
}

impl Afterwards {
    pub(super) const fn of(hang_up: bool, transfer: bool) -> Self {
        match (transfer, hang_up) {
            (true, _) => Self::Transfer,
            (false, true) => Self::HangUp,
            (false, false) => Self::Listen,
        }
    }
}

/// The state with what belongs to it.
#[derive(Debug)]
pub(super) enum Phase {
    Listening,
    Thinking(Thinking),
    Speaking(Speaking),
    Ended,
}

impl Phase {
    pub(super) const fn state(&self) -> State {
        match self {
            Self::Listening => State::Listening,
            Self::Thinking(_) => State::Thinking,
            Self::Speaking(_) => State::Speaking,
            Self::Ended => State::Ended,
        }
    }
}
