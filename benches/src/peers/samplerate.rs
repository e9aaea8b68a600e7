//! libsamplerate (Secret Rabbit Code), its cheapest sinc.

use std::ffi::{c_double, c_float, c_int, c_long, c_void};

use super::Resample;
use super::floats::in_floats;

/// `SRC_DATA`.
#[repr(C)]
struct Data {
    input: *const c_float,
    output: *mut c_float,
    input_frames: c_long,
    output_frames: c_long,
    consumed: c_long,
    produced: c_long,
    end_of_input: c_int,
    ratio: c_double,
}

/// `SRC_SINC_FASTEST`.
const SINC_FASTEST: c_int = 2;

unsafe extern "C" {
    fn src_new(converter: c_int, channels: c_int, error: *mut c_int) -> *mut c_void;
    fn src_process(state: *mut c_void, data: *mut Data) -> c_int;
    fn src_delete(state: *mut c_void) -> *mut c_void;
}

struct Samplerate {
    state: *mut c_void,
    ratio: f64,
}

impl Samplerate {
    fn new(from: u32, to: u32) -> Self {
        let mut error = 0;
        // SAFETY: `error` is valid for writing during the call.
        let state = unsafe { src_new(SINC_FASTEST, 1, &raw mut error) };
        assert!(!state.is_null(), "libsamplerate: error {error}");
        Self { state, ratio: f64::from(to) / f64::from(from) }
    }

    fn process(&mut self, input: &[f32], output: &mut [f32]) -> usize {
        let mut data = Data {
            input: input.as_ptr(),
            output: output.as_mut_ptr(),
            input_frames: input.len() as c_long,
            output_frames: output.len() as c_long,
            consumed: 0,
            produced: 0,
            end_of_input: 0,
            ratio: self.ratio,
        };
        // SAFETY: the state is live and ours alone; `data` has the C layout, and its buffers are
        // live, do not overlap and hold as many floats of one channel as their counts say.
        let error = unsafe { src_process(self.state, &raw mut data) };
        assert_eq!(error, 0, "libsamplerate failed");
        data.produced as usize
    }
}

impl Drop for Samplerate {
    fn drop(&mut self) {
        // SAFETY: the state came from `src_new` and is not used again.
        unsafe { src_delete(self.state) };
    }
}

pub(super) fn resampler(from: u32, to: u32) -> Resample {
    let mut inner = Samplerate::new(from, to);
    in_floats(move |input, output| inner.process(input, output))
}
