//! libspeexdsp: its preprocessor, as noise suppressor only, with its own settings otherwise.

use std::ffi::{c_int, c_void};

use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WIRE_RATE};

use super::Denoise;

unsafe extern "C" {
    fn speex_preprocess_state_init(frame_size: c_int, sampling_rate: c_int) -> *mut c_void;
    fn speex_preprocess_run(state: *mut c_void, frame: *mut i16) -> c_int;
    fn speex_preprocess_state_destroy(state: *mut c_void);
}

struct Preprocessor(*mut c_void);

impl Preprocessor {
    /// Noise suppression by 15 dB at most is on from the start; gain control and the rest are off.
    fn new() -> Self {
        // SAFETY: the call takes two numbers and gives a state that is ours, or null.
        let state = unsafe { speex_preprocess_state_init(FRAME_SAMPLES as c_int, WIRE_RATE as c_int) };
        assert!(!state.is_null(), "speexdsp: no preprocessor state");
        Self(state)
    }

    fn run(&mut self, frame: &mut PcmFrame) {
        // SAFETY: the state is live and ours alone; the frame is as long as it was told.
        unsafe { speex_preprocess_run(self.0, frame.as_mut_ptr()) };
    }
}

impl Drop for Preprocessor {
    fn drop(&mut self) {
        // SAFETY: the state came from `speex_preprocess_state_init` and is not used again.
        unsafe { speex_preprocess_state_destroy(self.0) };
    }
}

pub(super) fn denoise() -> Denoise {
    let mut preprocessor = Preprocessor::new();
    Box::new(move |frame| preprocessor.run(frame))
}
