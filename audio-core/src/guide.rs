//! Chapters for those who build on this library.

#[doc = include_str!("../guide/frames.md")]
pub mod frames {}

#[cfg(feature = "engine")]
#[doc = include_str!("../guide/real_time.md")]
pub mod real_time {}

#[doc = include_str!("../guide/presets.md")]
pub mod presets {}

#[cfg(feature = "engine")]
#[doc = include_str!("../guide/tuning.md")]
pub mod tuning {}
