//! How loud the caller is: the level of their turns, learned while the agent is silent.
//!
//! Someone else in the room is farther from the telephone than the caller. Once the caller has
//! spoken, a voice far below that level is not the caller's.

use crate::frame::Dbfs;

/// Frames of voice after which the level is believed: 300 ms.
const ENOUGH: u32 = 15;
/// Part of the mean power that each frame of voice replaces, once it is believed: 2 s.
const RATE: f32 = 0.01;

/// Frames this far below the mean are gaps between words, in dB: ITU-T P.56 leaves them out too.
const GAP_DB: f32 = 10.0;

/// Mean power of the caller's voice, in 16-bit units squared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talker {
    power: f32,
    frames: u32,
}

impl Talker {
    pub(super) const NEW: Self = Self { power: 0.0, frames: 0 };

    /// A frame of the caller's voice while the agent is silent.
    pub(super) fn hear(&mut self, level: Dbfs) {
        if self.frames > 0 && level.0 < Dbfs::from_rms(self.power.sqrt()).0 - GAP_DB {
            return;
        }
        let power = level.to_rms() * level.to_rms();
        self.frames = self.frames.saturating_add(1);
        let rate = (1.0 / self.frames as f32).max(RATE);
        self.power += rate * (power - self.power);
    }

    /// The level, once enough has been heard.
    pub(super) fn level(&self) -> Option<Dbfs> {
        (self.frames >= ENOUGH).then(|| Dbfs::from_rms(self.power.sqrt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_that_of_the_words_after_300_ms_of_them() {
        let mut talker = Talker::NEW;
        for n in 0..120 {
            assert_eq!(talker.level().is_some(), n > 28, "frame {n}");
            talker.hear(Dbfs(if n % 2 == 0 { -20.0 } else { -50.0 }));
        }
        let level = talker.level().expect("heard for long");
        assert!((level.0 + 20.0).abs() < 0.2, "{level}");
    }
}
