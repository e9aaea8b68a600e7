//! Replies begun early.

use crate::session::id::TurnId;

/// What was begun early for the caller's present turn.
#[derive(Debug, Default)]
pub(in crate::session) struct Drafts {
    /// The one being written: its turn, and its words as they are compared.
    pub(in crate::session) open: Option<(TurnId, String)>,
    /// How many were begun, hesitations of the turn included.
    pub(in crate::session) begun: u32,
}
