//! What the line has been like since the agent is heard: has the caller begun to speak, do they take the floor, and is it they
//! who speak or somebody far off? And while the agent is silent: is a voice the caller's own?
//!
//! An interruption often begins with a short vowel before a voiceless consonant (אשתי, עצרי): 60 to 100 ms of voice and
//! then a fricative that no level rule counts. One frame does not tell it from a cough, the shape of a quarter of a
//! second does; and half a second of it tells a phrase from a backchannel, a steady noise and somebody far off. A
//! small recurrent network sees the voice detector's score and [what it remembers](super::memory), how the levels lie, how
//! bright and how smooth the sound is, and its pitch: what it learned from (`fixtures/scenes.py --split train`)
//! is in `audio-core/barge-in-training`.

mod network;

use network::{COLUMNS, Network};

use crate::barge_in::evidence::Near;
use crate::barge_in::memory::Memory;
use crate::frame::Dbfs;
use crate::recurrent::whole;

/// Numbers a frame says, beside what the voice detector remembers: of its level and its sound, and of its pitch.
pub const MODEL_INPUTS: usize = OWN + PITCH;
const OWN: usize = 7;
const PITCH: usize = 5;

/// Frames whose log-odds are averaged before somebody is said to have begun.
const BEGUN_MEAN: usize = 2;
/// Frames that must have been heard before anybody is said to take the floor: 480 ms, for training counts none who has spoken for
/// less. It matters where they speak when the agent begins, and after an acquittal.
const CLAIMS_FROM: u32 = 24;
/// A caller who has not had a turn yet is taken for one at this level, in dBFS.
const TYPICAL: f32 = -22.0;
/// The greatest input: what is beyond it, of a detector that is not ours, is taken for it.
const GREATEST: f32 = 8.0;
/// The least log-odds, and those of a frame that was not judged.
const UNLIKELY: f32 = -8.0;

/// Levels that a frame is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside {
    /// The least of the noise.
    pub(super) floor: Dbfs,
    /// The line a moment ago.
    pub(super) before: Dbfs,
    /// The loudest echo there may be.
    pub(super) echo: Dbfs,
    /// The caller's own level, if known.
    pub(super) talker: Option<Dbfs>,
}

/// What a frame says: the voice detector's score, and in parts of 10 dB how far it is above the noise, above the
/// line a moment ago, above the echo, and how it lies to the caller's own level; how bright it is and how smooth; its pitch.
pub(super) fn inputs(near: Near, beside: Beside) -> [f32; MODEL_INPUTS] {
    let level = near.level;
    let above = |reference: Dbfs, least: f32| (level.0 - reference.0).clamp(least, 30.0) / 10.0;
    let talker = beside.talker.map_or(TYPICAL, |talker| talker.0);
    let own = [
        near.score,
        above(beside.floor, 0.0),
        above(beside.before, -10.0),
        above(beside.echo, -10.0),
        (level.0 - talker).clamp(-20.0, 10.0) / 10.0,
        near.timbre.brightness,
        near.timbre.smoothness,
    ];
    let mut all = [0.0; MODEL_INPUTS];
    all[..OWN].copy_from_slice(&own);
    all[OWN..].copy_from_slice(&near.pitch.values());
    all
}

/// What the network remembers, and what it makes of it.
#[derive(Clone, Debug)]
pub(super) struct Model {
    network: Network,
    /// Frames that the network remembers, as far as [`CLAIMS_FROM`].
    heard: u32,
    newest: [f32; MODEL_INPUTS],
    /// Log-odds of the newest frames, newest first, and of the newest one.
    begun: [f32; BEGUN_MEAN],
    claims: f32,
    near: f32,
    own: f32,
}

impl Model {
    pub(super) const NEW: Self = Self {
        network: Network::NEW,
        heard: 0,
        newest: [0.0; MODEL_INPUTS],
        begun: [UNLIKELY; BEGUN_MEAN],
        claims: UNLIKELY,
        near: UNLIKELY,
        own: UNLIKELY,
    };

