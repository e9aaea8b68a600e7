//! Follows the run of voice on the caller's line while the agent is heard, and decides (`decide`).

mod decide;

use crate::barge_in::before::Before;
use crate::barge_in::doubt::Doubt;
use crate::barge_in::echo::EchoEstimate;
use crate::barge_in::evidence::{Against, MOST_WEIGHT, Near, Reasons, echo_reason, level_reason, weight};
use crate::barge_in::floor::Floor;
use crate::barge_in::foreground::Foreground;
use crate::barge_in::memory::Memory;
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

/// What the network listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hears {
    /// The caller's line while the agent is heard.
    Reply,
    /// The same while the agent is silent.
    Turn,
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
    doubt: Doubt,
    model: Model,
    hears: Hears,
    foreground: Foreground,
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
            doubt: Doubt::NONE,
            model: Model::NEW,
            hears: Hears::Nothing,
            foreground: Foreground::NEW,
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
            self.hears = Hears::Nothing;
            self.foreground = Foreground::NEW;
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
            self.doubt.speaks();
            self.run = None;
        }
    }

    /// Does a voice in the caller's next frame count for their turn: does it carry on that of a caller who is `speaking`, or begin
    /// one? While the agent is silent, voices behind a caller who has been heard do not; where evidence is not counted with a
    /// [`leak`](BargeInConfig::leak), or without what the Kav VAD remembers, every voice does.
    pub const fn voice_counts(&self, speaking: bool) -> bool {
        matches!(self.hears, Hears::Reply) || self.foreground.counts(speaking)
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
        self.foreground.reply();
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

    /// No words followed the last [`Verdict::Yield`], or none that want the floor: the agent goes on, and where
    /// evidence is counted with a [`leak`](BargeInConfig::leak) it takes more to make it yield again, for half a
    /// minute. To be said before the agent goes on; what it had yielded to before is not in doubt.
    pub fn false_alarm(&mut self) {
        self.doubt.false_alarm();
    }

    /// Takes the caller's frame that starts at `at`.
    pub fn caller_frame(&mut self, at: SampleTime, near: Near) -> Option<Verdict> {
        let verdict = self.decide(at, near);
        if matches!(verdict, Some(Verdict::Yield { .. })) {
            self.doubt.yielded(at);
        }
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

    /// Has the caller begun to speak, and is it they?
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
        let hears = if self.reply.is_some() && self.audible > 0 {
            self.foreground.reply();
            Hears::Reply
        } else if self.foreground.follows(near.voiced) && near.memory != Memory::NOTHING {
            Hears::Turn
        } else {
            Hears::Nothing
        };
        if hears != self.hears {
            self.model = Model::NEW;
        }
        self.hears = hears;
        self.model.hear(inputs(near, beside), &near.memory, hears != Hears::Nothing);
        if hears != Hears::Reply {
            self.foreground.hear(near.voiced, self.model.own());
        }
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
}
