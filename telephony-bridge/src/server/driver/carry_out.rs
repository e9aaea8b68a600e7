//! What the session is told, and what it asks for.

use std::time::Instant;

use crm_api::{CallEventKind, EndReason, Speaker};

use super::{Driver, numbers};
use crate::session::{CallTime, Output};
use crate::tape::{Decision, Wire, WireInput};

impl Driver {
    /// Gives the session one input and carries out what it asks for.
    pub(super) fn feed(&mut self, input: WireInput) {
        let now = self.clock.now();
        self.stirred = true;
        self.session.handle(now, input.as_input());
        self.spans.input(&input);
        self.record_at(now, Wire::Input { input });
        while let Some(output) = self.session.poll() {
            if let Some(decision) = Decision::of(&output) {
                self.record_at(now, Wire::Decision { decision });
            }
            self.carry_out(now, output);
        }
    }

    fn carry_out(&mut self, now: CallTime, output: Output) {
        self.providers.carry_out(now, &output);
        self.spans.output(&output);
        match output {
            Output::Speak { line, from_ms: 0, .. } => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.line_spoken(&line);
                }
            }
            Output::FlushPlayout => {
                let generation = self.handle.flush();
                self.socket.flush(generation);
                self.playout.flush(generation);
            }
            Output::Clear(_) => self.socket.clear(),
            // A full queue keeps the duck until the voice has stopped.
            Output::Acquit => drop(self.handle.acquit()),
            // …and one false alarm less is remembered.
            Output::FalseAlarm => drop(self.handle.false_alarm()),
            Output::Crm(kind) => {
                self.learn(&kind);
                let at_ms = self.started_at_ms + i64::try_from(now.as_ms()).unwrap_or(i64::MAX);
                let goes_on = self.hands_over && matches!(kind, CallEventKind::Ended { .. });
                if let Some(kind) = self.before.shifted(kind).filter(|_| !goes_on) {
                    self.app.outbox.record(&self.call_sid, kind, at_ms);
                }
            }
            Output::TurnEnd { .. } => {
                tracing::debug!(call_sid = %self.call_sid, at_ms = now.as_ms(), "the caller's turn is over");
                self.unanswered = Some(Instant::now());
                self.status.turn();
            }
            Output::TakenBack { .. } => self.unanswered = None,
            Output::State(state) => {
                tracing::debug!(call_sid = %self.call_sid, at_ms = now.as_ms(), ?state, "the floor changes");
                self.status.state(state);
            }
            Output::Yield { .. } => {
                tracing::debug!(call_sid = %self.call_sid, at_ms = now.as_ms(), "the agent yields");
                metrics::counter!(numbers::BARGE_INS).increment(1);
                self.status.yielded();
            }
            Output::Degraded(provider) => {
                self.status.fallback();
                tracing::warn!(call_sid = %self.call_sid, ?provider, "fallback used");
                metrics::counter!(numbers::DEGRADED, "provider" => format!("{provider:?}").to_lowercase(), "reason" => "session")
                    .increment(1);
            }
            // The TwiML ends with <Hangup/>: closing the socket ends the call.
            Output::HangUp => self.ended = Some(EndReason::AgentHangUp),
            Output::Transfer => {
                self.learned.person();
                self.hands_over = true;
                self.ended = Some(EndReason::AgentHangUp);
            }
            Output::Ended(reason) => self.ended = Some(reason),
            _ => {}
        }
    }

    /// From what the CRM is told.
    fn learn(&self, kind: &CallEventKind) {
        match kind {
            CallEventKind::LeadFields { fields } => self.learned.fields(fields),
            CallEventKind::Turn { speaker: Speaker::Caller, text, .. }
                if self.emergencies.find(text).is_some() && self.learned.urgent() =>
            {
                // Which words those were is the caller's own business.
                tracing::warn!(call_sid = %self.call_sid, "the caller has an emergency");
                metrics::counter!(numbers::EMERGENCIES).increment(1);
            }
            _ => {}
        }
    }

    pub(super) fn record(&mut self, what: Wire) {
        self.record_at(self.clock.now(), what);
    }

    pub(super) fn record_at(&mut self, now: CallTime, what: Wire) {
        if let Some(recorder) = &mut self.recorder {
            recorder.line(now, what);
        }
    }
}
