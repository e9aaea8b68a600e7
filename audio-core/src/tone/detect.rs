//! Is this a tone, or a [buzz](super::buzz), and no voice? A yes silences a voice detector, so doubt means no.
//!
//! Twice a frame the last 32 ms are Hann-windowed. A sine puts all of its power into five bins of
//! 31 Hz, two sines into ten ([`shape`](super::shape)); two that lie closer are fitted
//! ([`close_pair`](super::close_pair)). Voices do that too, a sung or hummed note for a good
//! while, but they do not keep still: from look to look a voice moves by more than a hertz or by
//! a few tenths of a decibel, a tone by less than noise makes it seem. So the cleaner and the
//! steadier the lines, the sooner the answer ([`TIERS`]).

use core::ops::RangeInclusive;
use std::sync::OnceLock;

use super::buzz::BuzzWatch;
use super::close_pair::ClosePairs;
use super::shape::{Shape, is_spread, lines};
use super::{BINS, BLOCK};
use crate::frame::{FRAME_SAMPLES, PcmFrame};
use crate::spectrum::{PowerSpectrum, hann};
use crate::sys::vector::{Work, widest};

/// Samples from a frame's first look to its second, which is at its end. Both windows lie within
/// two frames, so a tone that fills those has been seen to keep still.
const HOP: usize = 60;
/// Samples that both looks see.
pub(crate) const WINDOW: usize = BLOCK + HOP;
/// 250 to 719 Hz: all of every close pair.
const LOW: RangeInclusive<usize> = 8..=23;
/// Quietest tone: −48 dBFS, as mean square.
const MIN_POWER: f32 = 1.6e-5;

/// How steady for how long.
struct Tier {
    /// Least share of the power in the lines.
    explained: f32,
    /// Largest change from look to look: in Hz, and of the power as a ratio.
    drift_hz: f32,
    step: f32,
    /// How many changes in a row must be so small.
    streak: u8,
}

/// From a clean line to one with noise 15 dB below the tone.
const TIERS: [Tier; 3] = [
    Tier { explained: 0.99, drift_hz: 0.5, step: 1.047, streak: 1 },
    Tier { explained: 0.985, drift_hz: 1.0, step: 1.072, streak: 2 },
    Tier { explained: 0.93, drift_hz: 2.0, step: 1.122, streak: 6 },
];
/// Most that a frequency may move in all, from the first look on. A note that glides slowly
/// passes from look to look and not here.
const MAX_WANDER_HZ: f32 = 4.0;
/// What a tone may do once it is known: noise strikes at times.
const HOLD: Tier = Tier { explained: 0.90, drift_hz: MAX_WANDER_HZ, step: 1.26, streak: 0 };
/// But what lies beside the lines may not rise above this many times what it was, or this share:
/// then a voice has come in over the tone.
const MAX_RISE: f32 = 3.0;
const QUIET: f32 = 0.01;
/// Part of the way that the memory of what lies beside the lines goes in one look.
const PACE: f32 = 0.125;

/// Says of each 20 ms frame whether a steady tone or a steady pair of tones fills it (dial tone,
/// ringback, busy, special information, DTMF, fax, a beep), or the buzz of a GSM transmitter, 217 times a second by its
/// clock: that one within 300 ms (`tests/tone_veto.rs`), and for as long as it is louder than what else is on the line.
///
/// Of tones it knows no list, except pairs closer than 156 Hz: 350 + 440, 440 + 480, 480 + 620
/// and 400 + 450 Hz. Lines from 94 to 3,531 Hz count, down to −48 dBFS, with noise up to 15 dB
/// below them. On a clean line the first yes comes with the second whole frame of a tone, in noise
/// 15 dB below it within 180 ms. Causal; does not allocate; less than 1 kB of state.
#[derive(Clone, Debug)]
pub struct ToneVeto {
    watch: Watch,
    /// What both looks see.
    samples: [i16; WINDOW],
}

/// The same beside a detector that keeps the samples and has looked at their spectrum.
#[derive(Clone, Debug)]
pub(crate) struct ToneWatch {
    watch: Watch,
    /// How many samples came since the last reset.
    heard: usize,
}

