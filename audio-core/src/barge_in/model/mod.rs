//! What half a second of both lines looks like: has the caller begun to speak, and do they take the floor?
//!
//! An interruption often begins with a short vowel before a voiceless consonant (אשתי, עצרי): 60 to 100 ms of voice and
//! then a fricative that no level rule counts. One frame does not tell it from a cough, the shape of a quarter of a
//! second does; and half a second of it tells a phrase from a backchannel, a steady noise and somebody far off. Two
//! small networks see the voice detector's scores and the [gist](super::gist) of what it remembers, how the levels lie, and how
//! bright and how smooth the sound is, the second one its pitch too: what they learned from (`fixtures/scenes.py --split train`)
//! is in `audio-core/barge-in-training`.

mod network;

use network::Network;
pub(super) use network::floats;

use crate::barge_in::evidence::Near;
use crate::barge_in::gist::{GIST, Gist};
use crate::frame::Dbfs;

/// Numbers a frame says.
pub const MODEL_INPUTS: usize = OWN + GIST + PITCH;
/// Of its level and its sound, of what the voice detector remembers, and of its pitch.
const OWN: usize = 7;
const PITCH: usize = 5;

/// Frames that tell that somebody has begun to speak, and that they take the floor: 260 and 520 ms.
const BEGUN: usize = 13;
const CLAIMS: usize = 26;
/// Frames whose log-odds are averaged.
const BEGUN_MEAN: usize = 4;
const CLAIMS_MEAN: usize = 2;
/// What tells that somebody has begun to speak needs no pitch: a voiceless consonant has none.
const BEGUN_INPUTS: usize = OWN + GIST;
/// Hidden units of the networks.
const BEGUN_UNITS: usize = 16;
const CLAIMS_UNITS: usize = 32;
/// Nobody takes the floor with fewer frames of voice than these: the network need not be asked.
const VOICED: usize = 8;
const VOICE: f32 = 0.6;
/// A caller who has not had a turn yet is taken for one at this level, in dBFS.
const TYPICAL: f32 = -22.0;
/// An input is kept as a whole number of this many parts: ±8 fit.
const SCALE: f32 = 4_096.0;
/// The least log-odds, and those of a frame that was not judged.
const UNLIKELY: f32 = -8.0;

/// Written by `barge-in-training/train.py`.
static BEGUN_NETWORK: Network<BEGUN, BEGUN_INPUTS, BEGUN_UNITS> = Network::parse(include_bytes!("begun.bin"));
static CLAIMS_NETWORK: Network<CLAIMS, MODEL_INPUTS, CLAIMS_UNITS> =
    Network::parse(include_bytes!("claims.bin"));

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
/// line a moment ago, above the echo, and how it lies to the caller's own level; how bright it is and how smooth; the detector's gist; its pitch.
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
    let (levels, rest) = all.split_at_mut(OWN);
    let (gist, pitch) = rest.split_at_mut(GIST);
    levels.copy_from_slice(&own);
    gist.copy_from_slice(&near.gist.values());
    pitch.copy_from_slice(&near.pitch.values());
    all
}

/// A frame before the first one, as training has it: silence of a detector that remembers nothing.
const UNHEARD: [i16; MODEL_INPUTS] = {
    let mut frame = [0; MODEL_INPUTS];
    let mut n = 0;
    while n < GIST {
        frame[OWN + n] = (Gist::NOTHING.values()[n] * SCALE) as i16;
        n += 1;
    }
    frame
};

/// The last frames, and what the networks make of them.
#[derive(Clone, Debug)]
pub(super) struct Model {
    /// A ring: from `newest` on and then from the beginning, newest first.
    window: [[i16; MODEL_INPUTS]; CLAIMS],
    newest: usize,
    /// Log-odds of the newest frames.
    begun: [f32; BEGUN_MEAN],
    claims: [f32; CLAIMS_MEAN],
}

impl Model {
    pub(super) const NEW: Self = Self {
        window: [UNHEARD; CLAIMS],
        newest: 0,
        begun: [UNLIKELY; BEGUN_MEAN],
        claims: [UNLIKELY; CLAIMS_MEAN],
    };

    /// The line's next frame. It is judged only while there is somebody to interrupt.
    pub(super) fn hear(&mut self, inputs: [f32; MODEL_INPUTS], judged: bool) {
        self.newest = self.newest.checked_sub(1).unwrap_or(CLAIMS - 1);
        self.window[self.newest] = inputs.map(|x| (x * SCALE) as i16);
        let (mut begun, mut claims) = (UNLIKELY, UNLIKELY);
        if judged {
            let (later, newer) = self.window.split_at(self.newest);
            begun = BEGUN_NETWORK.log_odds([newer, later]);
            if self.window.iter().filter(|frame| frame[0] > (VOICE * SCALE) as i16).count() >= VOICED {
                claims = CLAIMS_NETWORK.log_odds([newer, later]);
            }
        }
        push(&mut self.begun, begun);
        push(&mut self.claims, claims);
    }

    /// What the newest frame said.
    pub(super) fn newest(&self) -> [f32; MODEL_INPUTS] {
        self.window[self.newest].map(|x| f32::from(x) / SCALE)
    }

    /// How likely it is that the caller has begun to speak just now, in [0, 1].
    pub(super) fn begun(&self) -> f32 {
        likelihood(&self.begun)
    }

    /// How likely it is that the caller takes the floor, in [0, 1].
    pub(super) fn claims(&self) -> f32 {
        likelihood(&self.claims)
    }
}

fn push<const COUNT: usize>(newest: &mut [f32; COUNT], odds: f32) {
    newest.copy_within(..COUNT - 1, 1);
    newest[0] = odds.max(UNLIKELY);
}

