//! A-law, ITU-T G.711 §3 and table 1: 13-bit uniform PCM in 8 bits, even bits inverted.
//!
//! 16-bit input loses its four low bits (the standard's 12-bit magnitude and sign); a negative
//! value is taken by one's complement, as in the standard's reference software.

/// Even bits are inverted on the line so that silence is not all zeros.
const EVEN_BITS: u8 = 0x55;
/// Exponent field of an `f32` one segment below 16, where the logarithmic segments begin.
const FIRST_SEGMENT: u32 = (127 + 3) << 4;

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
    let bits = (code ^ EVEN_BITS) as i32;
    let exponent = (bits >> 4) & 7;
    let mantissa = (bits & 0xf) + if exponent > 0 { 16 } else { 0 };
    // The middle of the interval, in 16-bit units.
    let middle = (mantissa << 4) + 8;
    let magnitude = if exponent > 1 { middle << (exponent - 1) } else { middle };
    (if code & 0x80 == 0 { -magnitude } else { magnitude }) as i16
}

/// The A-law code of one sample.
#[inline]
pub fn encode(sample: i16) -> u8 {
    let negative = sample >> 15;
    let magnitude = (sample ^ negative) >> 4;
    let segment = (f32::from(magnitude).to_bits() >> 19).wrapping_sub(FIRST_SEGMENT);
    // The first sixteen intervals are linear: the magnitude is its own code.
    let code = if magnitude < 16 { magnitude as u8 } else { segment as u8 };
    (code | (!negative as u8 & 0x80)) ^ EVEN_BITS
}

/// The 16-bit sample an A-law code stands for, in [-32 256, 32 256].
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
