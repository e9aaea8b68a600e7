//! Barge-in, driven by numbers alone: scores, reasons and the echo stay in their ranges, ducks and
//! resumes alternate, a reply is interrupted once, and nothing interrupts a silent agent.
#![no_main]

use arbitrary::Arbitrary;
use audio_core::vad::{Pitch, STATE};
use audio_core::barge_in::{BargeInConfig, BargeInDetector, Memory, Near, Preset, Reasons, Timbre, Verdict};
use audio_core::frame::{Dbfs, SampleTime};
use fuzz_kit::names_a_field;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    rules: Rules,
    steps: Vec<(Step, u8)>,
}

#[derive(Arbitrary, Debug)]
enum Rules {
    Preset(u8),
    Any {
        /// Within their ranges?
        tame: bool,
        times: [u32; 4],
        min_rms: f32,
        echo_margin_db: Option<f32>,
        duck_score: Option<f32>,
        yield_score: f32,
    },
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// Frames of one reply, sent ahead of time.
    Agent {
        reply: (u8, u8),
        level: u8,
    },
    /// The caller's next frame while the agent says nothing more.
    Caller {
        score: u8,
        voiced: bool,
        level: u8,
        residual: Option<u8>,
    },
    /// The caller's next frame and one of the agent's.
    Both {
        reply: (u8, u8),
        far: u8,
        score: u8,
        voiced: bool,
        near: u8,
        residual: Option<u8>,
    },
    /// So many of the frames sent will not be played.
    TakeBack(u8),
    /// The words are a backchannel.
    Acquit,
    /// No words followed.
    FalseAlarm,
    Gap(u16),
    Flush,
    Reset,
    Rules(Rules),
}

impl Rules {
    fn config(&self) -> BargeInConfig {
        let mut config = Preset::Adaptive.config();
        match *self {
            Self::Preset(index) => return Preset::ALL[usize::from(index) % 3].config(),
            Self::Any { tame, times, min_rms, echo_margin_db, duck_score, yield_score } => {
                let unit = |x: f32| if x.is_finite() { x.abs().fract().max(1e-3) } else { 0.5 };
                let or = |wild: f32, calm: f32| if tame { calm } else { wild };
                let time = |n: usize, from: u32, to: u32| {
                    if tame { from + times[n] % (to - from + 1) } else { times[n] }
                };
                config.grace_ms = time(0, 0, 2_000);
                config.confirm_ms = time(1, 20, 1_000);
                config.min_utterance_ms = time(2, 0, 1_000);
                config.gap_ms = time(3, 0, 200);
                config.min_rms = or(min_rms, 1_000.0 * unit(min_rms));
                config.echo_margin_db = echo_margin_db.map(|x| or(x, 30.0 * unit(x)));
                config.duck_score = duck_score.map(|x| or(x, unit(x)));
                config.yield_score = or(yield_score, unit(yield_score));
            }
        }
        config
    }
}

/// Levels from silence to full scale.
fn dbfs(level: u8) -> Dbfs {
    Dbfs(-100.0 + f32::from(level) * (100.0 / 255.0))
}

struct Check {
    detector: BargeInDetector,
    at: SampleTime,
    ducked: bool,
}

fuzz_target!(|input: Input| {
    let config = input.rules.config();
    if let Err(error) = config.validate() {
        return names_a_field(&error, "barge_in.");
    }
    let mut check = Check { detector: BargeInDetector::new(config), at: SampleTime(0), ducked: false };
    let mut frames = 0;
    for (step, times) in &input.steps {
        for _ in 0..(times % 64 + 1) {
            frames += 1;
            if frames > 2_000 {
                return;
            }
            check.step(step);
        }
    }
});

