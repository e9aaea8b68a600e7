//! The RMS rule: voice is what is loud. What most telephone bots ship; here as a baseline.

use crate::frame::{Dbfs, PcmFrame};
use crate::vad::Vad;

/// Width of the score's slope in dB: one step up from 0.5 gives 0.73.
const SLOPE_DB: f32 = 3.0;

/// Scores a frame by its level alone.
#[derive(Clone, Debug)]
pub struct RmsVad {
    threshold: Dbfs,
}

impl RmsVad {
    /// `threshold` is where the score is 0.5.
    pub const fn new(threshold: Dbfs) -> Self {
        Self { threshold }
    }

    /// The score of a level: the logistic function of its distance to the threshold, strictly
    /// rising, 0.5 at the threshold.
    pub fn score_of(&self, level: Dbfs) -> f32 {
        1.0 / (1.0 + ((self.threshold.0 - level.0) / SLOPE_DB).exp())
    }
}

impl Vad for RmsVad {
    fn score(&mut self, frame: &PcmFrame) -> f32 {
        self.score_of(Dbfs::of(frame))
    }

    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::RmsVad;
    use crate::frame::Dbfs;

    #[test]
    fn the_score_rises_with_the_level() {
        let vad = RmsVad::new(Dbfs(-40.0));
        let scores: Vec<f32> = (-100..=0).map(|db| vad.score_of(Dbfs(db as f32))).collect();
        assert!(scores.is_sorted());
        assert!(scores.iter().all(|s| (0.0..=1.0).contains(s)));
        assert_eq!(vad.score_of(Dbfs(-40.0)), 0.5);
    }
}
