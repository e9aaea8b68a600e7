//! Follows the run of voice on the caller's line while the agent is heard, and decides.

use crate::barge_in::before::Before;
use crate::barge_in::echo::EchoEstimate;
use crate::barge_in::evidence::{
    Against, MOST_WEIGHT, Near, Reasons, echo_reason, is_as_close, level_reason, weight,
};
use crate::barge_in::floor::Floor;
use crate::barge_in::model::{Beside, MODEL_INPUTS, Model, inputs};
use crate::barge_in::policy::BargeInConfig;
use crate::barge_in::run::Run;
use crate::barge_in::talker::Talker;
use crate::barge_in::verdict::{ResumeReason, Verdict};
use crate::far_end::FarEnd;
use crate::frame::{Dbfs, SampleTime, WIRE_RATE};

/// After the agent's last frame its voice is still on its way for about this many frames.
const AUDIBLE_TAIL: u32 = 3;

/// Frames of evidence from which on a voice is not held against itself.
const BELIEVED: f32 = 3.0;
/// How likely it must be that the caller takes the floor for a voice of `confirm_ms` to be yielded to…
const CONFIRMED: f32 = 0.33;
/// …and how many times as long one must last that is not so likely: whoever keeps talking gets the floor.
const PATIENCE: f32 = 2.0;
/// Frames of voice that a claim needs: of fewer nothing can be said about the echo.
const RUN: u32 = 3;
/// How likely it must be that a voice is near for its words to be believed: who is far off has words too.
const NEAR: f32 = 0.9;
/// …or how likely that they take the floor.
const LIKELY: f32 = 0.5;
/// Frames of voice from which on its level tells that it is near: 200 ms.
const CLOSE_FRAMES: u32 = 10;
/// Frames after which a duck is taken back that nothing has confirmed since: 360 ms.
const UNCONFIRMED: u32 = 18;
/// A run survives this many frames in a row in which the echo may hide the caller: 200 ms.
const MASKED_BRIDGE: u32 = 10;

/// One frame of the agent: which reply it belongs to, and its level.
#[derive(Clone, Copy, Debug)]
struct Sent {
    reply: (u32, u32),
    level: Dbfs,
}

/// What one frame says about the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// Loud enough, and louder than the agent's echo can be.
    Voice,
    /// Loud enough, but it may be the echo.
    Masked,
    /// No voice, or not loud enough.
    Nothing,
}

/// The agent's current reply.
#[derive(Clone, Copy, Debug)]
struct Reply {
    id: (u32, u32),
    start: SampleTime,
    yielded: bool,
}

/// Watches both lines of a call.
#[derive(Clone, Debug)]
pub struct BargeInDetector {
    config: BargeInConfig,
    far_end: FarEnd<Sent>,
    echo: EchoEstimate,
    reply: Option<Reply>,
    /// Frames for which the agent is still heard.
    audible: u32,
    run: Option<Run>,
    ducked: bool,
    /// Has the voice that turned the agent down been found near?
    near: bool,
    /// Frames since the beginning of an interruption was last as likely as not.
    unconfirmed: u32,
    talker: Talker,
    floor: Floor,
    before: Before,
    model: Model,
}

impl BargeInDetector {
    /// Nobody speaks. The configuration is taken as it is; see [`BargeInConfig::validate`].
    pub const fn new(config: BargeInConfig) -> Self {
        Self {
            config,
            far_end: FarEnd::new(Sent { reply: (0, 0), level: Dbfs::SILENCE }),
            echo: EchoEstimate::new(),
            reply: None,
            audible: 0,
            run: None,
            ducked: false,
            near: false,
            unconfirmed: 0,
            talker: Talker::NEW,
            floor: Floor::NEW,
            before: Before::NEW,
            model: Model::NEW,
        }
    }

    /// The rules in force.
    pub const fn config(&self) -> &BargeInConfig {
        &self.config
    }

    /// What speaks for an interruption after the last caller frame; nothing while no run of voice
    /// is followed.
    pub fn evidence(&self) -> Reasons {
        self.run.map_or(Reasons::default(), |run| run.reasons)
    }

    /// What the last caller frame said: the voice detector's score; how far the frame lies above
    /// the noise, the line a moment ago and the echo, and how it lies to the caller's level, in parts of 10 dB; its
    /// [`Timbre`](crate::barge_in::Timbre) and its [`Pitch`](crate::vad::Pitch). For training (`barge-in-training`).
    pub fn model_inputs(&self) -> [f32; MODEL_INPUTS] {
        self.model.newest()
    }

