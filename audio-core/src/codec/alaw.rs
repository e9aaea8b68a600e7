//! A-law, ITU-T G.711 §3 and table 1: 13-bit uniform PCM in 8 bits, even bits inverted.
//!
//! 16-bit input loses its four low bits (the standard's 12-bit magnitude and sign); a negative
//! value is taken by one's complement, as in the standard's reference software.

use super::{MAGIC, MIDDLE, decode_blocks, encode_blocks};

/// Code of silence: the smallest positive value, 8 in 16-bit units. A-law has no zero.
pub const SILENCE: u8 = 0xd5;
/// The quietest codes, −24, −8, 8 and 24 in 16-bit units: picked at random they are comfort noise
/// at −65 dBFS.
pub const COMFORT: [u8; 4] = [0x54, 0x55, SILENCE, 0xd4];

/// Even bits are inverted on the line so that silence is not all zeros.
const EVEN_BITS: i16 = 0x55;
/// Exponent and top four mantissa bits of an `f32` one segment below 16, where the logarithmic
/// segments begin.
const FIRST_SEGMENT: i16 = (127 + 3) << 4;

/// The A-law code of one sample.
#[inline]
pub fn encode(sample: i16) -> u8 {
    wide(sample) as u8
}

/// The code in the low byte; what is above it means nothing.
#[inline(always)]
fn wide(sample: i16) -> i16 {
    let negative = sample >> 15;
    let magnitude = (sample ^ negative) >> 4;
    // Unsigned: widened with zeros, not with whatever a register held before.
    let interval = (f32::from(magnitude as u16).to_bits() >> 19) as i16 - FIRST_SEGMENT;
    // The first sixteen intervals are linear: there the magnitude is its own code, and greater
    // than what the exponent says.
    let code = interval.max(magnitude.min(16));
    (code | (!negative & 0x80)) ^ EVEN_BITS
}

/// The 16-bit sample an A-law code stands for, in [-32 256, 32 256].
#[inline(always)]
pub fn decode(code: u8) -> i16 {
    let bits = i16::from(code);
    let negative = (bits - 0x80) >> 15;
    let interval = u32::from((bits & 0x7f) as u16);
    let middle = f32::from_bits((interval << 19) ^ (MIDDLE | (EVEN_BITS as u32) << 19));
    let magnitude = ((middle + MAGIC).to_bits() ^ MAGIC.to_bits()) as i32;
    // Always in range: said so that the compiler may pack with saturation.
    let magnitude = magnitude.clamp(-0x8000, 0x7fff) as i16;
    // Only the linear segment lies below 256, squeezed to half its width: stretch it down to 0.
    let magnitude = magnitude - 256u16.saturating_sub(magnitude as u16) as i16;
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
