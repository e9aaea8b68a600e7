//! A dense layer, a gated recurrent unit (K. Cho et al., 2014), one number out.
//!
//! Weights and activations are whole numbers, so that sums do not depend on their order: each
//! processor may take them by its own instructions and every machine gets the same bits. Between the
//! products stand a few thousand additions, multiplications and divisions of floats, in a fixed order.

use super::features::{INPUT_SCALE, INPUTS};
use super::math::{nearest, sigmoid, tanh};
use crate::sys::matrix::{BLOCK_ROWS, Matrix};
use crate::sys::vector::{Work, widest};

/// Units of the dense layer and of each part of the recurrent one.
pub const UNITS: usize = BLOCK_ROWS;
/// An activation in [-1, 1] is a whole number of this many parts.
const ACTIVATION_SCALE: f32 = 2_047.0;

/// One number a unit, part after part.
type Parts<const PARTS: usize> = [[f32; UNITS]; PARTS];

/// A matrix of whole numbers, and what turns a row's sum into a float.
#[derive(Debug)]
struct Layer<const PARTS: usize, const PAIRS: usize> {
    /// At most 2,047 in magnitude: as many products of two such numbers as there are columns fit into 32 bits.
    weights: Matrix<PARTS, PAIRS>,
    scale: Parts<PARTS>,
    bias: Parts<PARTS>,
}

impl<const PARTS: usize, const PAIRS: usize> Layer<PARTS, PAIRS> {
    #[inline(always)]
    fn apply<const COLUMNS: usize>(&self, inputs: &[i16; COLUMNS]) -> Parts<PARTS> {
        let mut out = self.bias;
        let products = self.weights.times(inputs);
        for ((out, products), scale) in out.iter_mut().zip(&products).zip(&self.scale) {
            for ((out, &product), scale) in out.iter_mut().zip(products).zip(scale) {
                *out += product as f32 * scale;
            }
        }
        out
    }
}

/// Everything that is learned; one copy a process.
#[derive(Debug)]
struct Weights {
    dense: Layer<1, { INPUTS / 2 }>,
    /// How far to update, what to keep, what is fresh.
    input: Layer<3, { UNITS / 2 }>,
    recurrent: Layer<3, { UNITS / 2 }>,
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
        // Written with columns of zeros up to a multiple of 32.
        let dense = reader.layer(INPUTS.next_multiple_of(32));
        let input = reader.layer(UNITS);
        let recurrent = reader.layer(UNITS);
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
    const fn layer<const PARTS: usize, const PAIRS: usize>(&mut self, columns: usize) -> Layer<PARTS, PAIRS> {
        let mut weights = Matrix::<PARTS, PAIRS>::ZERO;
        let mut row = 0;
        while row < Matrix::<PARTS, PAIRS>::ROWS {
            let mut column = 0;
            while column < columns {
                let weight = i16::from_le_bytes([self.byte(), self.byte()]);
                assert!(weight.unsigned_abs() <= 2_047, "a weight beyond its range");
                if column < Matrix::<PARTS, PAIRS>::COLUMNS {
                    weights.set(row, column, weight);
                } else {
                    assert!(weight == 0, "columns of another network");
                }
                column += 1;
            }
            row += 1;
        }
        Layer { weights, scale: self.parts(), bias: self.parts() }
    }

    const fn parts<const PARTS: usize>(&mut self) -> Parts<PARTS> {
        let mut parts = [[0.0; UNITS]; PARTS];
        let mut part = 0;
        while part < PARTS {
            parts[part] = self.floats();
            part += 1;
        }
        parts
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
        let [given_update, given_reset, given_fresh] = w.input.apply(&whole(&dense));
        let [kept_update, kept_reset, kept_fresh] = w.recurrent.apply(&whole(&self.state));
        for unit in 0..UNITS {
            let update = sigmoid(given_update[unit] + kept_update[unit]);
            let reset = sigmoid(given_reset[unit] + kept_reset[unit]);
            let fresh = tanh(given_fresh[unit] + reset * kept_fresh[unit]);
            self.state[unit] = update * self.state[unit] + (1.0 - update) * fresh;
        }
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

/// Activations in [-1, 1] as whole numbers.
#[inline(always)]
fn whole<const N: usize>(activations: &[f32; N]) -> [i16; N] {
    let mut numbers = [0; N];
    for (number, activation) in numbers.iter_mut().zip(activations) {
        *number = nearest(activation * ACTIVATION_SCALE);
    }
    numbers
}

/// Taken two at a time.
const _: () = assert!(INPUTS.is_multiple_of(2), "an even number of inputs");
/// The first layer's scales are per unit of input.
const _: () = assert!(INPUT_SCALE == 256.0, "model/export.py counts on it");
