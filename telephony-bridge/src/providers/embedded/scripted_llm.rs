//! Replies read from a tape: line `i` answers the `i`-th completed turn, the last one repeats.

use std::sync::Arc;

use super::due::Due;
use super::lead_fields;
use crate::providers::{LeadFields, Llm};
use crate::session::{CallTime, Line, LlmEvent, TurnId};

/// Replies for one call.
#[derive(Debug)]
pub struct ScriptedLlm {
    lines: Arc<[Line]>,
    latency_ms: u64,
    /// The turn whose reply was begun early, and when.
    draft: Option<(TurnId, CallTime)>,
    due: Due<(TurnId, LlmEvent)>,
}

impl ScriptedLlm {
    /// Replies `lines`, each `latency_ms` after the final transcript.
    pub fn new(lines: impl Into<Arc<[Line]>>, latency_ms: u64) -> Self {
        Self { lines: lines.into(), latency_ms, draft: None, due: Due::default() }
    }
}

impl Llm for ScriptedLlm {
    fn reply(&mut self, now: CallTime, turn: TurnId, index: u32, text: &str) {
        let begun = self.draft.take().filter(|(drafted, _)| *drafted == turn).map_or(now, |(_, at)| at);
        let at = CallTime(begun.0 + self.latency_ms * 1_000).max(now);
        if let Some(line) = self.lines.get(index as usize).or(self.lines.last()) {
            self.due.push(at, (turn, LlmEvent::Sentence(line.clone())));
        }
        let fields: LeadFields = lead_fields(text);
        self.due.push(at, (turn, LlmEvent::Done { fields, hang_up: false, transfer: false }));
    }

    fn draft(&mut self, now: CallTime, turn: TurnId, _index: u32, _text: &str) -> bool {
        self.draft = Some((turn, now));
        true
    }

    fn cancel(&mut self, turn: TurnId) {
        self.draft.take_if(|(drafted, _)| *drafted == turn);
        self.due.retain(|(t, _)| *t != turn);
    }

    fn poll(&mut self, now: CallTime) -> Option<(TurnId, LlmEvent)> {
        self.due.pop(now)
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        self.due.next_at()
    }
}
