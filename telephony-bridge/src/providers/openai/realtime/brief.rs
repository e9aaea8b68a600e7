//! What the model is told.

use crate::speech_text::Gender;

/// What the model is told of the business.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brief {
    /// Who it is and how it speaks.
    pub instructions: String,
    /// What whoever writes down the caller's words may expect to hear; may be empty.
    pub expected: String,
    /// How the bridge's own lines in between speak of the agent.
    pub gender: Gender,
}