    /// The line's next frame. It is judged only while there is somebody to interrupt, or a turn to follow; before that nothing
    /// is remembered.
    pub(super) fn hear(&mut self, inputs: [f32; MODEL_INPUTS], memory: &Memory, judged: bool) {
        if !judged {
            *self = Self { newest: inputs, ..Self::NEW };
            return;
        }
        self.newest = inputs;
        let mut all = [0; COLUMNS];
        let (own, remembered) = all.split_at_mut(MODEL_INPUTS);
        own.copy_from_slice(&whole(&inputs.map(|x| x.clamp(-GREATEST, GREATEST))));
        remembered.copy_from_slice(memory.values());
        let [begun, claims, near, own] = self.network.push(&all);
        self.heard = CLAIMS_FROM.min(self.heard + 1);
        self.begun.copy_within(..BEGUN_MEAN - 1, 1);
        self.begun[0] = begun.max(UNLIKELY);
        self.claims = if self.heard < CLAIMS_FROM { UNLIKELY } else { claims.max(UNLIKELY) };
        self.near = near.max(UNLIKELY);
        self.own = own.max(UNLIKELY);
    }

    /// What the newest frame said.
    pub(super) const fn newest(&self) -> [f32; MODEL_INPUTS] {
        self.newest
    }

    /// How likely it is that the caller has begun to speak just now, in [0, 1].
    pub(super) fn begun(&self) -> f32 {
        likelihood(self.begun.iter().sum::<f32>() / BEGUN_MEAN as f32)
    }

    /// How likely it is that the caller takes the floor, in [0, 1].
    pub(super) fn claims(&self) -> f32 {
        likelihood(self.claims)
    }

    /// The log-odds that a voice is the caller's own, while the agent is silent.
    pub(super) const fn own(&self) -> f32 {
        self.own
    }

    /// How likely it is that whoever speaks is the caller, who may say little, and nobody far off and no noise, in [0, 1].
    pub(super) fn near(&self) -> f32 {
        likelihood(self.near)
    }
}

/// Log-odds on a scale from 0 to 1, 0.5 where both are as likely: a quotient in place of the logistic
/// function, so that every machine gets the same bits and numbers close to certainty stay apart.
fn likelihood(odds: f32) -> f32 {
    0.5 + 0.5 * odds / (1.0 + odds.abs())
}

