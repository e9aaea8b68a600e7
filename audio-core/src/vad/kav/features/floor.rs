//! The noise under the speech, by minimum statistics (R. Martin, "Noise power spectral density
//! estimation based on optimal smoothing and minimum statistics", 2001): what a band does not fall
//! below for a while. It is kept for the whole call: turns do not reset it.

use super::bands::BANDS;
use crate::math::lesser;

/// How far the smoothed level moves towards a frame's.
const SMOOTHING: f32 = 0.4;
/// The minimum spans this many blocks of this many frames: 2.4 s.
const BLOCKS: usize = 12;
const BLOCK_FRAMES: u32 = 10;
/// The mean level's minimum spans blocks this many times as long: 9.6 s.
const LONG: u32 = 4;
/// The peak goes up by this part of the way and down by this much a frame.
const PEAK_RISE: f32 = 0.3;
const PEAK_FALL: f32 = 0.004;

/// Everything that is slow: natural logarithms of power.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slow {
    /// Floor of every band.
    pub(super) bands: [f32; BANDS],
    /// Floor of the mean over the bands, over a longer time.
    pub(super) long: f32,
    /// Peak of the mean.
    pub(super) peak: f32,
}

/// Minima of every band, and of the mean.
#[derive(Clone, Debug)]
pub(super) struct Floor {
    /// None before the first frame.
    state: Option<State>,
}

#[derive(Clone, Debug)]
struct State {
    smooth: [f32; BANDS],
    /// Minimum of the block that is being filled.
    current: [f32; BANDS],
    /// Minimum of all blocks, which stay as they are for a while.
    lowest: [f32; BANDS],
    long_smooth: f32,
    long_current: f32,
    long_lowest: f32,
    peak: f32,
    frames: u32,
    blocks: [[f32; BANDS]; BLOCKS],
    long_blocks: [f32; BLOCKS],
}

impl Floor {
    pub(super) const fn new() -> Self {
        Self { state: None }
    }

    /// Takes a frame's levels and their mean.
    #[inline(always)]
    pub(super) fn push(&mut self, levels: &[f32; BANDS], mean: f32) -> Slow {
        self.state.get_or_insert_with(|| State::new(levels, mean)).push(levels, mean)
    }
}

impl State {
    fn new(levels: &[f32; BANDS], mean: f32) -> Self {
        Self {
            smooth: *levels,
            current: *levels,
            lowest: *levels,
            long_smooth: mean,
            long_current: mean,
            long_lowest: mean,
            peak: mean,
            frames: 0,
            blocks: [*levels; BLOCKS],
            long_blocks: [mean; BLOCKS],
        }
    }

    #[inline(always)]
    fn push(&mut self, levels: &[f32; BANDS], mean: f32) -> Slow {
        for ((smooth, current), level) in self.smooth.iter_mut().zip(&mut self.current).zip(levels) {
            *smooth += SMOOTHING * (level - *smooth);
            *current = lesser(*smooth, *current);
        }
        self.long_smooth += SMOOTHING * (mean - self.long_smooth);
        self.long_current = lesser(self.long_smooth, self.long_current);
        self.peak += if mean > self.peak { PEAK_RISE * (mean - self.peak) } else { -PEAK_FALL };
        self.frames += 1;
        if self.frames.is_multiple_of(BLOCK_FRAMES) {
            let block = (self.frames / BLOCK_FRAMES) as usize % BLOCKS;
            self.blocks[block] = self.current;
            self.current = self.smooth;
            self.lowest = self.blocks[0];
            for block in &self.blocks[1..] {
                for (lowest, level) in self.lowest.iter_mut().zip(block) {
                    *lowest = lesser(*level, *lowest);
                }
            }
        }
        if self.frames == BLOCK_FRAMES * BLOCKS as u32 * LONG {
            self.frames = 0;
        }
        if self.frames.is_multiple_of(BLOCK_FRAMES * LONG) {
            let block = (self.frames / (BLOCK_FRAMES * LONG)) as usize % BLOCKS;
            self.long_blocks[block] = self.long_current;
            self.long_current = self.long_smooth;
            self.long_lowest = self.long_blocks.iter().copied().fold(self.long_blocks[0], lesser);
        }
        let mut bands = self.current;
        for (band, lowest) in bands.iter_mut().zip(&self.lowest) {
            *band = lesser(*lowest, *band);
        }
        Slow { bands, long: lesser(self.long_lowest, self.long_current), peak: self.peak }
    }
}
