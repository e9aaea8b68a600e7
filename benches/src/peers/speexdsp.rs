//! libspeexdsp: its resampler and its adaptive jitter buffer.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WireFrame};

use super::{PacketBuffer, Playout, Resample};

/// `struct _JitterBufferPacket`.
#[repr(C)]
struct Packet {
    data: *mut c_char,
    len: u32,
    timestamp: u32,
    span: u32,
    sequence: u16,
    user_data: u32,
}

unsafe extern "C" {
    fn speex_resampler_init(
        channels: u32,
        from: u32,
        to: u32,
        quality: c_int,
        error: *mut c_int,
    ) -> *mut c_void;
    fn speex_resampler_process_int(
        state: *mut c_void,
        channel: u32,
        input: *const i16,
        input_len: *mut u32,
        output: *mut i16,
        output_len: *mut u32,
    ) -> c_int;
    fn speex_resampler_destroy(state: *mut c_void);

    fn jitter_buffer_init(step: c_int) -> *mut c_void;
    fn jitter_buffer_put(state: *mut c_void, packet: *const Packet);
    fn jitter_buffer_get(state: *mut c_void, packet: *mut Packet, span: i32, offset: *mut i32) -> c_int;
    fn jitter_buffer_tick(state: *mut c_void);
    fn jitter_buffer_destroy(state: *mut c_void);
}

struct Resampler(*mut c_void);

impl Resampler {
    fn new(from: u32, to: u32, quality: i32) -> Self {
        let mut error = 0;
        // SAFETY: `error` is valid for writing during the call.
        let state = unsafe { speex_resampler_init(1, from, to, quality, &raw mut error) };
        assert!(!state.is_null(), "speexdsp: error {error}");
        Self(state)
    }

    fn process(&mut self, input: &[i16], output: &mut [i16]) -> usize {
        let (mut consumed, mut produced) = (input.len() as u32, output.len() as u32);
        // SAFETY: the state is live and ours alone; both buffers hold as many samples as the
        // counts say at entry, do not overlap, and the counts are valid for writing.
        let error = unsafe {
            speex_resampler_process_int(
                self.0,
                0,
                input.as_ptr(),
                &raw mut consumed,
                output.as_mut_ptr(),
                &raw mut produced,
            )
        };
        assert_eq!(error, 0, "speexdsp failed");
        produced as usize
    }
}

impl Drop for Resampler {
    fn drop(&mut self) {
        // SAFETY: the state came from `speex_resampler_init` and is not used again.
        unsafe { speex_resampler_destroy(self.0) };
    }
}

pub(super) fn resampler(from: u32, to: u32, quality: i32) -> Resample {
    let mut inner = Resampler::new(from, to, quality);
    Box::new(move |input, output| inner.process(input, output))
}

struct Jitter(*mut c_void);

impl Jitter {
    fn new() -> Self {
        // SAFETY: a call without pointers.
        let state = unsafe { jitter_buffer_init(FRAME_SAMPLES as c_int) };
        assert!(!state.is_null(), "speexdsp: no memory");
        Self(state)
    }

    /// The buffer copies the payload.
    fn put(&mut self, frame: &WireFrame) {
        let mut payload = frame.payload;
        let packet = Packet {
            data: payload.as_mut_ptr().cast(),
            len: payload.len() as u32,
            timestamp: frame.timestamp,
            span: FRAME_SAMPLES as u32,
            sequence: frame.seq as u16,
            user_data: 0,
        };
        // SAFETY: the state is live and ours alone; `packet` has the C layout and its data, as
        // long as it says, is copied before the call returns.
        unsafe { jitter_buffer_put(self.0, &raw const packet) };
    }

    /// The next 20 ms and their timestamp, if they are there, and on by one frame.
    fn get(&mut self) -> Option<([u8; FRAME_SAMPLES], u32)> {
        let mut payload = [0; FRAME_SAMPLES];
        let mut packet = Packet {
            data: payload.as_mut_ptr().cast(),
            len: payload.len() as u32,
            timestamp: 0,
            span: 0,
            sequence: 0,
            user_data: 0,
        };
        let (span, offset) = (FRAME_SAMPLES as i32, ptr::null_mut());
        // SAFETY: the state is live and ours alone; `packet` has the C layout, its data has room
        // for the length it gives, and the documentation's own examples pass null for the offset.
        let found = unsafe { jitter_buffer_get(self.0, &raw mut packet, span, offset) };
        // SAFETY: the state is live and ours alone.
        unsafe { jitter_buffer_tick(self.0) };
        (found == 0).then_some((payload, packet.timestamp))
    }
}

impl Drop for Jitter {
    fn drop(&mut self) {
        // SAFETY: the state came from `jitter_buffer_init` and is not used again.
        unsafe { jitter_buffer_destroy(self.0) };
    }
}

/// It orders and times packets; what is missing is silence here.
pub(super) fn playout() -> Playout {
    let mut jitter = Jitter::new();
    Box::new(move |frame: Option<&WireFrame>, out: &mut PcmFrame| {
        frame.inspect(|frame| jitter.put(frame));
        match jitter.get() {
            Some((codes, _)) => drop(ulaw::decode_slice(&codes, out)),
            None => out.fill(0),
        }
    })
}

impl PacketBuffer for Jitter {
    fn put(&mut self, frame: &WireFrame) {
        Self::put(self, frame);
    }

    fn get(&mut self) -> Option<u32> {
        Self::get(self).map(|(_, timestamp)| timestamp)
    }
}

/// The same buffer, asked only which packet it plays.
pub(super) fn packet_buffer() -> Box<dyn PacketBuffer> {
    Box::new(Jitter::new())
}
