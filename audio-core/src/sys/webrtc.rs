//! libfvad instances that may move between threads.

use webrtc_vad::{SampleRate, Vad, VadMode};

use crate::frame::PcmFrame;

/// One libfvad instance at 8 kHz, owned by value.
pub(crate) struct Instance {
    vad: Vad,
    mode: u8,
}

// SAFETY: `webrtc_vad::Vad` is `!Send` only because it holds a raw pointer. That pointer is the
// sole owner of one block that `fvad_new` took from `malloc` and `fvad_free` gives back, and
// `malloc`/`free` accept blocks of any thread. libfvad (fvad.c, vad_core.c, vad_filterbank.c,
// vad_gmm.c, vad_sp.c, signal_processing/*.c as built by webrtc-vad 0.4.0) keeps all of its state
// in that block: it has no mutable statics, no thread-local storage and no callbacks. `Instance`
// exposes the value only through `&mut self`, never shares the pointer, and is not `Sync`;
// so at any time exactly one thread can reach the block, and a move of the owner between threads
// is a plain hand-over with the happens-before that any safe transfer of a `Send` value provides.
unsafe impl Send for Instance {}

impl Instance {
    /// `mode` 0 (lets most through) to 3 (strictest). Allocates.
    pub(crate) fn new(mode: u8) -> Self {
        Self { vad: Vad::new_with_rate_and_mode(SampleRate::Rate8kHz, mode_of(mode)), mode }
    }

    /// Does the frame hold voice?
    pub(crate) fn is_voice(&mut self, frame: &PcmFrame) -> bool {
        // libfvad refuses lengths other than 80, 160 and 240; the type rules them out.
        self.vad.is_voice_segment(frame).unwrap_or(false)
    }

    /// Back to the state after `new`. Does not allocate.
    pub(crate) fn reset(&mut self) {
        // libfvad's reset returns to mode 0 at 8 kHz.
        self.vad.reset();
        self.vad.set_mode(mode_of(self.mode));
    }
}

fn mode_of(mode: u8) -> VadMode {
    match mode {
        0 => VadMode::Quality,
        1 => VadMode::LowBitrate,
        2 => VadMode::Aggressive,
        _ => VadMode::VeryAggressive,
    }
}