/// Built once a process, shared by all calls.
#[derive(Debug)]
struct Tables {
    window: [f32; BLOCK],
    fft: PowerSpectrum<{ BLOCK / 2 }>,
    close: ClosePairs,
}

impl Tables {
    fn shared() -> &'static Self {
        static SHARED: OnceLock<Tables> = OnceLock::new();
        SHARED.get_or_init(|| {
            let window = hann();
            Self { window, fft: PowerSpectrum::new(), close: ClosePairs::new(&window) }
        })
    }
}

impl Default for ToneVeto {
    fn default() -> Self {
        Self::new()
    }
}

impl ToneVeto {
    /// A detector that has heard nothing.
    pub fn new() -> Self {
        Self { watch: Watch::new(), samples: [0; WINDOW] }
    }

    /// The next frame: is it a steady tone, or a buzz? Frames must be consecutive.
    pub fn is_tone(&mut self, frame: &PcmFrame) -> bool {
        self.samples.copy_within(FRAME_SAMPLES.., 0);
        self.samples[WINDOW - FRAME_SAMPLES..].copy_from_slice(frame);
        self.watch.is_tone(&self.samples, None)
    }

    /// Back to the state after construction. Does not allocate.
    pub fn reset(&mut self) {
        *self = Self::new();
    }
}

impl ToneWatch {
    pub(crate) fn new() -> Self {
        Self { watch: Watch::new(), heard: 0 }
    }

    /// The next frame: `samples` end with it, and `powers` are [`PowerSpectrum::powers`] of the newest [`BLOCK`] of them
    /// under a Hann window, full scale being 1.
    pub(crate) fn is_tone(&mut self, samples: &[i16; WINDOW], powers: &[f32; BINS]) -> bool {
        self.heard = (self.heard + FRAME_SAMPLES).min(WINDOW);
        if self.heard == WINDOW {
            return self.watch.is_tone(samples, Some(powers));
        }
        // What was before the reset is not to be seen.
        let mut since = [0; WINDOW];
        since[WINDOW - self.heard..].copy_from_slice(&samples[WINDOW - self.heard..]);
        self.watch.is_tone(&since, None)
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }
}

/// Looks at samples and remembers what it saw.
#[derive(Clone, Debug)]
struct Watch {
    tables: &'static Tables,
    lines: Track,
    pair: Track,
    buzz: BuzzWatch,
}

impl Watch {
    fn new() -> Self {
        Self { tables: Tables::shared(), lines: Track::NEW, pair: Track::NEW, buzz: BuzzWatch::new() }
    }

    fn is_tone(&mut self, samples: &[i16; WINDOW], powers: Option<&[f32; BINS]>) -> bool {
        let Tables { window, fft, close } = self.tables;
        let look = |samples, powers| widest(Glance { window, fft, close, samples, powers });
        let (lines, pair) = look(&samples[HOP..], powers);
        // If neither track goes on at the second look, what the first one saw is forgotten
        // anyway: most frames of speech cost one look.
        if lines.is_some() || pair.is_some() {
            let (lines, pair) = look(&samples[..BLOCK], None);
            self.lines.push(lines);
            self.pair.push(pair);
        }
        self.lines.push(lines);
        self.pair.push(pair);
        let newest = samples.last_chunk().is_some_and(|newest| self.buzz.is_buzz(newest));
        newest || self.lines.held || self.pair.held
    }
}

/// One look.
struct Glance<'a> {
    window: &'a [f32; BLOCK],
    fft: &'a PowerSpectrum<{ BLOCK / 2 }>,
    close: &'a ClosePairs,
    samples: &'a [i16],
    /// The spectrum, if it is known.
    powers: Option<&'a [f32; BINS]>,
}

