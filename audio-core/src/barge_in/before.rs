//! How loud the line was a moment ago: somebody who begins to speak stands out against it.
//!
//! Noise that a detector takes for voice, a far voice in a loud room and the agent's echo go on as they
//! were; the first syllable of an interruption is a step. The caller's own voice is not what it is held
//! against: [`BargeInDetector`](super::BargeInDetector) leaves out their turns and what it believes already.

use crate::frame::Dbfs;

/// Part of the mean that each frame replaces: 0.7 s.
const RATE: f32 = 0.03;
/// Frames that the mean lags behind, so that a voice is not held against itself: 160 ms.
const LAG: usize = 8;
/// Digital silence is no reference.
const LOWEST: f32 = -72.0;

/// A running mean of levels, in dB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    /// Means of the newest frames, oldest first.
    means: [f32; LAG],
}

impl Before {
    pub(super) const NEW: Self = Self { means: [LOWEST; LAG] };

    /// The line's next frame.
    pub(super) fn hear(&mut self, level: Dbfs) {
        let level = level.0.max(LOWEST);
        let last = self.means[LAG - 1];
        self.means.copy_within(1.., 0);
        self.means[LAG - 1] = last + RATE * (level - last);
    }

    /// The mean up to 160 ms ago.
    pub(super) const fn level(&self) -> Dbfs {
        Dbfs(self.means[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_stands_out_for_a_moment_and_then_is_how_the_line_is() {
        let mut before = Before::NEW;
        (0..100).for_each(|_| before.hear(Dbfs(-50.0)));
        (0..LAG).for_each(|_| before.hear(Dbfs(-20.0)));
        assert!(before.level().0 < -48.0, "{}", before.level());
        (0..150).for_each(|_| before.hear(Dbfs(-20.0)));
        assert!(before.level().0 > -21.0, "{}", before.level());
    }
}
