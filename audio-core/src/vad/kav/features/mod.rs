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

use bands::{BANDS, BINS, Bands};
use floor::Floor;
use motion::Motion;
use periodicity::Periodicity;

use crate::frame::{FRAME_SAMPLES, PcmFrame};
use crate::math::nearest;
use crate::sys::vector::{Work, widest};
use crate::vad::Pitch;

/// How the levels lie to what is slow.
const SLOW: usize = 3;

/// Where the measures of periodicity begin.
const PERIODICITY: usize = 2 * BANDS + SLOW;

/// Numbers per frame.
pub const INPUTS: usize = PERIODICITY + periodicity::COUNT + motion::COUNT;

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
        self.look(frame).0
    }

    /// The features, and the power spectrum of the newest 32 ms under a Hann window, full scale being 1.
    pub(super) fn look(&mut self, frame: &PcmFrame) -> ([i16; INPUTS], [f32; BINS]) {
        widest(Process(self, frame))
    }

    /// So many of the newest samples.
    pub(super) fn newest<const COUNT: usize>(&self) -> &[i16; COUNT] {
        self.samples.last_chunk().expect("fewer than 64 ms")
    }

    /// The measures of periodicity among the `inputs` of a frame.
    pub(super) fn pitch(inputs: &[i16; INPUTS]) -> Pitch {
        let value = |n: usize| f32::from(inputs[PERIODICITY + n]) / INPUT_SCALE;
        Pitch { waveform: value(0), ripple: value(1), kept: value(2), moved: value(3), period: value(4) }
    }

    #[inline(always)]
    fn inputs(&mut self, frame: &PcmFrame) -> ([i16; INPUTS], [f32; BINS]) {
        self.samples.copy_within(FRAME_SAMPLES.., 0);
        self.samples[SPAN - FRAME_SAMPLES..].copy_from_slice(frame);
        // Full scale being 1.
        let mut samples = [0.0f32; SPAN];
        for (x, &sample) in samples.iter_mut().zip(&self.samples) {
            *x = f32::from(sample) / 32_768.0;
        }
        let long = self.periodicity.spectrum(&samples);
        let spectrum = self.bands.spectrum(&samples[SPAN - SHORT..]);
        let levels = self.bands.levels(&spectrum);
        let mean = levels.iter().sum::<f32>() / BANDS as f32;
        let floor = self.floor.push(&levels, mean);

        let mut values = [0.0f32; INPUTS];
        let (over_floor, rest) = values.split_at_mut(BANDS);
        let (over_mean, rest) = rest.split_at_mut(BANDS);
        let (slow, rest) = rest.split_at_mut(SLOW);
        let (periodicity, motion) = rest.split_at_mut(periodicity::COUNT);
        let (mut above, mut shape) = ([0.0f32; BANDS], [0.0f32; BANDS]);
        for n in 0..BANDS {
            above[n] = levels[n] - floor.bands[n];
            shape[n] = levels[n] - mean;
            over_floor[n] = above[n] / 3.0;
            over_mean[n] = shape[n] / 3.0;
        }
        let above = above.iter().fold(0.0, |sum, above| sum + above);
        slow.copy_from_slice(&[
            above / (3.0 * BANDS as f32),
            (mean - floor.long) / 3.0,
            (mean - floor.peak) / 3.0,
        ]);
        periodicity.copy_from_slice(&self.periodicity.push(&long));
        let newest = (frame, &samples[SPAN - FRAME_SAMPLES..]);
        motion.copy_from_slice(&self.motion.push(&shape, mean, &spectrum, newest));

        let mut inputs = [0i16; INPUTS];
        for (input, value) in inputs.iter_mut().zip(&values) {
            *input = nearest((value * INPUT_SCALE).clamp(-INPUT_MAX, INPUT_MAX));
        }
        (inputs, spectrum)
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
    type Out = ([i16; INPUTS], [f32; BINS]);

    #[inline(always)]
    fn run(self) -> Self::Out {
        self.0.inputs(self.1)
    }
}
