//! A gated recurrent unit (K. Cho et al., 2014).

use super::{Layer, Reader, UNITS, whole};
use crate::math::{sigmoid, tanh};

/// Learned: what becomes of [`UNITS`] numbers that are remembered when `2 * PAIRS` others come in.
#[derive(Debug)]
pub(crate) struct Gru<const PAIRS: usize> {
    /// How far to update, what to keep, what is fresh.
    input: Layer<3, PAIRS>,
    recurrent: Layer<3, { UNITS / 2 }>,
}

impl<const PAIRS: usize> Gru<PAIRS> {
    pub(crate) const fn read(reader: &mut Reader<'_>) -> Self {
        let input = Layer::read(reader, 2 * PAIRS);
        Self { input, recurrent: Layer::read(reader, UNITS) }
    }

    /// The next `state`, each number in [-1, 1].
    #[inline(always)]
    pub(crate) fn step<const INPUTS: usize>(&self, state: &mut [f32; UNITS], inputs: &[i16; INPUTS]) {
        let [given_update, given_reset, given_fresh] = self.input.apply(inputs);
        let [kept_update, kept_reset, kept_fresh] = self.recurrent.apply(&whole(state));
        for unit in 0..UNITS {
            let update = sigmoid(given_update[unit] + kept_update[unit]);
            let reset = sigmoid(given_reset[unit] + kept_reset[unit]);
            let fresh = tanh(given_fresh[unit] + reset * kept_fresh[unit]);
            state[unit] = update * state[unit] + (1.0 - update) * fresh;
        }
    }
}
