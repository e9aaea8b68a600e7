//! A session's timers: an enum that indexes an array, no heap.

use super::id::CallTime;

/// What a timer's firing means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The caller has been silent long enough: the turn is over.
    Endpointing = 0,
    /// The final transcript is overdue.
    SttFinal,
    /// The words of a turn that was answered without them are overdue.
    Words,
    /// The reply's first words are overdue.
    Reply,
    /// The utterance's first audio is overdue.
    FirstAudio,
    /// The utterance's mark is overdue.
    Playout,
    /// The caller has spoken for too long without a pause.
    TurnLimit,
    /// Nobody has spoken for a while.
    Silence,
    /// The detector hears nobody: recognition listens all the same.
    Unheard,
    /// The agent has been turned down for long enough to believe words.
    Overlap,
    /// The interim words have not changed for a while.
    Draft,
    /// The far end did not close after we hung up.
    HangUp,
    /// The call has lasted too long.
    MaxCall,
}

impl Timer {
    const ALL: [Self; 13] = [
        Self::Endpointing,
        Self::SttFinal,
        Self::Words,
        Self::Reply,
        Self::FirstAudio,
        Self::Playout,
        Self::TurnLimit,
        Self::Silence,
        Self::Unheard,
        Self::Overlap,
        Self::Draft,
        Self::HangUp,
        Self::MaxCall,
    ];
}

/// When each timer fires.
#[derive(Clone, Debug, Default)]
pub(super) struct TimerTable([Option<CallTime>; Timer::ALL.len()]);

impl TimerTable {
    pub(super) fn set(&mut self, timer: Timer, at: CallTime) {
        self.0[timer as usize] = Some(at);
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    pub(super) fn stop_all(&mut self) {
        self.0 = Default::default();
    }

    /// The earliest timer; among equals the one declared first.
    pub(super) fn next(&self) -> Option<(CallTime, Timer)> {
        Timer::ALL
            .into_iter()
            .filter_map(|timer| Some((self.0[timer as usize]?, timer)))
            .min_by_key(|&(at, timer)| (at, timer as usize))
    }
}
