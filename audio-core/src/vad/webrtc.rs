//! The WebRTC detector (libfvad: Gaussian mixtures over six sub-band energies) as a baseline.
//!
//! It answers yes or no in four modes of rising strictness; the score is the mean of the four.

use core::fmt;

use crate::frame::PcmFrame;
use crate::sys::webrtc::Instance;
use crate::vad::Vad;

/// Four instances, one per mode: score 0, ¼, ½, ¾ or 1.
pub struct WebrtcVad {
    modes: [Instance; 4],
}

impl WebrtcVad {
    /// Allocates four libfvad instances.
    pub fn new() -> Self {
        Self { modes: [0, 1, 2, 3].map(Instance::new) }
    }
}

impl Default for WebrtcVad {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WebrtcVad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebrtcVad").finish_non_exhaustive()
    }
}

impl Vad for WebrtcVad {
    fn score(&mut self, frame: &PcmFrame) -> f32 {
        let yes = self.modes.iter_mut().map(|mode| u8::from(mode.is_voice(frame))).sum::<u8>();
        f32::from(yes) / 4.0
    }

    fn reset(&mut self) {
        self.modes.iter_mut().for_each(Instance::reset);
    }
}
