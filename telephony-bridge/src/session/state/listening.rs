//! The turn being heard, also under the agent's words.

use audio_core::frame::SampleTime;

use super::speaking::Interrupted;
use crate::session::id::{CallTime, TurnId};

/// What is known of the turn being heard.
#[derive(Debug, Default)]
pub(in crate::session) struct Listening {
    pub(in crate::session) segment: Option<Segment>,
    /// Is the caller speaking, heard as a turn or not?
    pub(in crate::session) voice: bool,
    /// Words of the same turn that were recognised before the caller went on.
    pub(in crate::session) carried: Option<Carried>,
    /// What the agent was saying when it yielded: said to the end if the caller had no words.
    pub(in crate::session) interrupted: Option<Interrupted>,
    /// The agent was turned down, and may be interrupted.
    pub(in crate::session) ducked: Option<Ducked>,
    /// When the caller's voice ended.
    pub(in crate::session) quiet_since: Option<CallTime>,
}

impl Listening {
    /// Is a segment open?
    pub(in crate::session) const fn is_open(&self) -> bool {
        self.segment.is_some()
    }

    /// Is a segment open of which no word is known?
    pub(in crate::session) fn has_no_words(&self) -> bool {
        self.segment.as_ref().is_some_and(|segment| segment.partial.trim().is_empty())
    }

    /// Drops the segment; its words are no longer wanted.
    pub(in crate::session) fn close(&mut self) -> Option<TurnId> {
        // A duck that goes on is followed by another's words: none of those are known yet.
        if let Some(ducked) = &mut self.ducked {
            ducked.words = 0;
        }
        self.segment.take().map(|segment| segment.turn)
    }

    /// The turn of the segment that is open.
    pub(in crate::session) fn turn(&self) -> Option<TurnId> {
        self.segment.as_ref().map(|segment| segment.turn)
    }
}

/// A stretch of the caller's line under recognition.
#[derive(Debug)]
pub(in crate::session) struct Segment {
    pub(in crate::session) turn: TurnId,
    pub(in crate::session) onset: SampleTime,
    pub(in crate::session) last_voice: SampleTime,
    pub(in crate::session) partial: String,
    /// The detector has heard nothing of it.
    pub(in crate::session) unheard: bool,
}

/// The earlier part of a turn that goes on.
#[derive(Debug)]
pub(in crate::session) struct Carried {
    pub(in crate::session) text: String,
    pub(in crate::session) start: CallTime,
}

/// A possible interruption.
#[derive(Clone, Copy, Debug)]
pub(in crate::session) struct Ducked {
    pub(in crate::session) since: CallTime,
    pub(in crate::session) score: f32,
    /// Is it a voice as near as the caller's?
    pub(in crate::session) near: bool,
    /// Words of the segment that were known before.
    pub(in crate::session) words: usize,
}

impl Ducked {
    /// The agent was turned down now, after so many words of the segment.
    pub(in crate::session) const fn new(now: CallTime, score: f32, words: usize) -> Self {
        Self { since: now, score, near: false, words }
    }
}
