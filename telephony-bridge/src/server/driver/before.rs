//! A call that comes back to the agent after a person was rung: its events go on where they were.

use crm_api::CallEventKind;

use crate::server::CallInfo;

/// What lies before this stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Before {
    /// When the call's first stream came up, unix ms; absent for the first.
    started_at_ms: Option<i64>,
    /// Things said.
    turns: u32,
    /// Length in ms of call time.
    ms: u64,
}

impl Before {
    pub(super) fn of(call: &CallInfo, now_ms: i64, speed: f64) -> Self {
        let Some(earlier) = &call.earlier else { return Self::default() };
        Self {
            started_at_ms: Some(earlier.started_at_ms),
            turns: u32::try_from(earlier.said.len()).unwrap_or(u32::MAX),
            ms: (now_ms.saturating_sub(earlier.started_at_ms).max(0) as f64 * speed) as u64,
        }
    }

    /// When the call's first stream came up, where that is not this one.
    pub(super) const fn started_at_ms(&self) -> Option<i64> {
        self.started_at_ms
    }

    /// The event with its numbers counted from the beginning of the call. It began but once.
    pub(super) fn shifted(&self, kind: CallEventKind) -> Option<CallEventKind> {
        if self.started_at_ms.is_none() {
            return Some(kind);
        }
        Some(match kind {
            CallEventKind::Started { .. } => return None,
            CallEventKind::Turn { turn, speaker, text, start_ms, end_ms, interrupted } => {
                CallEventKind::Turn {
                    turn: turn + self.turns,
                    speaker,
                    text,
                    start_ms: start_ms + self.ms,
                    end_ms: end_ms + self.ms,
                    interrupted,
                }
            }
            CallEventKind::BargeIn { at_ms_in_call, score, heard_ms } => {
                CallEventKind::BargeIn { at_ms_in_call: at_ms_in_call + self.ms, score, heard_ms }
            }
            CallEventKind::Ended { reason, duration_ms } => {
                CallEventKind::Ended { reason, duration_ms: duration_ms + self.ms }
            }
            other => other,
        })
    }
}
