//! What the voice detector remembers, as the scorer's network takes it.

use crate::math::lesser;
use crate::recurrent::whole;
use crate::vad::STATE;

/// A voice detector's [`state`](crate::vad::Vad::state) in whole numbers: what its recurrent units learned of speech and noise is
/// worth more than its score, a single number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory([i16; STATE]);

impl Default for Memory {
    fn default() -> Self {
        Self::NOTHING
    }
}

impl Memory {
    /// Of a detector that remembers nothing: it has heard nothing yet, or it is one without a memory.
    pub const NOTHING: Self = Self([0; STATE]);

    /// Of the state after a frame; numbers beyond [-1, 1] are taken for its ends.
    pub fn of(state: &[f32; STATE]) -> Self {
        // What is no number is greater than nothing.
        Self(whole(&state.map(|x| if x > -1.0 { lesser(x, 1.0) } else { -1.0 })))
    }

    /// One after the other.
    pub(super) const fn values(&self) -> &[i16; STATE] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_state_of_zeros_and_one_is_the_greatest() {
        assert_eq!(Memory::of(&[0.0; STATE]), Memory::NOTHING);
        assert_eq!(Memory::of(&[1.0; STATE]).values(), &[2_047; STATE]);
        assert_eq!(Memory::of(&[-1.0; STATE]).values(), &[-2_047; STATE]);
        assert_eq!(Memory::of(&[1e9; STATE]), Memory::of(&[1.0; STATE]));
        assert_eq!(Memory::of(&[f32::NAN; STATE]), Memory::of(&[-1.0; STATE]));
    }
}
