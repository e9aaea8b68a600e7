//! The atomics of our own hand-over protocols: loom's under `--cfg kav_loom`, the real ones else.
//!
//! Counters and histograms are not here: they carry no protocol, so models do not need them.

#[cfg(not(kav_loom))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
#[cfg(kav_loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