    /// What has been learned about the echo.
    pub const fn echo(&self) -> &EchoEstimate {
        &self.echo
    }

    /// New rules from the next frame on; the run of voice so far is judged by them.
    pub const fn set_config(&mut self, config: BargeInConfig) {
        self.config = config;
        if config.leak.is_none() {
            self.model = Model::NEW;
        }
    }

    /// A frame of the agent's voice was sent, at `level`. A new `reply` is a new reply: its grace
    /// counts from when its first frame is heard.
    pub fn agent_frame(&mut self, reply: (u32, u32), level: Dbfs) {
        self.far_end.push(Sent { reply, level });
    }

    /// So many of the newest frames sent will not be played.
    pub fn agent_takes_back(&mut self, frames: usize) {
        self.far_end.take_back(frames);
    }

    /// The far end plays its next 20 ms while the caller's frame that starts at `at` is spoken.
    fn play(&mut self, at: SampleTime) {
        let Some(sent) = self.far_end.pop() else {
            self.audible = self.audible.saturating_sub(1);
            return self.echo.play(Dbfs::SILENCE);
        };
        self.echo.play(sent.level);
        self.audible = AUDIBLE_TAIL + 1;
        if self.reply.is_none_or(|reply| reply.id != sent.reply) {
            self.reply = Some(Reply { id: sent.reply, start: at, yielded: false });
            self.run = None;
        }
    }

    /// Is the agent heard at the far end?
    pub const fn agent_audible(&self) -> bool {
        self.audible > 0 || !self.far_end.is_empty()
    }

    /// What was being said is discarded: the next frame sent starts a new reply. A duck is
    /// forgotten without a [`Verdict::Resume`]; the echo's coupling is kept.
    pub const fn flush(&mut self) {
        self.far_end.clear();
        self.reply = None;
        self.audible = 0;
        self.run = None;
        self.ducked = false;
        self.model = Model::NEW;
    }

    /// Forgets the call, the echo included.
    pub const fn reset(&mut self) {
        *self = Self::new(self.config);
    }

    /// The words heard so far are none that interrupt: the evidence is forgotten, what the network remembers
    /// with it, and what follows starts from nothing. Without a duck nothing changes.
    pub fn acquit(&mut self) -> Option<Verdict> {
        if self.ducked {
            self.run = None;
            self.model = Model::NEW;
        }
        self.resume(ResumeReason::Words)
    }

    /// Takes the caller's frame that starts at `at`.
    pub fn caller_frame(&mut self, at: SampleTime, near: Near) -> Option<Verdict> {
        let verdict = self.decide(at, near);
        let believed = self.run.is_some_and(|run| run.evidence >= BELIEVED);
        if !near.voiced || self.audible > 0 && !believed {
            self.before.hear(near.level);
        }
        verdict
    }

    fn decide(&mut self, at: SampleTime, near: Near) -> Option<Verdict> {
        self.play(at);
        self.echo.hear(near.level, near.voiced);
        self.floor.hear(near.level);
        self.watch(near);
        let Some(reply) = self.reply.filter(|_| self.audible > 0) else {
            if near.voiced {
                self.talker.hear(near.level);
            }
            self.run = None;
            return self.resume(ResumeReason::ReplyEnded);
        };
        let weight = self.weigh(near);
        if weight != Weight::Voice && self.run.is_none_or(|run| run.frames < 3) {
            self.echo.learn(near.level, near.voiced);
        }
        if at < reply.start + u64::from(self.config.grace_ms) * u64::from(WIRE_RATE / 1_000) {
            self.run = None;
            return self.resume(ResumeReason::ReplyEnded);
        }
        match self.config.leak {
            None => self.follow(at, near, weight),
            Some(leak) => {
                self.accumulate(at, near, leak);
                return self.settle(at, reply, near);
            }
        }
        match self.run {
            Some(run) => self.judge(reply, run),
            None => self.resume(ResumeReason::Faded),
        }
    }

    /// Has the caller begun to speak?
    fn watch(&mut self, near: Near) {
        if self.config.leak.is_none() {
            return;
        }
        let beside = Beside {
            floor: self.floor.level(),
            before: self.before.level(),
            echo: self.echo_level(near),
            talker: self.talker.level(),
        };
        let judged = self.reply.is_some() && self.audible > 0;
        self.model.hear(inputs(near, beside), &near.memory, judged);
    }

