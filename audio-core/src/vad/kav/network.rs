//! A dense layer, a gated recurrent unit, one number out.

use super::features::{INPUT_SCALE, INPUTS};
use crate::math::{sigmoid, tanh};
pub use crate::recurrent::UNITS;
use crate::recurrent::{Gru, Layer, Reader, whole};
use crate::sys::vector::{Work, widest};

/// Everything that is learned; one copy a process.
#[derive(Debug)]
struct Weights {
    dense: Layer<1, { INPUTS / 2 }>,
    recurrent: Gru<{ UNITS / 2 }>,
    out: [f32; UNITS],
    out_bias: f32,
}

/// Written by `vad-training` (`model/export.py`).
static WEIGHTS: Weights = Weights::parse(include_bytes!("weights.bin"));

/// Bytes of the weights.
pub(super) const WEIGHT_BYTES: usize = size_of::<Weights>();

impl Weights {
    const fn parse(bytes: &[u8]) -> Self {
        let mut reader = Reader::new(bytes);
        // Written with columns of zeros up to a multiple of 32.
        let dense = Layer::read(&mut reader, INPUTS.next_multiple_of(32));
        let recurrent = Gru::read(&mut reader);
        let out = reader.floats();
        let [out_bias] = reader.floats();
        assert!(reader.is_at_end(), "weights.bin is of another network");
        Self { dense, recurrent, out, out_bias }
    }
}

/// What the network remembers of a call.
#[derive(Clone, Debug)]
pub(super) struct Network {
    state: [f32; UNITS],
}

impl Network {
    pub(super) const fn new() -> Self {
        Self { state: [0.0; UNITS] }
    }

    pub(super) const fn state(&self) -> &[f32; UNITS] {
        &self.state
    }

    /// The probability of speech, in [0, 1].
    pub(super) fn push(&mut self, features: &[i16; INPUTS]) -> f32 {
        widest(Step(self, features))
    }

    #[inline(always)]
    fn step(&mut self, features: &[i16; INPUTS]) -> f32 {
        let w = &WEIGHTS;
        let [mut dense] = w.dense.apply(features);
        for unit in &mut dense {
            *unit = tanh(*unit);
        }
        w.recurrent.step(&mut self.state, &whole(&dense));
        let mut sum = w.out_bias;
        for (state, weight) in self.state.iter().zip(&w.out) {
            sum += state * weight;
        }
        sigmoid(sum)
    }
}

struct Step<'a>(&'a mut Network, &'a [i16; INPUTS]);

impl Work for Step<'_> {
    type Out = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        self.0.step(self.1)
    }
}

/// Taken two at a time.
const _: () = assert!(INPUTS.is_multiple_of(2), "an even number of inputs");
/// The first layer's scales are per unit of input.
const _: () = assert!(INPUT_SCALE == 256.0, "model/export.py counts on it");