impl Work for Glance<'_> {
    /// Its lines, and its close pair.
    type Out = (Option<Look>, Option<Look>);

    #[inline(always)]
    fn run(self) -> Self::Out {
        let Self { window, fft, close, samples, powers } = self;
        if powers.is_some_and(|powers| is_spread(powers, HOLD.explained, LOW)) {
            return (None, None);
        }
        let (mut block, mut windowed, mut squares) = ([0.0f32; BLOCK], [0.0f32; BLOCK], [0.0f32; BLOCK]);
        for n in 0..BLOCK {
            block[n] = f32::from(samples[n]) / 32_768.0;
            windowed[n] = block[n] * window[n];
            squares[n] = windowed[n] * windowed[n];
        }
        let sum: f32 = squares.iter().sum();
        // The squared weights sum to 3/8 of the length.
        let power = sum / (0.375 * BLOCK as f32);
        if power < MIN_POWER {
            return (None, None);
        }
        let own: [f32; BINS];
        let powers = match powers {
            Some(powers) => powers,
            None => {
                own = fft.powers(&block, window);
                &own
            }
        };
        // Parseval: both halves of the spectrum sum to BLOCK times the energy.
        let mut share = [0.0f32; BINS];
        for (share, bin) in share.iter_mut().zip(powers) {
            *share = bin * 2.0 / (BLOCK as f32 * sum);
        }
        let lines = lines(&share, HOLD.explained).map(|(shape, explained)| Look { shape, explained, power });
        // Most of speech is spared the fit.
        let low: f32 = share[LOW].iter().sum();
        let pair = if low >= HOLD.explained {
            let energy = block.iter().zip(&windowed).fold(0.0, |energy, (x, weighted)| energy + x * weighted);
            close.best(&windowed, energy)
        } else {
            None
        };
        let pair =
            pair.map(|(index, explained, power)| Look { shape: Shape::Close { index }, explained, power });
        (lines, pair)
    }
}

/// What one window showed.
#[derive(Clone, Copy, Debug)]
struct Look {
    shape: Shape,
    /// Share of the power in the lines.
    explained: f32,
    /// Mean square.
    power: f32,
}

impl Look {
    /// May this look follow `before` in one tone?
    fn follows(self, before: Self, limits: &Tier) -> bool {
        let near = self.shape.distance(before.shape).is_some_and(|hz| hz <= limits.drift_hz);
        let level = self.power <= before.power * limits.step && before.power <= self.power * limits.step;
        near && level && self.explained.min(before.explained) >= limits.explained
    }
}

/// A tone as it goes on.
#[derive(Clone, Copy, Debug)]
struct Track {
    last: Option<Look>,
    /// Where the longest streak began.
    anchor: Option<Shape>,
    streaks: [u8; TIERS.len()],
    /// Usual share of the power beside the lines.
    rest: f32,
    held: bool,
}

impl Track {
    const NEW: Self = Self { last: None, anchor: None, streaks: [0; TIERS.len()], rest: 0.0, held: false };

    fn push(&mut self, now: Option<Look>) {
        let Some(now) = now else {
            *self = Self::NEW;
            return;
        };
        let moved = self.anchor.and_then(|anchor| anchor.distance(now.shape));
        let stays = moved.is_some_and(|hz| hz <= MAX_WANDER_HZ);
        let follows = |limits| stays && self.last.is_some_and(|before| now.follows(before, limits));
        let rest = 1.0 - now.explained;
        if self.held {
            self.held = follows(&HOLD) && rest <= (MAX_RISE * self.rest).max(QUIET);
            self.rest += PACE * (rest - self.rest);
            if !self.held {
                self.streaks = [0; TIERS.len()];
            }
        } else {
            for (streak, tier) in self.streaks.iter_mut().zip(&TIERS) {
                *streak = if follows(tier) { streak.saturating_add(1) } else { 0 };
            }
            self.held = self.streaks.iter().zip(&TIERS).any(|(&streak, tier)| streak >= tier.streak);
            self.rest = rest;
        }
        if !self.held && self.streaks.iter().all(|&streak| streak == 0) {
            self.anchor = Some(now.shape);
        }
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::{
        BINS, BLOCK, FRAME_SAMPLES, Glance, HOLD, LOW, Tables, ToneVeto, ToneWatch, WINDOW, is_spread, widest,
    };
    use crate::spectrum::{PowerSpectrum, hann};

    /// Noise, tones in more and less of it, pairs of tones, silence and pulses; half a second of each.
    fn sounds() -> Vec<i16> {
        let mut seed = 1u32;
        let mut noise = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        };
        let sine = |hz: f32, n: usize| (core::f32::consts::TAU * hz * n as f32 / 8_000.0).sin();
        let mut sounds = Vec::new();
        for (low, high, noisy) in [
            (0.0, 0.0, 0.0),
            (0.0, 0.0, 1.0),
            (440.0, 0.0, 0.0),
            (1_000.0, 0.0, 0.1),
            (1_004.0, 0.0, 0.4),
            (440.0, 480.0, 0.0),
            (350.0, 440.0, 0.2),
            (697.0, 1_209.0, 0.05),
            (500.0, 1_000.0, 0.0),
            (3_500.0, 0.0, 0.02),
        ] {
            sounds.extend(
                (0..4_000).map(|n| (6_000.0 * (sine(low, n) + 0.8 * sine(high, n) + noisy * noise())) as i16),
            );
        }
        sounds.extend((0..4_000).map(|n| if n % 61 < 3 { 12_000 } else { 0 }));
        sounds
    }

