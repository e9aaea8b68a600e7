//! Elementary functions with the same bits on every machine: additions, multiplications and bit
//! patterns only. The platform's own differ from system to system, and on one system by processor.

/// Natural logarithm of a positive, finite, normal number, to 4e-6 absolute; a polynomial of
/// ln(1 + t) on [√½ − 1, √2 − 1] (least maximum error) beside the exponent.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    // Split so that the mantissa lies in [√½, √2).
    let bits = x.to_bits().wrapping_sub(0x3f35_04f3);
    let exponent = (bits as i32) >> 23;
    let t = f32::from_bits((bits & 0x007f_ffff).wrapping_add(0x3f35_04f3)) - 1.0;
    let t2 = t * t;
    // Cephes' logf (S. L. Moshier, public domain): minimax coefficients of (ln(1 + t) − t + t²/2) / t³.
    let mut p = 7.037_683_6e-2;
    p = p * t - 1.151_461e-1;
    p = p * t + 1.167_699_9e-1;
    p = p * t - 1.242_014_1e-1;
    p = p * t + 1.424_932_3e-1;
    p = p * t - 1.666_805_8e-1;
    p = p * t + 2.000_071_5e-1;
    p = p * t - 2.499_999_4e-1;
    p = p * t + 3.333_333e-1;
    p * t * t2 - 0.5 * t2 + t + exponent as f32 * core::f32::consts::LN_2
}

/// The lesser of two numbers: one instruction, unlike `f32::min`, for nothing here is no number.
#[inline(always)]
pub(crate) fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The logistic function, to 1e-6.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    0.5 + 0.5 * tanh(0.5 * x)
}

/// Hyperbolic tangent, to 1e-6: the quotient of the odd and the even half of exp(2x) where it is
/// not yet ±1 in single precision.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let x = x.clamp(-9.0, 9.0);
    let e = exp(2.0 * x);
    (e - 1.0) / (e + 1.0)
}

/// Added to a float of less than 2²² in magnitude, it leaves no bits below one: the sum's low bits
/// are the nearest whole number. (A cast would do the same one number at a time.)
const ROUND: f32 = 12_582_912.0;

/// The nearest whole number to `x`, whose magnitude must be below 32,768.
#[inline(always)]
pub(crate) fn nearest(x: f32) -> i16 {
    (x + ROUND).to_bits() as i16
}

/// `eˣ` for |x| ≤ 80: 2ⁿ from the exponent's bits times a polynomial of the rest.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let scaled = x * core::f32::consts::LOG2_E;
    let shifted = scaled + ROUND;
    let r = (scaled - (shifted - ROUND)) * core::f32::consts::LN_2;
    let mut p = 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    p * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use super::{ln, nearest, sigmoid, tanh};

    #[test]
    fn they_follow_the_exact_functions() {
        for i in -30_000..=30_000 {
            let x = i as f32 * 1e-3;
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 1e-6, "tanh {x}: {}", tanh(x));
            let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(sigmoid(x)) - exact).abs() < 1e-6, "sigmoid {x}");
            let y = (x / 2.0).exp();
            assert!((f64::from(ln(y)) - f64::from(y).ln()).abs() < 4e-6, "ln {y}: {}", ln(y));
        }
    }

    #[test]
    fn the_nearest_whole_number_is_found_on_both_sides_of_zero() {
        for i in -32_000..=32_000i16 {
            for off in [-0.49, 0.0, 0.49] {
                assert_eq!(nearest(f32::from(i) + off), i);
            }
        }
    }
}
