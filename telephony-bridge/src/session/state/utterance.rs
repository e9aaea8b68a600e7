//! What is said: a line, and how much of it was heard by when.

use crate::session::id::{CallTime, UtteranceId};
use crate::session::line::Line;

/// Milliseconds of speech a letter takes, to judge what was heard of audio of unknown length.
const MS_PER_LETTER: u64 = 75;

/// Something that was to be said.
#[derive(Debug)]
pub(in crate::session) struct Piece {
    pub(in crate::session) line: Line,
    /// The model itself said it, as this utterance.
    pub(in crate::session) voiced: Option<UtteranceId>,
}

/// Something to be said.
#[derive(Debug, Default)]
pub(in crate::session) struct Saying {
    pub(in crate::session) line: Line,
    /// Skip so much of its audio.
    pub(in crate::session) from_ms: u64,
    /// Its audio was made beforehand.
    pub(in crate::session) cached: bool,
    /// The model itself says it…
    pub(in crate::session) voiced: bool,
    /// …and goes on where this utterance was cut off.
    pub(in crate::session) resumes: Option<UtteranceId>,
}

impl From<Line> for Saying {
    fn from(line: Line) -> Self {
        Self { line, ..Self::default() }
    }
}

impl From<Piece> for Saying {
    fn from(Piece { line, voiced }: Piece) -> Self {
        Self { line, voiced: voiced.is_some(), resumes: voiced, ..Self::default() }
    }
}

/// One line on its way to the caller's ear.
#[derive(Debug)]
pub(in crate::session) struct Utterance {
    pub(in crate::session) id: UtteranceId,
    pub(in crate::session) line: Line,
    pub(in crate::session) from_ms: u64,
    /// The model itself says it.
    pub(in crate::session) voiced: bool,
    pub(in crate::session) started: Option<CallTime>,
    /// Length of the audio from `from_ms` on.
    pub(in crate::session) total_ms: Option<u64>,
    /// How much of that has been handed over…
    pub(in crate::session) given_ms: u64,
    /// …and when the last of it will have been played.
    pub(in crate::session) plays_until: CallTime,
}

impl Utterance {
    /// How much of the whole line was heard by `now`, and how long the whole line is, in ms.
    pub(in crate::session) fn heard(&self, now: CallTime) -> (u64, u64) {
        let letters = self.line.text.chars().filter(|c| !c.is_whitespace()).count() as u64;
        let guessed = letters * MS_PER_LETTER;
        if self.voiced {
            // Words run ahead of the audio, and audio may pause: what was played is known from what was given.
            let total = self.from_ms + self.total_ms.unwrap_or(self.given_ms.max(guessed));
            let left = (self.plays_until - now).as_millis() as u64;
            let played = self.started.map_or(0, |_| self.given_ms.saturating_sub(left));
            return ((self.from_ms + played).min(total), total);
        }
        let total = self.total_ms.map_or(guessed, |ms| self.from_ms + ms);
        let played = self.started.map_or(0, |at| (now - at).as_millis() as u64);
        ((self.from_ms + played).min(total), total)
    }

    pub(in crate::session) fn into_piece(self) -> Piece {
        Piece { line: self.line, voiced: self.voiced.then_some(self.id) }
    }
}
