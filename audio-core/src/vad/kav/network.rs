//! A dense layer, a gated recurrent unit (K. Cho et al., 2014), one number out.
//!
//! Weights and activations are whole numbers, so that sums do not depend on their order: the
//! compiler may vectorise them as it likes and every machine gets the same bits. Between the
//! products stand a few hundred additions and multiplications of floats, in a fixed order.

use super::features::{INPUT_SCALE, INPUTS};
use super::math::{nearest, sigmoid, tanh};
use crate::sys::vector::{VECTOR, Work, products, widest};

/// Units of the dense layer and of the recurrent one.
const DENSE: usize = 64;
const UNITS: usize = 64;
/// Inputs, filled up with zeros to whole vectors.
const PADDED: usize = INPUTS.next_multiple_of(VECTOR);
/// An activation in [-1, 1] is a whole number of this many parts.
const ACTIVATION_SCALE: f32 = 2_047.0;

/// A matrix of whole numbers, and what turns a row's sum into a float.
#[derive(Debug)]
struct Layer<const ROWS: usize, const COLUMNS: usize> {
    /// At most 2,047 in magnitude: `COLUMNS` products of two such numbers fit into 32 bits.
    weights: [[i16; COLUMNS]; ROWS],
    scale: [f32; ROWS],
    bias: [f32; ROWS],
}

impl<const ROWS: usize, const COLUMNS: usize> Layer<ROWS, COLUMNS> {
    #[inline(always)]
    fn apply(&self, inputs: &[i16; COLUMNS]) -> [f32; ROWS] {
        let mut out = self.bias;
        for ((out, product), scale) in out.iter_mut().zip(products(&self.weights, inputs)).zip(&self.scale) {
            *out += product as f32 * scale;
        }
        out
    }
}

/// Everything that is learned; one copy a process.
#[derive(Debug)]
struct Weights {
    dense: Layer<DENSE, PADDED>,
    input: Layer<{ 3 * UNITS }, DENSE>,
    recurrent: Layer<{ 3 * UNITS }, UNITS>,
    out: [f32; UNITS],
    out_bias: f32,
}

/// Written by `vad-training` (`model/export.py`).
static WEIGHTS: Weights = Weights::parse(include_bytes!("weights.bin"));

/// Bytes of the weights.
pub(super) const WEIGHT_BYTES: usize = size_of::<Weights>();

impl Weights {
    const fn parse(bytes: &[u8]) -> Self {
        let mut reader = Reader { bytes, at: 0 };
        let dense = reader.layer();
        let input = reader.layer();
        let recurrent = reader.layer();
        let out = reader.floats();
        let [out_bias] = reader.floats();
        assert!(reader.at == bytes.len(), "weights.bin is of another network");
        Self { dense, input, recurrent, out, out_bias }
    }
}

/// Reads `weights.bin` while the crate is compiled: little endian, layer after layer, each as
/// weights, scales and biases.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    const fn layer<const ROWS: usize, const COLUMNS: usize>(&mut self) -> Layer<ROWS, COLUMNS> {
        let mut weights = [[0; COLUMNS]; ROWS];
        let mut row = 0;
        while row < ROWS {
            let mut column = 0;
            while column < COLUMNS {
                weights[row][column] = i16::from_le_bytes([self.byte(), self.byte()]);
                column += 1;
            }
            row += 1;
        }
        Layer { weights, scale: self.floats(), bias: self.floats() }
    }

    const fn floats<const COUNT: usize>(&mut self) -> [f32; COUNT] {
        let mut floats = [0.0; COUNT];
        let mut n = 0;
        while n < COUNT {
            floats[n] = f32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()]);
            n += 1;
        }
        floats
    }

    const fn byte(&mut self) -> u8 {
        let byte = self.bytes[self.at];
        self.at += 1;
        byte
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

    /// The probability of speech, in [0, 1].
    pub(super) fn push(&mut self, features: &[i16; INPUTS]) -> f32 {
        widest(Step(self, features))
    }

    #[inline(always)]
    fn step(&mut self, features: &[i16; INPUTS]) -> f32 {
        let w = &WEIGHTS;
        let mut inputs = [0i16; PADDED];
        inputs[..INPUTS].copy_from_slice(features);
        let given = w.input.apply(&whole(&w.dense.apply(&inputs).map(tanh)));
        let kept = w.recurrent.apply(&whole(&self.state));
        let mut sum = w.out_bias;
        for unit in 0..UNITS {
            let update = sigmoid(given[unit] + kept[unit]);
            let reset = sigmoid(given[UNITS + unit] + kept[UNITS + unit]);
            let fresh = tanh(given[2 * UNITS + unit] + reset * kept[2 * UNITS + unit]);
            self.state[unit] = update * self.state[unit] + (1.0 - update) * fresh;
        }
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

/// Activations in [-1, 1] as whole numbers.
#[inline(always)]
fn whole<const N: usize>(activations: &[f32; N]) -> [i16; N] {
    activations.map(|a| nearest(a * ACTIVATION_SCALE))
}

/// The first layer's scales are per unit of input.
const _: () = assert!(INPUT_SCALE == 256.0, "model/export.py counts on it");
