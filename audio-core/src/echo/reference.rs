//! What was played to the caller, a second of it and more, to be read at any delay.

use super::MAX_DELAY;
use super::filter::BLOCK;
use crate::frame::{FRAME_SAMPLES, PcmFrame};

/// Samples kept: the longest delay, a frame, and the window of a filter that is set to a new delay, in
/// whole frames, so that a frame is written in one piece.
const KEPT: usize = 58 * FRAME_SAMPLES;
const _: () = assert!(KEPT >= MAX_DELAY + FRAME_SAMPLES + 12 * BLOCK);

/// A ring of samples; `next` is where the next one is written.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    ring: Box<[i16; KEPT]>,
    next: usize,
}

impl Reference {
    pub(super) fn new() -> Self {
        Self { ring: Box::new([0; KEPT]), next: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.ring.fill(0);
        self.next = 0;
    }

    pub(super) fn push(&mut self, frame: &PcmFrame) {
        self.ring[self.next..self.next + FRAME_SAMPLES].copy_from_slice(frame);
        self.next = (self.next + FRAME_SAMPLES) % KEPT;
    }

    /// The block that ended `ago` samples before the newest sample.
    pub(super) fn block(&self, ago: usize) -> [i16; BLOCK] {
        let start = (self.next + KEPT - ago - BLOCK) % KEPT;
        let until_end = BLOCK.min(KEPT - start);
        let mut block = [0; BLOCK];
        block[..until_end].copy_from_slice(&self.ring[start..start + until_end]);
        block[until_end..].copy_from_slice(&self.ring[..BLOCK - until_end]);
        block
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
                assert_eq!(
                    usize::from(x.unsigned_abs()),
                    (300 * 160 - ago - BLOCK + n) % 30_011,
                    "{ago} {n}"
                );
            }
        }
    }
}
