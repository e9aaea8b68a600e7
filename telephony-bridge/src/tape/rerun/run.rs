//! The session, run again over what it was told.

use audio_core::frame::FRAME_MS;
use audio_core::tape::CallerSpan;

use super::steps::Step;
use crate::session::{CallTime, Input, Output, Session, SessionConfig, State};
use crate::tape::notebook::Notebook;
use crate::tape::wire::{Decision, WireInput};

const FRAME_US: u64 = FRAME_MS as u64 * 1_000;
/// A timer this long overdue was not due in the recorded call.
const OVERDUE_US: u64 = 100_000;

/// The session over the recorded inputs.
pub(super) struct Run {
    session: Session,
    labels: Vec<CallerSpan>,
    pub(super) notes: Notebook,
    expected: Vec<Decision>,
    pub(super) decisions: Vec<Decision>,
    pub(super) diverged_ms: Option<u64>,
    /// Has the chain decided otherwise than then? Until it does, every timer that fired is on the
    /// tape, however late it was.
    pub(super) free: bool,
    /// The far end plays until then.
    heard_until_us: u64,
    pub(super) now: CallTime,
    /// State before the stop.
    pub(super) final_state: State,
}

impl Run {
    /// Before the first step.
    pub(super) fn new(config: SessionConfig, labels: Vec<CallerSpan>, expected: Vec<Decision>) -> Self {
        Self {
            session: Session::new(config),
            labels,
            notes: Notebook::default(),
            expected,
            decisions: Vec::new(),
            diverged_ms: None,
            free: false,
            heard_until_us: 0,
            now: CallTime(0),
            final_state: State::Listening,
        }
    }

    pub(super) fn step(&mut self, at: CallTime, step: &Step<'_>) {
        self.advance(at);
        match step {
            Step::AgentFrame => {
                self.notes.agent_starts(at.as_ms());
                self.heard_until_us = self.heard_until_us.max(at.0) + FRAME_US;
            }
            Step::TakeBack(frames) => {
                self.heard_until_us = self.heard_until_us.saturating_sub(u64::from(*frames) * FRAME_US);
            }
            Step::Speech(event) => {
                self.notes.speech(at.as_ms(), event);
                self.feed(at, Input::Speech(*event));
            }
            Step::Input(input) => {
                match input {
                    WireInput::Start(start) => self.notes.caller(&start.from),
                    WireInput::Stop(_) => self.final_state = self.session.state(),
                    _ => {}
                }
                self.feed(at, input.as_input());
            }
        }
    }

    /// Time passes: audio runs out, and timers fire that did not fire then.
    fn advance(&mut self, to: CallTime) {
        let free = self.free || self.diverged_ms.is_some();
        let overdue = |at: &CallTime| free && at.0 + OVERDUE_US < to.0;
        while let Some(at) = self.session.poll_timeout().filter(overdue) {
            self.now = at;
            self.feed(at, Input::Timeout);
        }
        if self.notes.audible && self.heard_until_us <= to.0 {
            self.notes.agent_stops(self.heard_until_us / 1_000, false);
        }
        self.now = self.now.max(to);
    }

    fn feed(&mut self, now: CallTime, input: Input<'_>) {
        self.session.handle(now, input);
        while let Some(output) = self.session.poll() {
            if let Output::Clear(_) = output {
                self.heard_until_us = now.0;
            }
            self.notes.output(now, &output, &self.labels);
            if let Some(decision) = Decision::of(&output) {
                if self.diverged_ms.is_none() && self.expected.get(self.decisions.len()) != Some(&decision) {
                    self.diverged_ms = Some(now.as_ms());
                }
                self.decisions.push(decision);
            }
        }
    }
}
