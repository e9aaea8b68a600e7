//! libspandsp: its packet-loss concealer and its DTMF receiver.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use audio_core::frame::PcmFrame;

use super::{Conceal, Dtmf};

unsafe extern "C" {
    fn plc_init(state: *mut c_void) -> *mut c_void;
    fn plc_rx(state: *mut c_void, pcm: *mut i16, len: c_int) -> c_int;
    fn plc_fillin(state: *mut c_void, pcm: *mut i16, len: c_int) -> c_int;
    fn plc_free(state: *mut c_void) -> c_int;

    fn dtmf_rx_init(state: *mut c_void, callback: *const c_void, user: *mut c_void) -> *mut c_void;
    fn dtmf_rx(state: *mut c_void, pcm: *const i16, len: c_int) -> c_int;
    fn dtmf_rx_get(state: *mut c_void, digits: *mut c_char, max: c_int) -> usize;
    fn dtmf_rx_free(state: *mut c_void) -> c_int;
}

struct Plc(*mut c_void);

impl Plc {
    fn new() -> Self {
        // SAFETY: null asks for a new state.
        let state = unsafe { plc_init(ptr::null_mut()) };
        assert!(!state.is_null(), "spandsp: no memory");
        Self(state)
    }

    fn process(&mut self, frame: &mut PcmFrame, arrived: bool) {
        let (pcm, len) = (frame.as_mut_ptr(), frame.len() as c_int);
        // SAFETY: the state is live and ours alone; `pcm` is valid for `len` samples.
        unsafe { if arrived { plc_rx(self.0, pcm, len) } else { plc_fillin(self.0, pcm, len) } };
    }
}

impl Drop for Plc {
    fn drop(&mut self) {
        // SAFETY: the state came from `plc_init(NULL)` and is not used again.
        unsafe { plc_free(self.0) };
    }
}

pub(super) fn concealer() -> Conceal {
    let mut plc = Plc::new();
    Box::new(move |frame, arrived| plc.process(frame, arrived))
}

struct Receiver(*mut c_void);

impl Receiver {
    fn new() -> Self {
        // SAFETY: null asks for a new state; no callback, so digits wait to be collected.
        let state = unsafe { dtmf_rx_init(ptr::null_mut(), ptr::null(), ptr::null_mut()) };
        assert!(!state.is_null(), "spandsp: no memory");
        Self(state)
    }

    fn process(&mut self, frame: &PcmFrame) -> usize {
        // Room for the digits and the zero that ends them.
        let mut digits: [c_char; 16] = [0; 16];
        // SAFETY: the state is live and ours alone; the frame is valid for its length, and
        // `digits` has room for one more than it is said to have.
        unsafe {
            dtmf_rx(self.0, frame.as_ptr(), frame.len() as c_int);
            dtmf_rx_get(self.0, digits.as_mut_ptr(), digits.len() as c_int - 1)
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // SAFETY: the state came from `dtmf_rx_init(NULL)` and is not used again.
        unsafe { dtmf_rx_free(self.0) };
    }
}

pub(super) fn dtmf() -> Dtmf {
    let mut receiver = Receiver::new();
    Box::new(move |frame| receiver.process(frame))
}
