//! Where the conversation stands, and what a [`Session`](super::Session) knows there. Nothing here acts: the files
//! beside this folder do.

mod drafts;
mod listening;
mod speaking;
mod thinking;
mod utterance;

use audio_core::frame::SampleTime;
use serde::{Deserialize, Serialize};

pub(super) use drafts::Drafts;
pub(super) use listening::{Carried, Ducked, Listening, Segment};
pub(super) use speaking::{Afterwards, Interrupted, Speaking};
pub(super) use thinking::{Thinking, Waiting, join};
pub(super) use utterance::{Saying, Utterance};

use super::id::CallTime;

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

/// A moment on the caller's line as a moment of the call.
pub(super) const fn call_time(at: SampleTime) -> CallTime {
    CallTime(at.as_us())
}
