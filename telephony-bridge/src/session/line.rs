//! What the agent says.

use serde::{Deserialize, Serialize};

/// Words for the agent to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The words.
    pub text: String,
    /// A recording of them, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<String>,
}

impl Line {
    /// Words without a recording.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), clip: None }
    }

    /// Nothing to say?
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.clip.is_none()
    }
}
