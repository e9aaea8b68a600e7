//! Minimum phase: spectral factorisation through the cepstrum.
//!
//! An equiripple zero-phase response A(ω) of `2 × taps - 1` coefficients is lifted by its
//! stop-band deviation until it is nowhere negative; the minimum-phase filter is then its causal
//! factor, |H|² = A (Herrmann and Schüssler, Electronics Letters 6(11), 1970). The factor comes
//! from the folded cepstrum of √A (Oppenheim and Schafer, Discrete-Time Signal Processing, 13.6).

use std::f64::consts::PI;

use crate::remez::{LowPass, design};

/// Points of the transforms: the cepstrum has died away long before its middle.
const POINTS: usize = 1 << 17;
/// How far above its deviation the response is lifted; it keeps the logarithm finite.
const LIFT: f64 = 1.001;

/// A minimum-phase low-pass of `taps` taps. `spec` holds for |H|, not for |H|².
pub(crate) fn minimum(spec: LowPass, pass_deviation: f64, taps: usize) -> Vec<f64> {
    // |H| = 1 ± p and s become |H|² = 1 ± 2p and s², the latter half of it below zero.
    let stop = pass_deviation * spec.stop_over_pass;
    let squared = LowPass { stop_over_pass: stop * stop / 2.0 / (2.0 * pass_deviation), ..spec };
    let (prototype, deviation) = design(squared, taps - 1);
    let mut spectrum = vec![(0.0, 0.0); POINTS];
    for (i, &tap) in prototype.iter().enumerate() {
        spectrum[(i + POINTS - (taps - 1)) % POINTS].0 = tap;
    }
    fft(&mut spectrum, false);
    for bin in &mut spectrum {
        let power = (bin.0 + deviation * LIFT).max(deviation * (LIFT - 1.0) / 2.0);
        *bin = (0.5 * power.ln(), 0.0);
    }
    fft(&mut spectrum, true);
    for bin in &mut spectrum[1..POINTS / 2] {
        *bin = (2.0 * bin.0, 0.0);
    }
    spectrum[POINTS / 2 + 1..].fill((0.0, 0.0));
    fft(&mut spectrum, false);
    for bin in &mut spectrum {
        let (magnitude, (sin, cos)) = (bin.0.exp(), bin.1.sin_cos());
        *bin = (magnitude * cos, magnitude * sin);
    }
    fft(&mut spectrum, true);
    spectrum[..taps].iter().map(|bin| bin.0).collect()
}

/// Radix-2 transform in place, complex numbers as (re, im); the inverse divides by the length.
fn fft(data: &mut [(f64, f64)], inverse: bool) {
    let n = data.len();
    assert!(n.is_power_of_two(), "a radix-2 transform");
    for i in 0..n {
        let j = i.reverse_bits() >> (usize::BITS - n.trailing_zeros());
        if i < j {
            data.swap(i, j);
        }
    }
    let direction = if inverse { 1.0 } else { -1.0 };
    let twiddles: Vec<(f64, f64)> = (0..n / 2)
        .map(|k| (direction * 2.0 * PI * k as f64 / n as f64).sin_cos())
        .map(|(sin, cos)| (cos, sin))
        .collect();
    let mut half = 1;
    while half < n {
        for block in data.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                let w = twiddles[k * (n / 2 / half)];
                let t = (b.0 * w.0 - b.1 * w.1, b.0 * w.1 + b.1 * w.0);
                (*a, *b) = ((a.0 + t.0, a.1 + t.1), (a.0 - t.0, a.1 - t.1));
            }
        }
        half *= 2;
    }
    if inverse {
        for bin in data {
            *bin = (bin.0 / n as f64, bin.1 / n as f64);
        }
    }
}
