//! What touches the system: the only module of the crate that may use `unsafe`.

pub mod alloc;
#[cfg(feature = "webrtc-vad")]
pub(crate) mod webrtc;
