//! A running estimate of the line's noise level: quick to fall, slow to rise.
//!
//! The idea of minimum statistics (R. Martin, 2001) with one state variable: speech lifts the
//! floor only slowly, every pause brings it back.

use crate::frame::Dbfs;

/// Before anything was heard.
const START: Dbfs = Dbfs(-66.0);
/// The first frame's level is taken for noise up to here: a caller who is already speaking when
/// the line opens still lies well above it.
const FIRST_MAX: Dbfs = Dbfs(-45.0);
/// Digital silence is no reference; this is about µ-law's smallest step.
const LOWEST: Dbfs = Dbfs(-72.0);
/// Speech at this level is never taken for noise.
const HIGHEST: Dbfs = Dbfs(-25.0);
/// Part of the way down the floor goes in one frame.
const FALL: f32 = 0.2;
/// Rise in dB per frame (4 dB a second).
const RISE_DB: f32 = 0.08;

/// The floor, moved by one frame's level at a time.
#[derive(Clone, Debug)]
pub struct NoiseFloor {
    floor: f32,
    heard: bool,
}

impl NoiseFloor {
    /// At −66 dBFS, a quiet line, until the first frame.
    pub const fn new() -> Self {
        Self { floor: START.0, heard: false }
    }

    /// Takes the next frame's level.
    pub fn update(&mut self, level: Dbfs) {
        if !std::mem::replace(&mut self.heard, true) {
            self.floor = level.0.clamp(LOWEST.0, FIRST_MAX.0);
            return;
        }
        let gap = level.0 - self.floor;
        self.floor += if gap < 0.0 { FALL * gap } else { gap.min(RISE_DB) };
        self.floor = self.floor.clamp(LOWEST.0, HIGHEST.0);
    }

    /// The estimate.
    pub const fn level(&self) -> Dbfs {
        Dbfs(self.floor)
    }
}

impl Default for NoiseFloor {
    fn default() -> Self {
        Self::new()
    }
}
