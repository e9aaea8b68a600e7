//! libsoxr, quality HQ (its default), 16 bits in and out.

use std::ffi::{c_char, c_double, c_int, c_uint, c_ulong, c_void};
use std::ptr;

use super::Resample;

/// `struct soxr_io_spec`.
#[repr(C)]
struct IoSpec {
    input: c_int,
    output: c_int,
    scale: c_double,
    internal: *mut c_void,
    flags: c_ulong,
}

/// `SOXR_INT16_I`.
const INT16: c_int = 3;
/// `SOXR_NO_DITHER`.
const NO_DITHER: c_ulong = 8;

unsafe extern "C" {
    fn soxr_create(
        input_rate: c_double,
        output_rate: c_double,
        channels: c_uint,
        error: *mut *const c_char,
        io: *const IoSpec,
        quality: *const c_void,
        runtime: *const c_void,
    ) -> *mut c_void;
    fn soxr_process(
        state: *mut c_void,
        input: *const c_void,
        input_len: usize,
        consumed: *mut usize,
        output: *mut c_void,
        output_len: usize,
        produced: *mut usize,
    ) -> *const c_char;
    fn soxr_delete(state: *mut c_void);
}

struct Soxr(*mut c_void);

impl Soxr {
    fn new(from: u32, to: u32) -> Self {
        let io =
            IoSpec { input: INT16, output: INT16, scale: 1.0, internal: ptr::null_mut(), flags: NO_DITHER };
        // SAFETY: `io` has the C layout and is only read during the call; the documentation
        // allows null for the error, the quality (HQ) and the runtime (one thread).
        let state = unsafe {
            soxr_create(from.into(), to.into(), 1, ptr::null_mut(), &raw const io, ptr::null(), ptr::null())
        };
        assert!(!state.is_null(), "soxr refused {from} to {to}");
        Self(state)
    }

    fn process(&mut self, input: &[i16], output: &mut [i16]) -> usize {
        let (mut consumed, mut produced) = (0, 0);
        // SAFETY: the state is live and ours alone; both buffers hold as many 16-bit samples of
        // one channel as their lengths say, and the counts are valid for writing.
        let error = unsafe {
            soxr_process(
                self.0,
                input.as_ptr().cast(),
                input.len(),
                &raw mut consumed,
                output.as_mut_ptr().cast(),
                output.len(),
                &raw mut produced,
            )
        };
        assert!(error.is_null(), "soxr failed");
        produced
    }
}

impl Drop for Soxr {
    fn drop(&mut self) {
        // SAFETY: the state came from `soxr_create` and is not used again.
        unsafe { soxr_delete(self.0) };
    }
}

pub(super) fn resampler(from: u32, to: u32) -> Resample {
    let mut soxr = Soxr::new(from, to);
    Box::new(move |input, output| soxr.process(input, output))
}