impl Check {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::Agent { reply, level } => self.agent(reply, level),
            Step::Caller { score, voiced, level, residual } => self.caller(score, voiced, level, residual),
            Step::Both { reply, far, score, voiced, near, residual } => {
                self.agent(reply, far);
                self.caller(score, voiced, near, residual);
            }
            Step::TakeBack(frames) => self.detector.agent_takes_back(frames.into()),
            Step::Acquit => {
                let taken_back = matches!(self.detector.acquit(), Some(Verdict::Resume { .. }));
                assert_eq!(taken_back, core::mem::take(&mut self.ducked), "up without down, or not up");
                assert_eq!(self.detector.acquit(), None, "once");
            }
            Step::FalseAlarm => self.detector.false_alarm(),
            Step::Gap(samples) => self.at = self.at + u64::from(samples),
            Step::Flush => {
                self.detector.flush();
                self.ducked = false;
                assert!(!self.detector.agent_audible());
            }
            Step::Reset => {
                self.detector.reset();
                self.ducked = false;
                let fresh = BargeInDetector::new(*self.detector.config());
                assert_eq!(format!("{:?}", self.detector), format!("{fresh:?}"));
            }
            Step::Rules(ref rules) => {
                let config = rules.config();
                if config.validate().is_ok() {
                    self.detector.set_config(config);
                    assert_eq!(*self.detector.config(), config);
                }
            }
        }
        let echo = self.detector.echo();
        assert!((-60.0..=6.0).contains(&echo.coupling_db()), "{}", echo.coupling_db());
        assert!((-100.0..=6.0).contains(&echo.predicted().0), "{:?}", echo.predicted());
        assert!((-1.0..=1.0).contains(&echo.similarity()), "{}", echo.similarity());
    }

    fn agent(&mut self, reply: (u8, u8), level: u8) {
        self.detector.agent_frame((reply.0.into(), reply.1.into()), dbfs(level));
        assert!(self.detector.agent_audible());
    }

    fn caller(&mut self, score: u8, voiced: bool, level: u8, residual: Option<u8>) {
        let residual = residual.map(dbfs);
        // A sound that changes with the rest: the model must cope with any.
        let timbre = Timbre { brightness: f32::from(level) / 128.0, smoothness: f32::from(score) / 85.0 };
        let pitch = Pitch { waveform: f32::from(level) / 128.0, period: f32::from(score) / 200.0, ..Pitch::default() };
        let memory = Memory::of(&core::array::from_fn::<f32, STATE, _>(|n| f32::from(score.rotate_left(n as u32)) / 128.0 - 1.0));
        let near = Near { score: f32::from(score) / 255.0, voiced, level: dbfs(level), residual, timbre, pitch, memory };
        let rules = *self.detector.config();
        let was_audible = self.detector.agent_audible();
        let verdict = self.detector.caller_frame(self.at, near);
        match verdict {
            None => {}
            Some(Verdict::Duck { score, .. }) => {
                assert!(!self.ducked && was_audible);
                self.ducked = true;
                assert!(rules.duck_score.is_some_and(|needed| score >= needed));
                assert!((0.0..=1.0).contains(&score));
            }
            Some(Verdict::Resume { .. }) => assert!(core::mem::take(&mut self.ducked), "up without down"),
            Some(Verdict::Near { score, .. }) => assert!(self.ducked && (0.0..=1.0).contains(&score)),
            Some(Verdict::Yield { score, onset, .. })
                if rules.claim_score.is_some_and(|claim| score >= claim) =>
            {
                self.ducked = false;
                assert!(was_audible && score <= 1.0 && onset <= self.at);
            }
            Some(Verdict::Yield { score, reasons, onset }) => {
                self.ducked = false;
                assert!(was_audible && voiced && near.level >= rules.min_level());
                assert!((rules.yield_score..=1.0).contains(&score));
                assert!(onset <= self.at);
                reasons_in_range(&reasons, score);
                assert_eq!(reasons.duration, 1.0);
                // The rest of the same reply is not interrupted again; a new one could be by a run
                // of one frame.
                let again = self.detector.clone().caller_frame(self.at + 160, near);
                let twice = matches!(again, Some(Verdict::Yield { .. })) && rules.confirm_frames() > 1;
                assert!(!twice, "{again:?}");
            }
        }
        self.at = self.at + 160;
    }
}

fn reasons_in_range(reasons: &Reasons, score: f32) {
    for (name, value) in reasons.iter() {
        assert!((0.0..=1.0).contains(&value), "{name} is {value}");
    }
    assert_eq!(reasons.score(), score);
}
