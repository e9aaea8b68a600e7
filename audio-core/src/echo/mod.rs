//! Echo cancellation at the server: the agent's own voice, coming back on the caller's line.
//!
//! The far-end reference is what was really played, a frame for every frame of the caller's line. A
//! search over 0 to 1,020 ms finds the delay of the echo (`delay`) and its first reflection (`onset`), an
//! adaptive filter of 80 ms models the path from there on (`filter`), and what it leaves is estimated and
//! gently turned down (`residual`). 20 dB take 0.3 s of the agent's speech to find the delay and 0.2 to 1.1 s
//! to learn the path (`echo_peers` in benches). The caller is never cut: the filter is linear, and the last stage
//! takes 9 dB at most off a block that is expected to be nothing but echo. While the agent is silent all of it
//! sleeps.

mod config;
mod delay;
mod filter;
mod onset;
mod reference;
mod residual;

pub use config::EchoConfig;

use crate::Error;
use crate::frame::{Dbfs, FRAME_SAMPLES, PcmFrame};
use crate::sum::sum_of;
#[cfg(feature = "engine")]
use crate::sys::prefetch::prefetch;
use crate::sys::vector::{Work, widest};
use delay::DelayEstimator;
use filter::{BLOCK, Filter};
use reference::Reference;
use residual::{LEARNED, Residual, YOUNG};

/// The longest delay at which an echo is found, in samples.
pub(crate) const MAX_DELAY: usize = 51 * FRAME_SAMPLES;
/// A filter stays where it is for a path that begins within its first 20 ms.
const WITHIN_REACH: usize = FRAME_SAMPLES;
/// A block that comes out with so many times its power has had something added, not taken: 1.8 dB.
const LOUDER: f32 = 1.5;
/// An echo seen within so many samples of where it was believed is the same one: 60 ms.
const SAME_ECHO: usize = onset::AROUND * FRAME_SAMPLES;
/// So many blocks in a row must be worse for having been cancelled: 60 ms.
const WORSE_BLOCKS: u32 = 6;
/// Power above the residual that makes a block double-talk: 6 dB…
const OVER_RESIDUAL: f32 = 4.0;
/// …above this part of what came in, -12 dB…
const OF_THE_LINE: f32 = 0.06;
/// …and above this mean square, -54 dBFS: more than a line's own noise.
const AUDIBLE: f32 = 4_000.0;

/// Blocks of the agent's voice after which a path is learned: 0.5 s.
const LEARNED_BLOCKS: u32 = 50;
/// Frames above this level without an echo after which nothing is cancelled until one is found: 3 s.
const NO_ECHO_FRAMES: u32 = 150;
const SPEAKING: Dbfs = Dbfs(-45.0);
/// An echo that the search does not find is at least so far below what was played in the last second:
/// peaks fade by so much a frame.
const UNHEARD_DB: f32 = 20.0;
const FADE_DB: f32 = 0.4;

/// What was found in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EchoFrame {
    /// Level of the echo that was taken out; [`Dbfs::SILENCE`] where none was.
    pub removed: Dbfs,
    /// Level of the echo that may be left.
    pub residual: Dbfs,
    /// Is there more than echo on the line while the agent is heard?
    pub double_talk: bool,
    /// Is `residual` to be believed? Not before the echo's delay was found and its path learned for half
    /// a second.
    pub known: bool,
}

impl EchoFrame {
    /// Nothing is played and nothing comes back.
    pub const NONE: Self =
        Self { removed: Dbfs::SILENCE, residual: Dbfs::SILENCE, double_talk: false, known: true };
}

/// Takes the agent's voice out of the caller's line. `Send`; about 75 kB; allocates only in `new`.
///
/// ```
/// use audio_core::echo::{EchoCanceller, EchoConfig};
/// use audio_core::frame::FRAME_SAMPLES;
///
/// let mut canceller = EchoCanceller::new(EchoConfig::default())?;
/// let (played, mut line) = ([0i16; FRAME_SAMPLES], [0i16; FRAME_SAMPLES]);
/// let found = canceller.process(&played, &mut line);
/// assert!(!found.double_talk);
/// # Ok::<(), audio_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EchoCanceller {
    config: EchoConfig,
    reference: Reference,
    delay: DelayEstimator,
    filter: Box<Filter>,
    /// Delay the filter is set to, in samples.
    set_to: usize,
    residual: Residual,
    worse: u32,
    /// Frames in which the agent spoke.
    spoken: u32,
    /// No echo was found for so long that nothing is cancelled.
    dormant: bool,
    /// The highest level played lately.
    played: Dbfs,
}

