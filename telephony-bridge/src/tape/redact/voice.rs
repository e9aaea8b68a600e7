//! Another voice in place of one: its loudness frame by frame, how near it is, and nothing else of it.
//!
//! One band of loudness is what is left of speech; with one band its sentences are not understood
//! (Shannon et al., Science 270, 1995: two bands are the least with which some are). Frames that
//! the detector takes for voice become the hum of a larynx at a pitch of its own, through vowels that
//! are drawn by lot, the others noise, so that a detector hears voice where there was voice. A voice
//! across the room stays there.

use audio_core::Error;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, rms};
use audio_core::vad::{SpeechDetector, VadConfig, VadKind};

use super::room::Room;

/// Resonances of the tract, the least and the most in Hz, and their widths.
const TRACT: [(f32, f32, f32); 3] =
    [(300.0, 800.0, 90.0), (900.0, 2_200.0, 120.0), (2_300.0, 3_100.0, 180.0)];
/// Samples from one vowel to the next: 40 ms and up to as much again, drawn by lot.
const VOWEL: f32 = 640.0;
/// How much of the way to the next vowel is made in a frame.
const GLIDE: f32 = 0.35;
const RATE: f32 = 8_000.0;
/// Samples over which one level becomes the next: 5 ms.
const RAMP: usize = 40;
/// Pitch in Hz around which it wanders.
const PITCHES: [f32; 2] = [118.0, 196.0];
/// Scores from which on a frame becomes a hum, which is plainer voice than most.
const SURE: f32 = 0.5;
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
    random: Random,
    room: Room,
    base_hz: f32,
    pitch_hz: f32,
    phase: f32,
    glottis: f32,
    tract: [Resonator; 3],
    /// Where the resonances are and where they go, as shares of their ranges.
    vowel: [f32; 3],
    next_vowel: [f32; 3],
    /// Samples until there is another one to go to.
    vowel_left: f32,
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
            Side::Caller => (PITCHES[0], Random(0x6b61_765f_6361_6c6c)),
            Side::Agent => (PITCHES[1], Random(0x6b61_765f_6167_656e)),
        };
        let mut walls = Random(!random.0);
        Ok(Self {
            detector: SpeechDetector::new(VadKind::Kav, VadConfig::hebrew())?,
            random,
            room: Room::new(|| walls.uniform()),
            base_hz,
            pitch_hz: base_hz,
            phase: 0.0,
            glottis: 0.0,
            tract: [Resonator::default(); 3],
            vowel: [0.5; 3],
            next_vowel: [0.5; 3],
            vowel_left: 0.0,
            noise: 0.0,
            gain: 0.0,
        })
    }

    /// 20 ms of the voice that takes the place of `frame`.
    pub fn process(&mut self, frame: &PcmFrame) -> PcmFrame {
        let heard = self.detector.process(frame);
        let voiced = heard.voiced && heard.score >= SURE;
        let target = rms(frame);
        self.room.hear(frame, voiced);
        self.move_tract();
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
            let step = 0.03 * self.random.uniform() - 0.03 * (self.pitch_hz / self.base_hz - 1.0);
            let most = self.base_hz * WANDER;
            self.pitch_hz = (self.pitch_hz * (1.0 + step)).clamp(self.base_hz - most, self.base_hz + most);
        }
        let breath = 0.01 * self.random.uniform();
        // A larynx falls by about 12 dB an octave, and the mouth lifts 6 of them.
        self.glottis = 0.85 * self.glottis + pulse + breath;
        let voice = self.tract.iter_mut().fold(self.glottis, |x, resonator| resonator.process(x));
        self.room.process(voice)
    }

    /// A frame's way towards a vowel of chance.
    fn move_tract(&mut self) {
        self.vowel_left -= FRAME_SAMPLES as f32;
        if self.vowel_left <= 0.0 {
            self.vowel_left = VOWEL * (1.5 + 0.5 * self.random.uniform());
            self.next_vowel = std::array::from_fn(|_| 0.5 + 0.5 * self.random.uniform());
        }
        for (i, (least, most, width)) in TRACT.into_iter().enumerate() {
            self.vowel[i] += GLIDE * (self.next_vowel[i] - self.vowel[i]);
            self.tract[i].tune(least + (most - least) * self.vowel[i], width);
        }
    }

    /// Noise that falls towards high notes, as that of rooms and lines does.
    fn hiss(&mut self) -> f32 {
        self.noise = 0.7 * self.noise + self.random.uniform();
        self.noise
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug)]
struct Random(u64);