/// The mean of the log-odds on a scale from 0 to 1, 0.5 where both are as likely: a quotient in place of the logistic
/// function, so that every machine gets the same bits and numbers close to certainty stay apart.
fn likelihood(odds: &[f32]) -> f32 {
    let mean = odds.iter().sum::<f32>() / odds.len() as f32;
    0.5 + 0.5 * mean / (1.0 + mean.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barge_in::gist::Gist;
    use crate::barge_in::policy::BargeInConfig;
    use crate::barge_in::timbre::Timbre;
    use crate::vad::Pitch;

    /// A vowel's, a fricative's between two of them, and a quiet line's.
    const VOWEL: Pitch = Pitch { waveform: 1.5, ripple: 0.66, kept: 0.88, moved: 0.06, period: 0.3 };
    const FRICATIVE: Pitch = Pitch { waveform: 0.9, ripple: 0.3, kept: 0.4, moved: 0.2, period: 0.4 };
    const QUIET: Pitch = Pitch { waveform: 0.6, ripple: 0.2, kept: 0.1, moved: 0.6, period: 0.0 };

    /// What the voice detector remembers while somebody speaks, and while nobody does: means over the training's scenes.
    const SOMEBODY: Gist = Gist::new([0.54, -0.19, -0.25, 0.07, -0.28, -0.03, -0.04, 0.54]);
    const NOBODY: Gist = Gist::new([0.02, -0.57, 0.62, -0.38, -0.66, -0.25, -0.09, -0.22]);

    fn near(score: f32, level: f32, brightness: f32, smoothness: f32) -> Near {
        let timbre = Timbre { brightness, smoothness };
        let (pitch, gist) = match brightness {
            _ if score < 0.5 => (QUIET, NOBODY),
            dull if dull < 1.0 => (VOWEL, SOMEBODY),
            _ => (FRICATIVE, SOMEBODY),
        };
        Near { score, voiced: score > 0.5, level: Dbfs(level), residual: None, timbre, pitch, gist }
    }

    /// A voice of the caller's level on a quiet line, loud and soft by turns as syllables are.
    fn syllables(n: usize) -> [f32; MODEL_INPUTS] {
        let near = if n % 10 < 6 { near(0.98, -20.0, 0.5, 0.6) } else { near(0.98, -32.0, 1.2, 0.9) };
        let beside =
            Beside { floor: Dbfs(-60.0), before: Dbfs(-58.0), echo: Dbfs(-60.0), talker: Some(Dbfs(-22.0)) };
        inputs(near, beside)
    }

    fn silence() -> [f32; MODEL_INPUTS] {
        let quiet = near(0.02, -58.0, 1.3, 1.0);
        inputs(quiet, Beside { floor: Dbfs(-60.0), before: quiet.level, echo: Dbfs(-60.0), talker: None })
    }

    #[test]
    fn a_voice_begins_and_then_takes_the_floor() {
        let BargeInConfig { duck_score: Some(duck), claim_score: Some(claim), .. } =
            BargeInConfig::adaptive()
        else {
            panic!("adaptive asks both networks")
        };
        let mut model = Model::NEW;
        (0..50).for_each(|_| model.hear(silence(), true));
        assert!(model.begun() < 0.2 && model.claims() < 0.2);
        let mut first = (None, None);
        for n in 0..40 {
            model.hear(syllables(n), true);
            first.0 = first.0.or((model.begun() > duck).then_some(n));
            first.1 = first.1.or((model.claims() > claim).then_some(n));
        }
        let (Some(begun), Some(claims)) = first else { panic!("{first:?}") };
        assert!(begun <= 10 && claims > 15 && claims <= 35, "{begun} and {claims} frames");
    }

    #[test]
    fn nothing_heard_is_nobody() {
        let mut model = Model::NEW;
        let nothing = Near { gist: Gist::NOTHING, ..near(0.0, -60.0, 0.0, 0.0) };
        let quiet = Beside { floor: Dbfs(-60.0), before: Dbfs(-60.0), echo: Dbfs(-60.0), talker: None };
        let unheard = inputs(nothing, quiet);
        let gist = &model.newest()[OWN..OWN + GIST];
        let kept = |(kept, exact): (&f32, f32)| (kept - exact).abs() <= 1.0 / SCALE;
        assert!(gist.iter().zip(Gist::NOTHING.values()).all(kept), "{gist:?}");
        (0..CLAIMS_MEAN).for_each(|_| model.hear(unheard, true));
        assert!(model.begun() < 0.4 && model.claims() < 0.4, "{} and {}", model.begun(), model.claims());
    }

    #[test]
    fn nobody_is_judged_while_there_is_nothing_to_interrupt() {
        let mut model = Model::NEW;
        (0..60).for_each(|n| model.hear(syllables(n), false));
        assert_eq!((model.begun(), model.claims()), (likelihood(&[UNLIKELY]), likelihood(&[UNLIKELY])));
    }

    /// Where all weights of a unit faded, they are zeros: no processor is slow with those.
    #[test]
    fn no_weight_is_subnormal() {
        assert!(!BEGUN_NETWORK.weights().chain(CLAIMS_NETWORK.weights()).any(f32::is_subnormal));
    }

    #[test]
    fn likelihoods_keep_their_order_and_their_bounds() {
        let all: Vec<f32> =
            [-8.0, -1.0, 0.0, 1.0, 30.0].into_iter().map(|odds| likelihood(&[odds])).collect();
        assert!(all.is_sorted() && all[0] > 0.0 && all[4] < 1.0);
        assert_eq!((all[1], all[2], all[3]), (0.25, 0.5, 0.75));
    }
}
