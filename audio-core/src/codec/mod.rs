//! G.711: the two 64 kbit/s codes of the telephone network (ITU-T G.711, 11/1988).
//!
//! Both are bit-exact with ITU-T's own vectors over all 65 536 inputs. Decoding is a table built
//! at compile time from the formula; encoding is branch-free arithmetic that the compiler turns
//! into vector code (an `f32`'s exponent *is* the segment number, its top four mantissa bits
//! *are* the interval).

pub mod alaw;
pub mod ulaw;

pub use crate::frame::ULAW_SILENCE;

/// A-law code of silence (positive zero, even bits inverted).
pub const ALAW_SILENCE: u8 = 0xd5;
