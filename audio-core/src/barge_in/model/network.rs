//! A gated recurrent unit, four numbers out.

use super::MODEL_INPUTS;
use crate::recurrent::{Gru, Reader, UNITS};
use crate::sum::sum;
use crate::sys::vector::{Work, widest};
use crate::vad::STATE;

/// What comes in: the frame's own inputs and the voice detector's memory.
pub(super) const COLUMNS: usize = MODEL_INPUTS + STATE;

/// What comes out: the log-odds that somebody has begun to speak, that they take the floor, that they are near, and, while the
/// agent is silent, that a voice is the caller's own.
pub(super) const ANSWERS: usize = 4;

/// Everything that is learned; one copy a process.
#[derive(Debug)]
struct Weights {
    recurrent: Gru<{ COLUMNS / 2 }>,
    out: [[f32; UNITS]; ANSWERS],
    out_bias: [f32; ANSWERS],
}

/// Written by `barge-in-training/train.py`, the last answer by `foreground.py` there.
static WEIGHTS: Weights = Weights::parse(include_bytes!("weights.bin"));

impl Weights {
    const fn parse(bytes: &[u8]) -> Self {
        let mut reader = Reader::new(bytes);
        let recurrent = Gru::read(&mut reader);
        let out = [reader.floats(), reader.floats(), reader.floats(), reader.floats()];
        let out_bias = reader.floats();
        assert!(reader.is_at_end(), "weights.bin is of another network");
        Self { recurrent, out, out_bias }
    }
}

/// What the network remembers of the line since the agent is heard, or is not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Network([f32; UNITS]);

impl Network {
    /// It has heard nothing.
    pub(super) const NEW: Self = Self([0.0; UNITS]);

    /// What comes out after the next frame.
    pub(super) fn push(&mut self, inputs: &[i16; COLUMNS]) -> [f32; ANSWERS] {
        widest(Step(self, inputs))
    }

    #[inline(always)]
    fn step(&mut self, inputs: &[i16; COLUMNS]) -> [f32; ANSWERS] {
        WEIGHTS.recurrent.step(&mut self.0, inputs);
        let mut odds = WEIGHTS.out_bias;
        for (odds, weights) in odds.iter_mut().zip(&WEIGHTS.out) {
            let mut parts = *weights;
            parts.iter_mut().zip(&self.0).for_each(|(part, state)| *part *= state);
            *odds += sum(&parts);
        }
        odds
    }
}

struct Step<'a>(&'a mut Network, &'a [i16; COLUMNS]);

impl Work for Step<'_> {
    type Out = [f32; ANSWERS];

    #[inline(always)]
    fn run(self) -> [f32; ANSWERS] {
        self.0.step(self.1)
    }
}

/// Taken two at a time.
const _: () = assert!(COLUMNS.is_multiple_of(2), "an even number of inputs");
