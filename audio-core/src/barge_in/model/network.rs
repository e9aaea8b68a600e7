//! One hidden layer of rectified units. Sums are made in a fixed order, so that every machine gets the same bits.

use super::{MODEL_INPUTS, SCALE};
use crate::sum::sum;
use crate::sys::vector::{Work, widest};

/// Everything that is learned, of a network that looks at so many frames, at the first so many inputs of each, with so many hidden units.
#[derive(Debug)]
pub(super) struct Network<const FRAMES: usize, const INPUTS: usize, const UNITS: usize> {
    /// From each input of each frame, newest first, to every unit.
    hidden: [[[f32; UNITS]; INPUTS]; FRAMES],
    bias: [f32; UNITS],
    out: [f32; UNITS],
    out_bias: f32,
}

impl<const FRAMES: usize, const INPUTS: usize, const UNITS: usize> Network<FRAMES, INPUTS, UNITS> {
    /// Log-odds of what it was trained to tell, by the first frames of two pieces of a window, newest first.
    pub(super) fn log_odds(&self, window: [&[[i16; MODEL_INPUTS]]; 2]) -> f32 {
        widest(Step(self, window))
    }

    #[inline(always)]
    fn step(&self, [newer, later]: [&[[i16; MODEL_INPUTS]]; 2]) -> f32 {
        let mut units = self.bias;
        let (first, rest) = self.hidden.split_at(newer.len().min(FRAMES));
        add(&mut units, newer, first);
        add(&mut units, later, rest);
        for (unit, weight) in units.iter_mut().zip(&self.out) {
            *unit = unit.max(0.0) * weight;
        }
        self.out_bias + sum(&units)
    }

    #[cfg(test)]
    pub(super) fn weights(&self) -> impl Iterator<Item = f32> {
        let hidden = self.hidden.as_flattened().as_flattened();
        hidden.iter().chain(&self.bias).chain(&self.out).chain([&self.out_bias]).copied()
    }

    /// Little endian floats, field after field.
    pub(super) const fn parse(bytes: &[u8]) -> Self {
        let mut at = 0;
        let mut hidden = [[[0.0; UNITS]; INPUTS]; FRAMES];
        let mut frame = 0;
        while frame < FRAMES {
            let mut input = 0;
            while input < INPUTS {
                (hidden[frame][input], at) = floats(bytes, at);
                input += 1;
            }
            frame += 1;
        }
        let (bias, at) = floats(bytes, at);
        let (out, at) = floats(bytes, at);
        let ([out_bias], at) = floats(bytes, at);
        assert!(at == bytes.len(), "the weights are of another network");
        Self { hidden, bias, out, out_bias }
    }
}

/// Each frame's inputs times their weights.
#[inline(always)]
fn add<const INPUTS: usize, const UNITS: usize>(
    units: &mut [f32; UNITS],
    frames: &[[i16; MODEL_INPUTS]],
    weights: &[[[f32; UNITS]; INPUTS]],
) {
    for (frame, weights) in frames.iter().zip(weights) {
        let frame = frame.map(|x| f32::from(x) * (1.0 / SCALE));
        for (input, weights) in frame.iter().zip(weights) {
            for (unit, weight) in units.iter_mut().zip(weights) {
                *unit += input * weight;
            }
        }
    }
}

struct Step<'a, const FRAMES: usize, const INPUTS: usize, const UNITS: usize>(
    &'a Network<FRAMES, INPUTS, UNITS>,
    [&'a [[i16; MODEL_INPUTS]]; 2],
);

impl<const FRAMES: usize, const INPUTS: usize, const UNITS: usize> Work for Step<'_, FRAMES, INPUTS, UNITS> {
    type Out = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        self.0.step(self.1)
    }
}

/// So many floats from byte `at` on, and where the next one begins.
///
/// What training has let fade to almost nothing, a subnormal number, is nothing: it changes no sum that matters, but a
/// processor takes a hundred times as long to multiply with it.
pub(crate) const fn floats<const COUNT: usize>(bytes: &[u8], mut at: usize) -> ([f32; COUNT], usize) {
    let mut floats = [0.0; COUNT];
    let mut n = 0;
    while n < COUNT {
        let float = f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        floats[n] = if float.is_subnormal() { 0.0 } else { float };
        at += 4;
        n += 1;
    }
    (floats, at)
}
