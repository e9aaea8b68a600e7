//! What the voice detector remembers, in a few numbers that tell who takes the floor.

use crate::barge_in::model::floats;
use crate::vad::STATE;

/// Numbers in a gist.
pub(super) const GIST: usize = 8;

/// A few sums of a voice detector's [`state`](crate::vad::Vad::state), each in (-1, 1): what its recurrent units
/// learned of speech and noise is worth more than its score, a single number.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Gist([f32; GIST]);

/// Written by `barge-in-training/train.py`.
static WEIGHTS: Weights = Weights::parse(include_bytes!("model/gist.bin"));

struct Weights {
    rows: [[f32; GIST]; STATE],
    bias: [f32; GIST],
}

impl Weights {
    const fn parse(bytes: &[u8]) -> Self {
        let mut rows = [[0.0; GIST]; STATE];
        let (mut row, mut at) = (0, 0);
        while row < STATE {
            (rows[row], at) = floats(bytes, at);
            row += 1;
        }
        let (bias, at) = floats(bytes, at);
        assert!(at == bytes.len(), "gist.bin is of another network");
        Self { rows, bias }
    }
}

/// In (-1, 1), by a quotient: every machine gets the same bits.
const fn bounded(sum: f32) -> f32 {
    sum / (1.0 + sum.abs())
}

impl Default for Gist {
    fn default() -> Self {
        Self::NOTHING
    }
}

impl Gist {
    /// Of a detector that remembers nothing: it has heard nothing yet, or it is one without a memory.
    pub const NOTHING: Self = {
        let mut sums = Weights::parse(include_bytes!("model/gist.bin")).bias;
        let mut n = 0;
        while n < GIST {
            sums[n] = bounded(sums[n]);
            n += 1;
        }
        Self(sums)
    };

    /// Of the state after a frame. Sums are made in a fixed order, so that every machine gets the same bits.
    pub fn of(state: &[f32; STATE]) -> Self {
        let mut sums = WEIGHTS.bias;
        for (unit, row) in state.iter().zip(&WEIGHTS.rows) {
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += unit * weight;
            }
        }
        Self(sums.map(bounded))
    }

    /// Of numbers that are known.
    #[cfg(test)]
    pub(super) const fn new(values: [f32; GIST]) -> Self {
        Self(values)
    }

    /// One after the other.
    pub(super) const fn values(self) -> [f32; GIST] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_weight_is_subnormal() {
        assert!(!WEIGHTS.rows.as_flattened().iter().chain(&WEIGHTS.bias).any(|weight| weight.is_subnormal()));
    }

    #[test]
    fn a_gist_is_bounded_and_tells_states_apart() {
        let quiet = Gist::of(&[0.0; STATE]);
        assert_eq!(quiet, Gist::NOTHING);
        for unit in 0..STATE {
            let mut state = [0.0; STATE];
            state[unit] = 1.0;
            let gist = Gist::of(&state);
            assert!(gist.values().iter().all(|value| value.abs() < 1.0), "unit {unit}: {gist:?}");
            assert_ne!(gist, quiet, "unit {unit} says nothing");
        }
    }
}