impl EchoCanceller {
    /// Nothing played, nothing learned. The error names the setting that is out of range.
    pub fn new(config: EchoConfig) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self {
            config,
            reference: Reference::new(),
            delay: DelayEstimator::new(),
            filter: Box::new(Filter::new()),
            set_to: 0,
            residual: Residual::NEW,
            worse: 0,
            spoken: 0,
            dormant: false,
            played: Dbfs::SILENCE,
        })
    }

    /// Back to the state after `new`. Does not allocate.
    pub fn reset(&mut self) {
        self.reference.reset();
        self.delay.reset();
        self.filter.reset();
        self.set_to = 0;
        self.residual = Residual::NEW;
        self.worse = 0;
        self.spoken = 0;
        self.dormant = false;
        self.played = Dbfs::SILENCE;
    }

    /// Cancels 20 ms in place: `played` is what the far end plays (zeros where nothing), `line` what
    /// comes from it at the same time. Adds no delay.
    pub fn process(&mut self, played: &PcmFrame, line: &mut PcmFrame) -> EchoFrame {
        if !self.config.enabled {
            return EchoFrame::NONE;
        }
        self.reference.push(played);
        let believed = self.delay.delay();
        if self.delay.process(played, line)
            && let Some(delay) = self.delay.delay()
            && (self.dormant || !(self.set_to..=self.set_to + WITHIN_REACH).contains(&delay))
        {
            let same = believed.is_some_and(|believed| believed.abs_diff(delay) <= SAME_ECHO);
            self.move_to(delay, same && !self.dormant);
            self.dormant = false;
        }
        let loudness = Dbfs::of(played);
        self.spoken = self.spoken.saturating_add(u32::from(loudness > SPEAKING));
        self.played = Dbfs(loudness.0.max(self.played.0 - FADE_DB).max(Dbfs::SILENCE.0));
        if self.delay.delay().is_none() && self.spoken >= NO_ECHO_FRAMES {
            // Nothing comes back: only the search goes on.
            self.dormant = true;
            let residual = Dbfs(self.played.0 - UNHEARD_DB);
            return EchoFrame { residual, ..EchoFrame::NONE };
        }
        let (mut removed, mut residual, mut double_talk) = (0.0, 0.0, false);
        let blocks = line.as_chunks_mut::<BLOCK>().0;
        let count = blocks.len();
        for (n, block) in blocks.iter_mut().enumerate() {
            self.filter.play(&self.reference.block(self.set_to + (count - 1 - n) * BLOCK));
            if self.filter.is_asleep() {
                self.residual.rest();
                continue;
            }
            let found = self.cancel(block);
            removed += found.removed / count as f32;
            residual += found.residual / count as f32;
            double_talk |= found.double_talk;
        }
        let known = self.delay.delay().is_some() && self.filter.heard() >= LEARNED_BLOCKS;
        EchoFrame { removed: level(removed), residual: level(residual), double_talk, known }
    }

    /// Asks for what the next frame will need of the memory behind this.
    #[cfg(feature = "engine")]
    pub(crate) fn fetch(&self) {
        if !self.dormant && !self.filter.is_asleep() {
            prefetch(&*self.filter);
        }
        self.delay.fetch();
    }

    /// A frame of the line that was lost: time goes on for what was played.
    pub fn skip(&mut self, played: &PcmFrame) {
        if self.config.enabled {
            self.process(played, &mut [0; FRAME_SAMPLES]);
        }
    }

    /// Milliseconds from a sound played to its echo, once an echo has been heard.
    pub fn delay_ms(&self) -> Option<f32> {
        self.delay.delay().map(|samples| (samples + onset::HEADROOM) as f32 / 8.0)
    }

    fn cancel(&mut self, block: &mut [i16; BLOCK]) -> Powers {
        let near = block.map(f32::from);
        let mut found = self.filter.hear(&near);
        let powers = (power(&near), power(&found.error), power(&found.echo));
        let verdict = self.residual.observe(powers.0, powers.1, powers.2, found.residual);
        self.worse = if verdict.worse { self.worse + 1 } else { 0 };
        if self.worse >= WORSE_BLOCKS {
            self.worse = 0;

            self.filter.restart();
            self.residual = Residual::NEW;
        }
        let (error, removed) = if powers.1 > LOUDER * powers.0 {
            // An echo that is not there was taken out (a tone is alike at every delay): the line stays as it is.
            found.error = near;
            (powers.0, 0.0)
        } else {
            (powers.1, powers.2)
        };
        let floor = AUDIBLE.max(OVER_RESIDUAL * verdict.residual).max(OF_THE_LINE * powers.0);
        let double_talk = error > floor;
        let least = 10f32.powf(-self.config.suppression_db / 20.0);
        let caution = if self.filter.is_young() { YOUNG } else { LEARNED };
        self.residual.suppress(&mut found.error, verdict.residual, caution, least);
        widest(Rounded(block, &found.error));
        Powers { removed, residual: verdict.residual, double_talk }
    }

    /// The filter is set to another delay and hears again what it would have heard there. What it knows of
    /// the path moves with it if the echo is the same one.
    fn move_to(&mut self, delay: usize, same: bool) {
        if same {
            self.filter.shift(self.set_to, delay);
        } else {
            self.filter.reset();
        }
        self.set_to = delay;
        self.residual = Residual::NEW;
        let frame = FRAME_SAMPLES / BLOCK;
        for ago in (frame..frame + filter::TAPS.div_ceil(BLOCK) + 4).rev() {
            self.filter.play(&self.reference.block(delay + ago * BLOCK));
        }
    }
}

struct Powers {
    removed: f32,
    residual: f32,
    double_talk: bool,
}

/// Samples become the nearest whole numbers; those beyond 16 bits the greatest.
struct Rounded<'a>(&'a mut [i16; BLOCK], &'a [f32; BLOCK]);

impl Work for Rounded<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        for (sample, x) in self.0.iter_mut().zip(self.1) {
            *sample = x.round() as i16;
        }
    }
}

fn power(block: &[f32; BLOCK]) -> f32 {
    sum_of(block, |x| x * x) / BLOCK as f32
}

fn level(power: f32) -> Dbfs {
    Dbfs::from_rms(power.sqrt())
}