/// A likelihood of that scale whose log-odds are so much greater; 1, which nothing reaches, stays 1, and 0 stays 0.
pub(super) fn moved(likelihood: f32, odds: f64) -> f32 {
    let about = 2.0 * f64::from(likelihood) - 1.0;
    if about.abs() >= 1.0 {
        return likelihood;
    }
    let odds = about / (1.0 - about.abs()) + odds;
    ((0.5 + 0.5 * odds / (1.0 + odds.abs())) as f32).clamp(f32::MIN_POSITIVE, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barge_in::timbre::Timbre;
    use crate::vad::Pitch;

    /// A frame of a line on which something goes on, no two alike.
    fn frame(n: usize) -> (Near, Beside) {
        let part = |n: usize| (n * 37 % 101) as f32 / 101.0;
        let pitch = Pitch { waveform: 1.5, ripple: 0.66, kept: part(n + 1), moved: 0.06, period: 0.3 };
        let memory = Memory::of(&core::array::from_fn(|unit| 2.0 * part(n + 13 * unit) - 1.0));
        let timbre = Timbre { brightness: part(n + 2), smoothness: 0.6 };
        let level = Dbfs(-40.0 + 20.0 * part(n + 3));
        let near = Near { score: part(n), voiced: true, level, residual: None, timbre, pitch, memory };
        let quiet = Dbfs(-60.0);
        (near, Beside { floor: quiet, before: Dbfs(-50.0), echo: quiet, talker: Some(Dbfs(-22.0)) })
    }

    fn hear(model: &mut Model, n: usize, judged: bool) {
        let (near, beside) = frame(n);
        model.hear(inputs(near, beside), &near.memory, judged);
    }

    #[test]
    fn a_silent_line_is_nobody() {
        let quiet = Dbfs(-60.0);
        let near = Near { memory: Memory::NOTHING, score: 0.0, level: quiet, ..frame(0).0 };
        let near = Near { pitch: Pitch::default(), timbre: Timbre::default(), ..near };
        let silence = inputs(near, Beside { floor: quiet, before: quiet, echo: quiet, talker: None });
        let mut model = Model::NEW;
        for n in 0..3_000 {
            model.hear(silence, &near.memory, true);
            assert!(model.begun() < 0.3 && model.claims() < 0.2, "{n}: {} {}", model.begun(), model.claims());
        }
    }

    #[test]
    fn nothing_is_judged_or_remembered_while_there_is_nothing_to_interrupt() {
        let (mut model, mut fresh) = (Model::NEW, Model::NEW);
        (0..60).for_each(|n| hear(&mut model, n, true));
        assert_ne!(model.network, Network::NEW);
        hear(&mut model, 60, false);
        let unlikely = likelihood(UNLIKELY);
        assert_eq!((model.begun(), model.claims(), model.near()), (unlikely, unlikely, unlikely));
        assert_eq!(model.newest(), inputs(frame(60).0, frame(60).1));
        (0..10).for_each(|n| [&mut model, &mut fresh].into_iter().for_each(|model| hear(model, n, true)));
        assert_eq!(model.network, fresh.network);
        assert_eq!(model.begun().to_bits(), fresh.begun().to_bits());
    }

    /// Whatever the network makes of it, and again after the agent was silent for a frame.
    #[test]
    fn nobody_takes_the_floor_in_less_than_480_ms() {
        let goes_on = |&sound: &usize| {
            let mut model = Model::NEW;
            (0..60).any(|_| {
                hear(&mut model, sound, true);
                model.claims() > 0.5
            })
        };
        let steady = (0..101).find(goes_on).expect("one of the sounds takes the floor");
        let mut model = Model::NEW;
        for _ in 0..2 {
            for n in 0..23 {
                hear(&mut model, steady, true);
                assert_eq!(model.claims(), likelihood(UNLIKELY), "{n}");
            }
            let mut judged = (23..60).map(|_| {
                hear(&mut model, steady, true);
                model.claims()
            });
            assert!(judged.any(|claims| claims > 0.5), "that sound goes on");
            hear(&mut model, steady, false);
        }
    }

    /// Of a detector that is not ours: taken for the greatest there is, not for a small one by a number's overflow.
    #[test]
    fn an_input_beyond_all_bounds_is_the_greatest() {
        let (near, _) = frame(0);
        let state = |x: f32| {
            let mut model = Model::NEW;
            model.hear([x; MODEL_INPUTS], &near.memory, true);
            model.network
        };
        assert_eq!(state(17.0), state(8.0));
        assert_eq!(state(-1e9), state(-8.0));
        assert_ne!(state(8.0), state(-8.0));
    }

    #[test]
    fn a_likelihood_moves_with_its_odds() {
        for (odds, by) in [(0.0, 2.0), (1.78, -2.0), (2.57, 2.0), (-8.0, 3.0)] {
            let there = moved(likelihood(odds), by);
            assert!((there - likelihood(odds + by as f32)).abs() < 1e-6, "{odds} by {by}: {there}");
        }
        assert_eq!((moved(1.0, -2.0), moved(1.0, 2.0)), (1.0, 1.0));
        assert!(moved(f32::MIN_POSITIVE, -2.0) > 0.0);
    }

    #[test]
    fn likelihoods_keep_their_order_and_their_bounds() {
        let all: Vec<f32> = [-8.0, -1.0, 0.0, 1.0, 30.0].into_iter().map(likelihood).collect();
        assert!(all.is_sorted() && all[0] > 0.0 && all[4] < 1.0);
        assert_eq!((all[1], all[2], all[3]), (0.25, 0.5, 0.75));
    }
}
