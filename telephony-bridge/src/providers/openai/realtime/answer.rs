//! An answer of the model: one response, and another one after each use of tools.

use std::time::Instant;

use crate::providers::net::Worker;
use crate::session::{CallTime, TurnId};

/// An answer that is awaited or being spoken.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) turn: TurnId,
    /// The response at hand, once it has begun.
    pub(super) response: Option<String>,
    /// Until when something must have come.
    pub(super) due: Option<CallTime>,
    /// When it was asked for, until its first audio.
    pub(super) asked: Option<Instant>,
    /// Something was said.
    pub(super) said: bool,
    /// Responses after the first.
    pub(super) rounds: usize,
    /// When to bridge the wait for a tool.
    pub(super) filler_at: Option<CallTime>,
}

impl Answer {
    pub(super) fn new(turn: TurnId, due: CallTime) -> Self {
        let asked = Some(Instant::now());
        Self { turn, response: None, due: Some(due), asked, said: false, rounds: 0, filler_at: None }
    }
}

/// Tools that are being used.
#[derive(Debug)]
pub(super) struct Using {
    pub(super) turn: TurnId,
    /// Calls whose results are not there yet.
    pub(super) left: Vec<String>,
    pub(super) until: CallTime,
    pub(super) worker: Worker<(), (String, String)>,
}
