//! How much of the caller's line can be the agent's own voice coming back.
//!
//! The return path's delay is unknown (tens of ms in the network, hundreds over a mobile), so
//! the agent's level is taken as the maximum over the last half second: whatever the delay, an
//! echo is not louder than that plus the *coupling*. The coupling is learned from frames in which
//! the caller does not talk, as the largest difference seen lately; it rises at once and is
//! forgotten over seconds.

use crate::frame::Dbfs;

/// Agent frames within which an echo may come back: 500 ms.
const REACH: usize = 25;
/// An agent quieter than this teaches nothing and echoes nothing.
const FAR_ACTIVE: Dbfs = Dbfs(-50.0);
/// Coupling before anything was learned: an echo 15 dB below what is played.
const PRIOR_DB: f32 = -15.0;
/// Bounds of a believable coupling.
const RANGE_DB: (f32, f32) = (-60.0, 6.0);
/// Frames per block of the maximum, and how many blocks are remembered: 4 × 1 s of agent speech.
const BLOCK: u32 = 50;
const BLOCKS: usize = 4;

/// The running estimate. All levels in dBFS, the coupling in dB.
#[derive(Clone, Debug)]
pub struct EchoEstimate {
    far: [f32; REACH],
    next: usize,
    /// Largest near − far difference of each remembered block.
    blocks: [f32; BLOCKS],
    block: usize,
    in_block: u32,
    current: f32,
    /// Blocks still missing before the prior is dropped.
    warming: u32,
}

impl EchoEstimate {
    /// Nothing played, nothing learned.
    pub const fn new() -> Self {
        Self {
            far: [Dbfs::SILENCE.0; REACH],
            next: 0,
            blocks: [RANGE_DB.0; BLOCKS],
            block: 0,
            in_block: 0,
            current: RANGE_DB.0,
            warming: 1,
        }
    }

    /// The agent's level during one frame; [`Dbfs::SILENCE`] when nothing is played.
    pub fn play(&mut self, level: Dbfs) {
        self.far[self.next] = level.0;
        self.next = (self.next + 1) % REACH;
    }

    /// The loudest echo that may be on the caller's line now.
    pub fn predicted(&self) -> Dbfs {
        let far = self.far_max();
        if far < FAR_ACTIVE.0 { Dbfs::SILENCE } else { Dbfs(far + self.coupling_db()) }
    }

    /// Learned coupling in dB: how far below the agent's level its echo peaks.
    pub fn coupling_db(&self) -> f32 {
        let learned = self.blocks.iter().copied().fold(self.current, f32::max);
        if self.warming > 0 { learned.max(PRIOR_DB) } else { learned }
    }

    /// Learns from a frame of the caller's line in which the caller does not talk.
    pub fn learn(&mut self, near: Dbfs) {
        let far = self.far_max();
        if far < FAR_ACTIVE.0 {
            return;
        }
        self.current = self.current.max((near.0 - far).clamp(RANGE_DB.0, RANGE_DB.1));
        self.in_block += 1;
        if self.in_block == BLOCK {
            self.blocks[self.block] = self.current;
            self.block = (self.block + 1) % BLOCKS;
            self.current = RANGE_DB.0;
            self.in_block = 0;
            self.warming = self.warming.saturating_sub(1);
        }
    }

    fn far_max(&self) -> f32 {
        self.far.iter().copied().fold(Dbfs::SILENCE.0, f32::max)
    }
}

impl Default for EchoEstimate {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::EchoEstimate;
    use crate::frame::Dbfs;

    #[test]
    fn a_quiet_agent_has_no_echo() {
        let mut echo = EchoEstimate::new();
        echo.play(Dbfs(-70.0));
        assert_eq!(echo.predicted(), Dbfs::SILENCE);
    }

    #[test]
    fn the_coupling_is_learned_within_a_second_and_covers_a_late_echo() {
        let mut echo = EchoEstimate::new();
        let far = |n: usize| if n % 20 < 10 { -20.0 } else { -45.0 };
        for n in 0..100 {
            echo.play(Dbfs(far(n)));
            // 300 ms late, 30 dB down.
            let late = if n < 15 { -90.0 } else { far(n - 15) - 30.0 };
            if n > 50 {
                assert!(echo.predicted().0 >= late, "frame {n}");
            }
            echo.learn(Dbfs(late));
        }
        assert!((echo.coupling_db() + 30.0).abs() < 0.1, "{}", echo.coupling_db());
    }
}
