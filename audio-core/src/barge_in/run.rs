//! A run of voice on the caller's line.

use crate::barge_in::evidence::{Near, Reasons};
use crate::frame::{Dbfs, SampleTime};

/// A run of voice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) onset: SampleTime,
    pub(super) frames: u32,
    /// What the frames weigh together, less what has leaked.
    pub(super) evidence: f32,
    /// Frames in a row that did not count.
    pub(super) gap: u32,
    pub(super) score_sum: f32,
    /// Mean level over the run, in dBFS, and mean power.
    pub(super) level: f32,
    pub(super) power: f32,
    /// The coupling there would be if the run were an echo, in dB.
    pub(super) coupling: f32,
    pub(super) reasons: Reasons,
}

impl Run {
    pub(super) const fn new(onset: SampleTime) -> Self {
        Self {
            onset,
            frames: 0,
            evidence: 0.0,
            gap: 0,
            score_sum: 0.0,
            level: 0.0,
            power: 0.0,
            coupling: f32::NEG_INFINITY,
            reasons: Reasons { voice: 0.0, level: 0.0, duration: 0.0, echo: 0.0 },
        }
    }

    /// A frame of voice.
    pub(super) fn hear(&mut self, near: Near, coupling_db: f32) {
        self.frames += 1;
        self.gap = 0;
        self.score_sum += near.score;
        self.level += (near.level.0 - self.level) / self.frames as f32;
        let rms = near.level.to_rms();
        self.power += (rms * rms - self.power) / self.frames as f32;
        self.coupling = self.coupling.max(coupling_db);
    }

    /// Level of the mean power of its voice.
    pub(super) fn loudness(&self) -> Dbfs {
        Dbfs::from_rms(self.power.sqrt())
    }
}
