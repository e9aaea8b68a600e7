//! What touches the system: the only module of the crate that may use `unsafe`.

pub mod alloc;
pub(crate) mod matrix;
#[cfg(feature = "engine")]
pub(crate) mod prefetch;
pub(crate) mod turn;
pub(crate) mod vector;
#[cfg(feature = "webrtc-vad")]
pub(crate) mod webrtc;
