//! µ-law, ITU-T G.711 §3 and table 2: 14-bit uniform PCM in 8 bits.
//!
//! 16-bit input loses its two low bits. A negative value is taken by one's complement before the
//! search, as the standard's reference software does: on the negative side a decision value
//! belongs to the interval nearer zero. Many libraries negate instead and differ there.

/// Added to a 14-bit magnitude so that every segment starts at a power of two.
const BIAS: i16 = 33;
/// Largest biased 14-bit magnitude.
const CLIP: i16 = 0x1fff;
/// Exponent field of an `f32` holding [`BIAS`]: 33 lies in [2⁵, 2⁶).
const FIRST_SEGMENT: u32 = (127 + 5) << 4;

const DECODE: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = expand(code as u8);
        code += 1;
    }
    table
};

/// The formula behind the table.
const fn expand(code: u8) -> i16 {
    let inverted = !code as i32;
    let exponent = (inverted >> 4) & 7;
    let step = 8 << exponent;
    // Start of the segment, the interval within it, its middle, less the bias; in 16-bit units.
    let magnitude = (0x80 << exponent) + step * (inverted & 0xf) + step / 2 - 4 * BIAS as i32;
    (if code & 0x80 == 0 { -magnitude } else { magnitude }) as i16
}

/// The µ-law code of one sample.
#[inline]
pub fn encode(sample: i16) -> u8 {
    let negative = sample >> 15;
    let magnitude = (((sample ^ negative) >> 2) + BIAS).min(CLIP);
    let code = (f32::from(magnitude).to_bits() >> 19).wrapping_sub(FIRST_SEGMENT);
    !(code as u8 | (negative as u8 & 0x80))
}

/// The 16-bit sample a µ-law code stands for, in [-32 124, 32 124].
#[inline]
pub fn decode(code: u8) -> i16 {
    DECODE[usize::from(code)]
}

/// Encodes as many samples as both slices hold; returns how many.
pub fn encode_slice(pcm: &[i16], codes: &mut [u8]) -> usize {
    let n = pcm.len().min(codes.len());
    for (code, &sample) in codes[..n].iter_mut().zip(&pcm[..n]) {
        *code = encode(sample);
    }
    n
}

/// Decodes as many codes as both slices hold; returns how many.
pub fn decode_slice(codes: &[u8], pcm: &mut [i16]) -> usize {
    let n = pcm.len().min(codes.len());
    for (sample, &code) in pcm[..n].iter_mut().zip(&codes[..n]) {
        *sample = decode(code);
    }
    n
}