    #[test]
    fn a_spectrum_that_is_known_changes_no_answer_even_after_a_reset() {
        let (fft, window) = (PowerSpectrum::<{ BLOCK / 2 }>::new(), hann::<BLOCK>());
        let (mut alone, mut beside) = (ToneVeto::new(), ToneWatch::new());
        let mut samples = [0i16; WINDOW];
        let mut tones = 0;
        for (n, frame) in sounds().as_chunks::<FRAME_SAMPLES>().0.iter().enumerate() {
            if n % 37 == 30 {
                alone.reset();
                beside.reset();
            }
            samples.copy_within(FRAME_SAMPLES.., 0);
            samples[WINDOW - FRAME_SAMPLES..].copy_from_slice(frame);
            let block: [f32; BLOCK] =
                core::array::from_fn(|n| f32::from(samples[WINDOW - BLOCK + n]) / 32_768.0);
            let is_tone = alone.is_tone(frame);
            assert_eq!(beside.is_tone(&samples, &fft.powers(&block, &window)), is_tone, "frame {n}");
            tones += u32::from(is_tone);
        }
        assert!((50..250).contains(&tones), "{tones}");
    }

    /// One tone, two or a close pair in noise that is 4 to 24 % of the tones' power: a tenth of the whole is the bound.
    #[test]
    fn in_a_spectrum_that_is_spread_there_is_no_tone() {
        let Tables { window, fft, close } = Tables::shared();
        let mut seed = 1u32;
        // Uniform in [0, 1).
        let mut random = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1u32 << 24) as f32
        };
        let (mut spread, mut seen) = (0, 0);
        for _ in 0..40_000 {
            let first = 100.0 + 3_400.0 * random();
            let second =
                if random() < 0.3 { first + 30.0 + 110.0 * random() } else { 100.0 + 3_400.0 * random() };
            let (first, second) = if random() < 0.3 { (350.0, 440.0) } else { (first, second) };
            // The second is as strong as the first, all but as strong, weaker, or not there.
            let ratio = [1.0, 0.8 + 0.2 * random(), random(), 0.0][(4.0 * random()) as usize];
            let level = 2_000.0 + 8_000.0 * random();
            // Of the noise's amplitude: its power is a third of the square, a tone's half of it.
            let noisy = ((0.04 + 0.2 * random()) * 1.5 * (1.0 + ratio * ratio)).sqrt();
            let (from, to) = (random(), random());
            let sine = |hz: f32, turn: f32, n: usize| {
                (core::f32::consts::TAU * (hz * n as f32 / 8_000.0 + turn)).sin()
            };
            let samples: [i16; BLOCK] = core::array::from_fn(|n| {
                let tones = sine(first, from, n) + ratio * sine(second, to, n);
                (level * (tones + noisy * (2.0 * random() - 1.0))) as i16
            });
            let block = samples.map(|sample| f32::from(sample) / 32_768.0);
            let powers: [f32; BINS] = fft.powers(&block, window);
            let (lines, pair) = widest(Glance { window, fft, close, samples: &samples, powers: None });
            let any = lines.is_some() || pair.is_some();
            let is_spread = is_spread(&powers, HOLD.explained, LOW);
            assert!(!(is_spread && any), "{first} and {second} Hz, {ratio}, {noisy}: {lines:?}, {pair:?}");
            spread += u32::from(is_spread);
            seen += u32::from(any);
        }
        assert!(spread > 1_000 && seen > 3_000, "{spread} spread, {seen} with tones");
    }
}