impl Random {
    /// In [-1, 1).
    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

/// Two poles.
#[derive(Clone, Copy, Debug, Default)]
struct Resonator {
    a1: f32,
    a2: f32,
    gain: f32,
    past: [f32; 2],
}

impl Resonator {
    fn tune(&mut self, hz: f32, width_hz: f32) {
        let radius = (-std::f32::consts::PI * width_hz / RATE).exp();
        self.a1 = 2.0 * radius * (std::f32::consts::TAU * hz / RATE).cos();
        self.a2 = -radius * radius;
        // Unity at 0 Hz, as a tube has it.
        self.gain = 1.0 - self.a1 - self.a2;
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
    use audio_core::barge_in::Timbre;
    use audio_core::frame::Dbfs;
    use audio_core::tape::SpanKind;

    /// What was voice is taken for voice, what was none, for none: on the calls of the fixtures.
    #[test]
    fn voice_stays_voice() {
        let calls = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls");
        let (mut both, mut lost, mut added, mut all) = (0, 0, 0, 0);
        for call in std::fs::read_dir(calls).expect("the fixtures") {
            let path = call.expect("an entry").path().join("caller.wav");
            let pcm = audio_core::tape::read_wav_8k(&path).expect("readable");
            let detector = || SpeechDetector::new(VadKind::Kav, VadConfig::hebrew()).expect("valid");
            let (mut then, mut now) = (detector(), detector());
            let mut voice = Voice::new(Side::Caller).expect("valid");
            let (mut here_lost, mut here_both) = (0, 0);
            for frame in pcm.as_chunks::<FRAME_SAMPLES>().0 {
                let was = then.process(frame).speaking;
                let is = now.process(&voice.process(frame)).speaking;
                all += 1;
                here_both += usize::from(was && is);
                here_lost += usize::from(was && !is);
                added += usize::from(!was && is);
            }
            println!("{}: {here_lost} of {} lost", path.display(), here_both + here_lost);
            (both, lost) = (both + here_both, lost + here_lost);
        }
        println!("of {all} frames {both} stay speech, {lost} are lost, {added} added");
        assert!(lost * 20 < both && added * 8 < both, "{both} {lost} {added}");
    }

    /// Who is across the room in a call is so in the redacted one, and who is near is near: the barge-in knows them by the
    /// smoothness of their voice.
    #[test]
    fn a_far_voice_stays_far() {
        let call = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls/side_speech");
        let tape = audio_core::tape::Tape::load(call).expect("a tape");
        let mut voice = Voice::new(Side::Caller).expect("valid");
        let frames = tape.caller.as_chunks::<FRAME_SAMPLES>().0;
        let redacted: Vec<PcmFrame> = frames.iter().map(|frame| voice.process(frame)).collect();
        let smoothness = |frames: &[PcmFrame], kind: SpanKind| {
            let spans = tape.file.caller.iter().filter(|span| span.kind == kind);
            let heard =
                spans.flat_map(|span| &frames[(span.start_ms / 20) as usize..(span.end_ms / 20) as usize]);
            let heard = heard.filter(|frame| Dbfs::of(&frame[..]).0 > -40.0);
            let all: Vec<f32> = heard.map(|frame| Timbre::of(frame).smoothness).collect();
            all.iter().sum::<f32>() / all.len() as f32
        };
        for kind in [SpanKind::Turn, SpanKind::SideSpeech] {
            let (was, is) = (smoothness(frames, kind), smoothness(&redacted, kind));
            println!("{kind:?}: {was:.2} became {is:.2}");
            assert!((was - is).abs() < 0.12, "{kind:?}: {was} became {is}");
        }
    }

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
