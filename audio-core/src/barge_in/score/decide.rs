//! From what is known of the line to a decision: turn the agent down, yield, or take the duck back.

use super::{BELIEVED, BargeInDetector, Reply};
use crate::barge_in::evidence::{Near, is_as_close};
use crate::barge_in::memory::Memory;
use crate::barge_in::model::moved;
use crate::barge_in::run::Run;
use crate::barge_in::verdict::{ResumeReason, Verdict};
use crate::frame::SampleTime;

/// How likely it must be that the caller takes the floor for a voice of `confirm_ms` to be yielded to…
const CONFIRMED: f32 = 0.33;
/// …and how many times as long one must last that is not so likely: whoever keeps talking gets the floor.
const PATIENCE: f32 = 2.0;
/// By how much the log-odds must be greater without what the Kav VAD remembers, of which the model sees most.
const FOREIGN: f64 = 7.4;
/// Frames of voice that a claim needs: of fewer nothing can be said about the echo.
const RUN: u32 = 3;
/// How likely it must be that a voice is near for its words to be believed: who is far off has words too.
const NEAR: f32 = 0.88;
/// …or how likely that they take the floor.
const LIKELY: f32 = 0.5;
/// Frames of voice from which on its level tells that it is near: 200 ms.
const CLOSE_FRAMES: u32 = 10;
/// Frames after which a duck is taken back that nothing has confirmed since: 360 ms.
const UNCONFIRMED: u32 = 18;

impl BargeInDetector {
    /// Decides by the model and by the cumulative sum.
    pub(super) fn settle(&mut self, at: SampleTime, reply: Reply, near: Near) -> Option<Verdict> {
        let (begun, claims, is_near) = (self.model.begun(), self.model.claims(), self.model.near());
        let needed = self.config.duck_score.unwrap_or(f32::INFINITY);
        self.unconfirmed = if begun >= 0.5 * needed { 0 } else { self.unconfirmed.saturating_add(1) };
        let doubt = self.doubt.odds(at);
        let surer = |score: f32, odds: f64| if odds > 0.0 { moved(score, odds) } else { score };
        let foreign = if near.memory == Memory::NOTHING { FOREIGN } else { 0.0 };
        let claim = self.config.claim_score.map(|score| surer(score, doubt + foreign));
        let claimed = !reply.yielded && claim.is_some_and(|claim| claims >= claim);
        if let Some(run) = self.run.filter(|run| claimed && run.frames >= RUN) {
            return self.yield_to(reply, run, claims);
        }
        let run = self.explained(self.run.unwrap_or(Run::new(at)), near);
        let patience = if claim.is_none() || claims >= surer(CONFIRMED, doubt) { 1.0 } else { PATIENCE };
        if let Some(verdict) = self.confirm(reply, run, patience) {
            return Some(verdict);
        }
        if !self.ducked {
            if reply.yielded || begun < needed {
                return None;
            }
            (self.ducked, self.near) = (true, false);
            return Some(Verdict::Duck { score: begun, reasons: run.reasons });
        }
        let close = || {
            let own = (self.talker.level(), self.floor.level());
            run.frames >= CLOSE_FRAMES
                && run.evidence >= BELIEVED
                && is_as_close(run.loudness(), own.0, own.1)
        };
        if !self.near && (is_near >= NEAR || claims >= LIKELY || close()) {
            self.near = true;
            return Some(Verdict::Near { score: is_near, reasons: run.reasons });
        }
        if self.unconfirmed > UNCONFIRMED && run.evidence < BELIEVED {
            return self.resume(ResumeReason::Faded);
        }
        None
    }

    pub(super) fn judge(&mut self, reply: Reply, run: Run) -> Option<Verdict> {
        let score = run.reasons.score();
        if let Some(verdict) = self.confirm(reply, run, 1.0) {
            return Some(verdict);
        }
        if reply.yielded || run.gap > 0 {
            return None;
        }
        if !self.ducked && self.config.duck_score.is_some_and(|duck| score >= duck) {
            (self.ducked, self.near) = (true, false);
            return Some(Verdict::Duck { score, reasons: run.reasons });
        }
        // A run tells nothing of near and far: words may decide.
        if self.ducked && !self.near {
            self.near = true;
            return Some(Verdict::Near { score, reasons: run.reasons });
        }
        None
    }

    /// Has the voice lasted long enough, `patience` times what was asked for, to yield to?
    fn confirm(&mut self, reply: Reply, run: Run, patience: f32) -> Option<Verdict> {
        let score = run.reasons.score();
        // Loud frames weigh more, but the voice must have lasted as long as was asked for.
        let frames = patience * self.config.confirm_frames() as f32;
        let confirmed = run.evidence >= frames && run.frames as f32 >= frames;
        if reply.yielded || run.gap > 0 || run.frames == 0 || !confirmed || score < self.config.yield_score {
            return None;
        }
        self.yield_to(reply, run, score)
    }

    /// Yields, unless the voice is the agent's own.
    fn yield_to(&mut self, reply: Reply, run: Run, score: f32) -> Option<Verdict> {
        if self.config.echo_margin_db.is_some() && self.echo.explains(run.coupling) {
            self.run = None;
            return self.resume(ResumeReason::Echo);
        }
        self.reply = Some(Reply { yielded: true, ..reply });
        self.ducked = false;
        Some(Verdict::Yield { score, reasons: run.reasons, onset: run.onset })
    }

    pub(super) fn resume(&mut self, reason: ResumeReason) -> Option<Verdict> {
        core::mem::take(&mut self.ducked).then_some(Verdict::Resume { reason })
    }
}
