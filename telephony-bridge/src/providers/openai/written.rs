//! What passes between a reply's task and whoever asked for it.

use serde_json::Value;

use crate::session::LlmEvent;

/// The reply is wanted: what it holds may be heard and done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted;

/// What a reply's task delivers.
#[derive(Debug)]
pub(super) enum Written {
    Event(LlmEvent),
    /// Tools were used; messages for the history.
    Used(Vec<Value>),
}
