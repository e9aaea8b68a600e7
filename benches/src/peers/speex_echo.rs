//! libspeexdsp: its echo canceller.

use std::ffi::{c_int, c_void};
use std::ptr;

use audio_core::frame::{FRAME_SAMPLES, PcmFrame};

use super::Echo;

const SET_SAMPLING_RATE: c_int = 24;

unsafe extern "C" {
    fn speex_echo_state_init(frame_size: c_int, filter_length: c_int) -> *mut c_void;
    fn speex_echo_cancellation(state: *mut c_void, near: *const i16, far: *const i16, out: *mut i16);
    fn speex_echo_ctl(state: *mut c_void, request: c_int, value: *mut c_void) -> c_int;
    fn speex_echo_state_destroy(state: *mut c_void);
}

struct Canceller(*mut c_void);

impl Canceller {
    fn new(tail_ms: usize) -> Self {
        // SAFETY: the call takes two numbers and gives a state that is ours, or null.
        let state = unsafe { speex_echo_state_init(FRAME_SAMPLES as c_int, (tail_ms * 8) as c_int) };
        assert!(!state.is_null(), "speexdsp: no echo state");
        let mut rate: c_int = 8_000;
        // SAFETY: the state is live; this request reads one int, which `rate` is.
        unsafe { speex_echo_ctl(state, SET_SAMPLING_RATE, ptr::from_mut(&mut rate).cast()) };
        Self(state)
    }

    fn cancel(&mut self, far: &PcmFrame, line: &mut PcmFrame) {
        let near = *line;
        // SAFETY: the state is live and ours alone; all three buffers hold one frame, as it was
        // told at its start, and `line` overlaps neither of the others.
        unsafe { speex_echo_cancellation(self.0, near.as_ptr(), far.as_ptr(), line.as_mut_ptr()) };
    }
}

impl Drop for Canceller {
    fn drop(&mut self) {
        // SAFETY: the state came from `speex_echo_state_init` and is not used again.
        unsafe { speex_echo_state_destroy(self.0) };
    }
}

/// With a tail of so many ms.
pub(super) fn echo(tail_ms: usize) -> Echo {
    let mut canceller = Canceller::new(tail_ms);
    Box::new(move |far, line| canceller.cancel(far, line))
}
