//! Another voice in place of one: its loudness frame by frame, and nothing else of it.
//!
//! One band of loudness is what is left of speech; with one band its sentences are not understood
//! (Shannon et al., Science 270, 1995: two bands are the least with which some are). Frames that
//! the detector takes for voice become the hum of a larynx at a pitch of its own through a neutral
//! vocal tract, the others noise, so that a detector hears voice where there was voice.

use audio_core::Error;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, rms};
use audio_core::vad::{SpeechDetector, VadConfig, VadKind};

/// Resonances of a neutral tract in Hz, and their widths.
const TRACT: [(f32, f32); 3] = [(500.0, 80.0), (1_500.0, 120.0), (2_500.0, 160.0)];
const RATE: f32 = 8_000.0;
/// Samples over which one level becomes the next: 5 ms.
const RAMP: usize = 40;
/// Pitch in Hz around which it wanders.
const PITCHES: [f32; 2] = [118.0, 196.0];
/// How far it wanders, as a share.
const WANDER: f32 = 0.15;

/// Whose voice it takes the place of: the two differ in pitch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
}

/// Replaces one side's voice, a frame at a time.
#[derive(Debug)]
pub struct Voice {
    detector: SpeechDetector,
    random: u64,
    base_hz: f32,
    pitch_hz: f32,
    phase: f32,
    tract: [Resonator; 3],
    /// Last noise sample, for its slope.
    noise: f32,
    gain: f32,
}

impl Voice {
    /// A voice for one side. Allocates.
    ///
    /// # Errors
    /// None that a caller can bring about: the detector's configuration is fixed.
    pub fn new(side: Side) -> Result<Self, Error> {
        let (base_hz, random) = match side {
            Side::Caller => (PITCHES[0], 0x6b61_765f_6361_6c6c),
            Side::Agent => (PITCHES[1], 0x6b61_765f_6167_656e),
        };
        Ok(Self {
            detector: SpeechDetector::new(VadKind::Kav, VadConfig::hebrew())?,
            random,
            base_hz,
            pitch_hz: base_hz,
            phase: 0.0,
            tract: TRACT.map(|(hz, width)| Resonator::new(hz, width)),
            noise: 0.0,
            gain: 0.0,
        })
    }

    /// 20 ms of the voice that takes the place of `frame`.
    pub fn process(&mut self, frame: &PcmFrame) -> PcmFrame {
        let voiced = self.detector.process(frame).voiced;
        let target = rms(frame);
        let raw: [f32; FRAME_SAMPLES] =
            std::array::from_fn(|_| if voiced { self.hum() } else { self.hiss() });
        let own = (raw.iter().map(|x| x * x).sum::<f32>() / FRAME_SAMPLES as f32).sqrt();
        let (from, to) = (self.gain, if own > 0.0 { target / own } else { 0.0 });
        self.gain = to;
        std::array::from_fn(|i| {
            // Down at once: a pause must be one.
            let share = if to < from { 1.0 } else { ((i + 1) as f32 / RAMP as f32).min(1.0) };
            (raw[i] * (from + (to - from) * share)).round() as i16
        })
    }

    fn hum(&mut self) -> f32 {
        self.phase += self.pitch_hz / RATE;
        let mut pulse = 0.0;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
            pulse = 1.0;
            // A walk that is drawn back to where it began.
            let step = 0.02 * self.uniform() - 0.05 * (self.pitch_hz / self.base_hz - 1.0);
            let most = self.base_hz * WANDER;
            self.pitch_hz = (self.pitch_hz * (1.0 + step)).clamp(self.base_hz - most, self.base_hz + most);
        }
        let breath = 0.02 * self.uniform();
        self.tract.iter_mut().fold(pulse + breath, |x, resonator| resonator.process(x))
    }

    /// Noise that falls towards high notes, as that of rooms and lines does.
    fn hiss(&mut self) -> f32 {
        self.noise = 0.7 * self.noise + self.uniform();
        self.noise
    }

    /// In [-1, 1). SplitMix64 (Steele, Lea, Flood 2014).
    fn uniform(&mut self) -> f32 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

/// Two poles.
#[derive(Clone, Copy, Debug)]
struct Resonator {
    a1: f32,
    a2: f32,
    gain: f32,
    past: [f32; 2],
}

impl Resonator {
    fn new(hz: f32, width_hz: f32) -> Self {
        let radius = (-std::f32::consts::PI * width_hz / RATE).exp();
        let a1 = 2.0 * radius * (std::f32::consts::TAU * hz / RATE).cos();
        Self { a1, a2: -radius * radius, gain: 1.0 - radius, past: [0.0; 2] }
    }

    fn process(&mut self, x: f32) -> f32 {
        let y = self.gain * x + self.a1 * self.past[0] + self.a2 * self.past[1];
        self.past = [y, self.past[0]];
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_stay_and_silence_stays_silence() {
        let mut voice = Voice::new(Side::Caller).expect("valid");
        let tone = |n: usize, a: f32| -> PcmFrame {
            std::array::from_fn(|i| (a * ((n * 160 + i) as f32 * 0.6).sin()) as i16)
        };
        for n in 0..200 {
            let level = if n % 20 < 10 { 6_000.0 } else { 200.0 };
            let (frame, was) = (tone(n, level), rms(&tone(n, level)));
            let is = rms(&voice.process(&frame));
            // Where the level rises it does so over 5 ms.
            assert!(is > 0.7 * was && is < 1.1 * was, "frame {n}: {was} became {is}");
        }
        assert_eq!(voice.process(&[0; FRAME_SAMPLES]), [0; FRAME_SAMPLES]);
    }
}
