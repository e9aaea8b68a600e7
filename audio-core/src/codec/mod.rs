//! G.711: the two 64 kbit/s codes of the telephone network (ITU-T G.711, 11/1988).
//!
//! Both are bit-exact with ITU-T's own vectors over all 65 536 inputs and 256 codes. There are no
//! tables: a segment number *is* the exponent of an `f32` and an interval *is* the top of its
//! mantissa, so both directions are branch-free arithmetic on neighbouring lanes, which the
//! compiler turns into vector code on every target (on x86-64 SSE2 is enough).

pub mod alaw;
pub mod ulaw;

pub use alaw::SILENCE as ALAW_SILENCE;
pub use ulaw::SILENCE as ULAW_SILENCE;

use crate::sys::vector::{Work, widest};

/// A 7-bit code (segment, interval) with its low bits at bit 19 of an `f32`, exclusive-ored with
/// this, is the middle of its interval in quarters of a 16-bit unit: the exponent's low three bits
/// are free for the segment, and bit 18 is the half step.
const MIDDLE: u32 = 136 << 23 | 1 << 18;
/// Adding 2²⁵ leaves a smaller positive number, in quarters, as an integer in the mantissa.
const MAGIC: f32 = 33_554_432.0;

/// Samples worked on at a time: two vectors of 16-bit lanes, one of bytes.
const BLOCK: usize = 16;

/// Encodes as far as both slices reach; returns how far. `encode` leaves the code in the low byte:
/// the vectoriser then keeps 16-bit lanes and narrows once a block.
fn encode_blocks(pcm: &[i16], codes: &mut [u8], encode: impl Fn(i16) -> i16) -> usize {
    let n = pcm.len().min(codes.len());
    widest(Encode(&pcm[..n], &mut codes[..n], encode));
    n
}

/// Decodes as far as both slices reach; returns how far.
fn decode_blocks(codes: &[u8], pcm: &mut [i16], decode: impl Fn(u8) -> i16) -> usize {
    let n = codes.len().min(pcm.len());
    widest(Decode(&codes[..n], &mut pcm[..n], decode));
    n
}

/// Slices of one length. The function must be one that is always inlined.
struct Encode<'a, F>(&'a [i16], &'a mut [u8], F);

impl<F: Fn(i16) -> i16> Work for Encode<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self(pcm, codes, encode) = self;
        let (pcm_blocks, mut code_blocks) = (pcm.chunks_exact(BLOCK), codes.chunks_exact_mut(BLOCK));
        let pcm_rest = pcm_blocks.remainder();
        for (bytes, samples) in code_blocks.by_ref().zip(pcm_blocks) {
            let mut wide = [0; BLOCK];
            for (wide, &sample) in wide.iter_mut().zip(samples) {
                *wide = encode(sample) & 0xff;
            }
            for (byte, &wide) in bytes.iter_mut().zip(&wide) {
                *byte = wide as u8;
            }
        }
        for (code, &sample) in code_blocks.into_remainder().iter_mut().zip(pcm_rest) {
            *code = encode(sample) as u8;
        }
    }
}

/// As [`Encode`].
struct Decode<'a, F>(&'a [u8], &'a mut [i16], F);

impl<F: Fn(u8) -> i16> Work for Decode<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self(codes, pcm, decode) = self;
        for (sample, &code) in pcm.iter_mut().zip(codes) {
            *sample = decode(code);
        }
    }
}
