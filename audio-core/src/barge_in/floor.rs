//! The noise under everything, as a level: the least that the smoothed line fell to lately (the idea of
//! R. Martin's minimum statistics, 2001). A voice that is not above it is not near the telephone, and
//! what a detector hears in the frames after a word is not a word.

use crate::frame::Dbfs;

/// Part of the smoothed level that each frame replaces.
const SMOOTHING: f32 = 0.4;
/// Frames a block, and blocks whose minimum counts: 2.4 s.
const BLOCK: u32 = 15;
const BLOCKS: usize = 8;
/// Nothing is heard before the first frame, and digital silence is no reference.
const LOWEST: f32 = -72.0;

/// The running minimum, in dBFS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Floor {
    smooth: f32,
    blocks: [f32; BLOCKS],
    current: f32,
    frames: u32,
}

impl Floor {
    pub(super) const NEW: Self =
        Self { smooth: LOWEST, blocks: [LOWEST; BLOCKS], current: f32::INFINITY, frames: 0 };

    pub(super) fn hear(&mut self, level: Dbfs) {
        let level = level.0.max(LOWEST);
        self.smooth += SMOOTHING * (level - self.smooth);
        self.current = self.current.min(self.smooth);
        self.frames += 1;
        if self.frames.is_multiple_of(BLOCK) {
            self.blocks.copy_within(1.., 0);
            self.blocks[BLOCKS - 1] = self.current;
            self.current = f32::INFINITY;
        }
    }

    pub(super) fn level(&self) -> Dbfs {
        Dbfs(self.blocks.iter().copied().fold(self.current, f32::min))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_do_not_lift_it_and_a_new_noise_does_within_three_seconds() {
        let mut floor = Floor::NEW;
        for n in 0..500 {
            floor.hear(Dbfs(if n % 25 < 15 { -20.0 } else { -50.0 }));
        }
        assert!(floor.level().0 < -49.0, "{}", floor.level());
        (0..150).for_each(|_| floor.hear(Dbfs(-35.0)));
        assert!((floor.level().0 + 35.0).abs() < 0.1, "{}", floor.level());
    }
}
