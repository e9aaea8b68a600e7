//! µ-law, ITU-T G.711 §3 and table 2: 14-bit uniform PCM in 8 bits.
//!
//! 16-bit input loses its two low bits. A negative value is taken by one's complement before the
//! search, as the standard's reference software does: on the negative side a decision value
//! belongs to the interval nearer zero. Many libraries negate instead and differ there.

use super::{MAGIC, MIDDLE, decode_blocks, encode_blocks};

/// Code of silence: positive zero.
pub const SILENCE: u8 = 0xff;
/// Negative zero: decodes to 0 too, but 0 never encodes to it.
pub const NEGATIVE_ZERO: u8 = 0x7f;
/// The quietest codes, −8, 0, 0 and 8 in 16-bit units: picked at random they are comfort noise
/// at −75 dBFS.
pub const COMFORT: [u8; 4] = [0x7e, NEGATIVE_ZERO, SILENCE, 0xfe];

/// Added to a 14-bit magnitude so that every segment starts at a power of two.
const BIAS: i16 = 33;
/// Largest magnitude of table 2a, before the bias.
const CLIP: i16 = 0x1fff - BIAS;
/// Exponent and top four mantissa bits of an `f32` holding [`BIAS`]: 33 lies in [2⁵, 2⁶).
const FIRST_SEGMENT: i16 = (127 + 5) << 4;

/// The µ-law code of one sample.
#[inline]
pub fn encode(sample: i16) -> u8 {
    wide(sample) as u8
}

/// The code in the low byte; what is above it means nothing.
#[inline(always)]
fn wide(sample: i16) -> i16 {
    let negative = sample >> 15;
    let magnitude = (sample ^ negative) >> 2;
    // Unsigned: widened with zeros, not with whatever a register held before.
    let biased = (magnitude.min(CLIP) + BIAS) as u16;
    let interval = (f32::from(biased).to_bits() >> 19) as i16 - FIRST_SEGMENT;
    !(interval | (negative & 0x80))
}

/// The 16-bit sample a µ-law code stands for, in [-32 124, 32 124].
#[inline(always)]
pub fn decode(code: u8) -> i16 {
    let bits = i16::from(code);
    let negative = (bits - 0x80) >> 15;
    let interval = u32::from((bits & 0x7f) as u16);
    // All bits are inverted on the line. The bias goes with the magic number.
    let middle = f32::from_bits((interval << 19) ^ (MIDDLE | 0x7f << 19));
    let magnitude = ((middle + (MAGIC - 16.0 * f32::from(BIAS))).to_bits() ^ MAGIC.to_bits()) as i32;
    // Always in range: said so that the compiler may pack with saturation.
    let magnitude = magnitude.clamp(-0x8000, 0x7fff) as i16;
    (magnitude ^ negative) - negative
}

/// Encodes as many samples as both slices hold; returns how many.
pub fn encode_slice(pcm: &[i16], codes: &mut [u8]) -> usize {
    encode_blocks(pcm, codes, wide)
}

/// Decodes as many codes as both slices hold; returns how many.
pub fn decode_slice(codes: &[u8], pcm: &mut [i16]) -> usize {
    decode_blocks(codes, pcm, decode)
}
