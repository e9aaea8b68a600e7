//! What the far end plays, worked out instead of played: when each utterance begins, when its mark comes back.

use std::time::Duration;

use telephony_bridge::session::{CallTime, UtteranceId};

/// Length of a frame.
const FRAME: Duration = Duration::from_millis(20);

/// Something that comes back from the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The utterance's first frame left.
    Playing(UtteranceId),
    /// Its end was played, or thrown away.
    Mark(UtteranceId),
}

/// The agent's audio between the bridge and the caller's ear.
#[derive(Debug, Default)]
pub(super) struct FarEnd {
    /// Begins and ends of the stretch that is being played.
    from: CallTime,
    until: CallTime,
    last: Option<UtteranceId>,
    coming: Vec<(CallTime, Heard)>,
}

impl FarEnd {
    /// So many frames of an utterance.
    pub(super) fn push(&mut self, now: CallTime, utterance: UtteranceId, frames: usize) {
        if self.until < now {
            (self.from, self.until) = (now, now);
        }
        if self.last.replace(utterance) != Some(utterance) {
            self.coming.push((self.until, Heard::Playing(utterance)));
        }
        self.until = self.until + FRAME * frames as u32;
    }

    /// The utterance is whole: its mark comes back so long after its end, if at all.
    pub(super) fn end(&mut self, now: CallTime, utterance: UtteranceId, way: Option<Duration>) {
        self.until = self.until.max(now);
        if let Some(way) = way {
            self.coming.push((self.until + way, Heard::Mark(utterance)));
        }
    }

    /// Falls silent; marks still to come come at once.
    pub(super) fn clear(&mut self, now: CallTime) {
        self.until = self.until.min(now);
        self.last = None;
        self.coming.retain(|(_, heard)| matches!(heard, Heard::Mark(_)));
        for (at, _) in &mut self.coming {
            *at = (*at).min(now);
        }
    }

    /// Is the agent heard?
    pub(super) fn is_audible(&self, now: CallTime) -> bool {
        self.from <= now && now < self.until
    }

    /// When something comes back.
    pub(super) fn next_at(&self) -> Option<CallTime> {
        self.coming.iter().map(|(at, _)| *at).min()
    }

    /// What has come back by now, earliest first.
    pub(super) fn pop(&mut self, now: CallTime) -> Option<Heard> {
        let at = self.next_at().filter(|at| *at <= now)?;
        let index = self.coming.iter().position(|(of, _)| *of == at)?;
        Some(self.coming.remove(index).1)
    }
}