    /// What a frame says about the caller.
    fn weigh(&self, near: Near) -> Weight {
        let above_echo = match self.config.echo_margin_db {
            Some(margin) => near.level.0 >= self.echo.predicted().0 + margin,
            None => true,
        };
        match near.voiced && near.level >= self.config.min_level() {
            true if above_echo => Weight::Voice,
            true => Weight::Masked,
            false => Weight::Nothing,
        }
    }

    /// Extends, bridges or ends the run of voice.
    fn follow(&mut self, at: SampleTime, near: Near, weight: Weight) {
        let bridge = match weight {
            Weight::Voice => 0,
            Weight::Masked => self.config.gap_frames().max(MASKED_BRIDGE),
            Weight::Nothing => self.config.gap_frames(),
        };
        if weight != Weight::Voice {
            self.run = self.run.and_then(|mut run| {
                run.gap += 1;
                (run.gap <= bridge).then_some(run)
            });
            return;
        }
        let mut run = self.run.unwrap_or(Run::new(at));
        run.hear(near, self.echo.coupling_of(near.level));
        run.evidence += 1.0;
        self.run = Some(self.explained(run, near));
    }

    /// Adds to the cumulative sum or lets it leak.
    fn accumulate(&mut self, at: SampleTime, near: Near, leak: f32) {
        let mut run = self.run.unwrap_or(Run::new(at));
        let loud = near.level >= self.config.min_level();
        if near.voiced && loud {
            run.hear(near, self.echo.coupling_of(near.level));
        }
        let against = Against {
            run: run.loudness(),
            talker: self.talker.level(),
            echo: self.echo_level(near),
            margin_db: self.config.echo_margin_db.unwrap_or(0.0),
            floor: self.floor.level(),
            before: self.before.level(),
        };
        let added = if loud { weight(near, against) } else { 0.0 };
        run.gap = if added > 0.0 { 0 } else { run.gap + 1 };
        run.evidence += match run.gap {
            0 => added,
            gap if gap <= self.config.gap_frames() => -leak,
            // No pause between syllables is that long: away as fast as it came.
            _ => -MOST_WEIGHT,
        };
        self.run = (run.evidence > 0.0).then(|| self.explained(run, near));
    }

    /// The loudest echo there may be in this frame.
    fn echo_level(&self, near: Near) -> Dbfs {
        // Either is an upper bound: the canceller's for what its filter left, the other for what was
        // heard of it lately.
        let learned = self.echo.predicted();
        near.residual.map_or(learned, |residual| if residual < learned { residual } else { learned })
    }

    fn explained(&self, mut run: Run, near: Near) -> Run {
        let level = Dbfs(run.level);
        run.reasons = Reasons {
            voice: if run.frames == 0 { 0.0 } else { run.score_sum / run.frames as f32 },
            level: level_reason(level, self.config.min_level()),
            duration: (run.evidence / self.config.confirm_frames() as f32).clamp(0.0, 1.0),
            echo: echo_reason(level, self.echo_level(near)),
        };
        run
    }

    /// Decides by the model and by the cumulative sum.
    fn settle(&mut self, at: SampleTime, reply: Reply, near: Near) -> Option<Verdict> {
        let (begun, claims, is_near) = (self.model.begun(), self.model.claims(), self.model.near());
        let needed = self.config.duck_score.unwrap_or(f32::INFINITY);
        self.unconfirmed = if begun >= 0.5 * needed { 0 } else { self.unconfirmed.saturating_add(1) };
        let claim = self.config.claim_score;
        let claimed = !reply.yielded && claim.is_some_and(|claim| claims >= claim);
        if let Some(run) = self.run.filter(|run| claimed && run.frames >= RUN) {
            return self.yield_to(reply, run, claims);
        }
        let run = self.explained(self.run.unwrap_or(Run::new(at)), near);
        let patience = if claim.is_none() || claims >= CONFIRMED { 1.0 } else { PATIENCE };
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

    fn judge(&mut self, reply: Reply, run: Run) -> Option<Verdict> {
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

    fn resume(&mut self, reason: ResumeReason) -> Option<Verdict> {
        core::mem::take(&mut self.ducked).then_some(Verdict::Resume { reason })
    }
}
