//! What the model looks at: [`INPUTS`] numbers per 20 ms frame, none of which depends on how loud
//! the line is.
//!
//! Band levels over a noise floor that lives as long as the call ([`floor`]), the shape of the
//! spectrum, two measures of periodicity over 64 ms ([`periodicity`]) and a few numbers about how
//! the frame moves ([`motion`]). `vad-training/ABLATION.md` has what each group is worth.

mod bands;
mod floor;
mod motion;
mod periodicity;

use bands::{BANDS, Bands};
use floor::Floor;
use motion::Motion;
use periodicity::Periodicity;

use super::math::nearest;
use crate::frame::{FRAME_SAMPLES, PcmFrame};
use crate::sys::vector::{Work, widest};

/// Numbers per frame.
pub const INPUTS: usize = 2 * BANDS + 16;

/// One of a model's inputs is a whole number of this many parts: ±8 fit into 12 bits and a sign.
pub const INPUT_SCALE: f32 = 256.0;
/// Largest input: [`INPUT_SCALE`] times 8, less one.
const INPUT_MAX: f32 = 2_047.0;

/// Samples that one look spans: 64 ms.
const SPAN: usize = 512;
/// Samples of the short window: 32 ms.
const SHORT: usize = 256;
/// Added to every power, so that digital silence and µ-law's smallest steps are one: white noise
/// at −78 dBFS under the short window.
const POWER_FLOOR: f32 = 1.5e-6;

/// The features of consecutive 20 ms frames at 8 kHz. 3 kB of state; does not allocate after the
/// first `new` of a process.
#[derive(Clone, Debug)]
pub struct Features {
    /// The last 64 ms.
    samples: [i16; SPAN],
    /// Shared by all calls.
    bands: &'static Bands,
    floor: Floor,
    periodicity: Periodicity,
    motion: Motion,
}

impl Default for Features {
    fn default() -> Self {
        Self::new()
    }
}

impl Features {
    /// A line on which nothing was heard.
    pub fn new() -> Self {
        Self {
            samples: [0; SPAN],
            bands: Bands::shared(),
            floor: Floor::new(),
            periodicity: Periodicity::new(),
            motion: Motion::new(),
        }
    }

    /// The features of the next frame, in parts of [`INPUT_SCALE`].
    pub fn process(&mut self, frame: &PcmFrame) -> [i16; INPUTS] {
        widest(Process(self, frame))
    }

    #[inline(always)]
    fn inputs(&mut self, frame: &PcmFrame) -> [i16; INPUTS] {
        self.samples.copy_within(FRAME_SAMPLES.., 0);
        self.samples[SPAN - FRAME_SAMPLES..].copy_from_slice(frame);
        // Full scale being 1.
        let samples = self.samples.map(|sample| f32::from(sample) / 32_768.0);
        let spectrum = self.bands.spectrum(&samples[SPAN - SHORT..]);
        let levels = self.bands.levels(&spectrum);
        let mean = levels.iter().sum::<f32>() / BANDS as f32;
        let floor = self.floor.push(&levels, mean);

        let mut inputs = [0i16; INPUTS];
        let mut free = inputs.iter_mut();
        let mut put = |value: f32| {
            if let Some(slot) = free.next() {
                *slot = nearest((value * INPUT_SCALE).clamp(-INPUT_MAX, INPUT_MAX));
            }
        };
        let mut above = 0.0;
        for (level, floor) in levels.iter().zip(&floor.bands) {
            put((level - floor) / 3.0);
            above += level - floor;
        }
        levels.iter().for_each(|level| put((level - mean) / 3.0));
        put(above / (3.0 * BANDS as f32));
        put((mean - floor.long) / 3.0);
        put((mean - floor.peak) / 3.0);
        self.periodicity.push(&samples).into_iter().for_each(&mut put);
        let shape = levels.map(|level| level - mean);
        self.motion.push(&shape, mean, &spectrum, &samples[SPAN - FRAME_SAMPLES..]).into_iter().for_each(put);
        inputs
    }

    /// Back to the state after construction. Does not allocate.
    pub fn reset(&mut self) {
        self.samples = [0; SPAN];
        self.floor = Floor::new();
        self.periodicity.reset();
        self.motion = Motion::new();
    }
}

struct Process<'a>(&'a mut Features, &'a PcmFrame);

impl Work for Process<'_> {
    type Out = [i16; INPUTS];

    #[inline(always)]
    fn run(self) -> [i16; INPUTS] {
        self.0.inputs(self.1)
    }
}
