//! What was played to the caller, a second of it and more, to be read at any delay.

use super::MAX_DELAY;
use super::filter::BLOCK;
use crate::frame::{FRAME_SAMPLES, PcmFrame};

/// Samples kept: a power of two above the longest delay, a frame, and the window of a filter that is
/// set to a new delay.
const KEPT: usize = 16_384;
const _: () = assert!(KEPT >= MAX_DELAY + FRAME_SAMPLES + 16 * BLOCK);

/// A ring of samples; `played` counts all that were ever written.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    ring: Box<[i16; KEPT]>,
    played: usize,
}

impl Reference {
    pub(super) fn new() -> Self {
        Self { ring: Box::new([0; KEPT]), played: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.ring.fill(0);
        self.played = 0;
    }

    pub(super) fn push(&mut self, frame: &PcmFrame) {
        let at = self.played % KEPT;
        let first = frame.len().min(KEPT - at);
        self.ring[at..at + first].copy_from_slice(&frame[..first]);
        self.ring[..frame.len() - first].copy_from_slice(&frame[first..]);
        self.played = self.played.wrapping_add(frame.len());
    }

    /// The block that ended `ago` samples before the newest sample.
    pub(super) fn block(&self, ago: usize) -> [f32; BLOCK] {
        let start = self.played.wrapping_sub(ago + BLOCK);
        core::array::from_fn(|n| f32::from(self.ring[start.wrapping_add(n) % KEPT]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_played_is_read_back_at_any_delay() {
        let mut reference = Reference::new();
        for frame in 0..300i32 {
            reference.push(&core::array::from_fn(|n| ((frame * 160 + n as i32) % 30_011) as i16));
        }
        for ago in [0, 1, 79, 1_234, MAX_DELAY] {
            let block = reference.block(ago);
            for (n, x) in block.iter().enumerate() {
                assert_eq!(*x, ((300 * 160 - ago - BLOCK + n) % 30_011) as f32, "{ago} {n}");
            }
        }
    }
}
