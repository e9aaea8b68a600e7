//! A dense layer.

use crate::math::nearest;
use crate::sys::matrix::{BLOCK_ROWS, Matrix};

use super::Reader;

/// Units of each part of a layer.
pub const UNITS: usize = BLOCK_ROWS;
/// An activation in [-1, 1] is a whole number of this many parts.
const ACTIVATION_SCALE: f32 = 2_047.0;
/// The greatest magnitude of a weight.
const LARGEST: u16 = 2_047;

/// One number a unit, part after part.
type Parts<const PARTS: usize> = [[f32; UNITS]; PARTS];

/// A matrix of whole numbers, and what turns a row's sum into a float.
#[derive(Debug)]
pub(crate) struct Layer<const PARTS: usize, const PAIRS: usize> {
    /// At most 2,047 in magnitude: as many products with inputs of up to 11 bits as there are columns, and a few with
    /// inputs of 14, fit into 32 bits.
    weights: Matrix<PARTS, PAIRS>,
    scale: Parts<PARTS>,
    bias: Parts<PARTS>,
}

impl<const PARTS: usize, const PAIRS: usize> Layer<PARTS, PAIRS> {
    /// Reads rows of `columns` weights, those beyond the layer's own zeros, then scales, then biases.
    pub(crate) const fn read(reader: &mut Reader<'_>, columns: usize) -> Self {
        let mut weights = Matrix::<PARTS, PAIRS>::ZERO;
        let mut row = 0;
        while row < Matrix::<PARTS, PAIRS>::ROWS {
            let mut column = 0;
            while column < columns {
                let weight = reader.whole();
                assert!(weight.unsigned_abs() <= LARGEST, "a weight beyond its range");
                if column < Matrix::<PARTS, PAIRS>::COLUMNS {
                    weights.set(row, column, weight);
                } else {
                    assert!(weight == 0, "columns of another network");
                }
                column += 1;
            }
            row += 1;
        }
        Self { weights, scale: reader.parts(), bias: reader.parts() }
    }

    /// Sums and biases.
    #[inline(always)]
    pub(crate) fn apply<const COLUMNS: usize>(&self, inputs: &[i16; COLUMNS]) -> Parts<PARTS> {
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

/// Activations in [-1, 1], and inputs of up to ±16, as whole numbers.
#[inline(always)]
pub(crate) fn whole<const N: usize>(activations: &[f32; N]) -> [i16; N] {
    let mut numbers = [0; N];
    for (number, activation) in numbers.iter_mut().zip(activations) {
        *number = nearest(activation * ACTIVATION_SCALE);
    }
    numbers
}
