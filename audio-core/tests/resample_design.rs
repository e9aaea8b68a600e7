//! The coefficients in the library are those its design tool makes, and the responses it claims
//! for them hold for the rounded values.

#[allow(dead_code, reason = "the test uses the measuring half of the tool; the rest belongs to its main")]
#[path = "../examples/design_resampler/filters.rs"]
mod filters;
#[path = "../examples/design_resampler/minimum.rs"]
mod minimum;
#[path = "../examples/design_resampler/remez.rs"]
mod remez;
#[path = "../src/resample/taps/linear.rs"]
mod taps_linear;
#[path = "../src/resample/taps/minimum.rs"]
mod taps_minimum;

use filters::{FACTORS, Filter, linear_phase, minimum_phase};

/// Difference allowed to another machine's sine and logarithm: a rounding step of the largest tap.
const STEP: f64 = 1e-7;

fn compare(committed: [&[f32]; 3], designed: fn(usize) -> Filter, delay: f64) {
    for (factor, committed) in FACTORS.into_iter().zip(committed) {
        let designed = designed(factor);
        assert_eq!(designed.taps.len(), committed.len());
        for (new, &old) in designed.taps.iter().zip(committed) {
            assert!((new - f64::from(old)).abs() < STEP, "factor {factor}: {new} is {old}");
        }
        let rounded = Filter { factor, taps: committed.iter().map(|&tap| f64::from(tap)).collect() };
        assert!(rounded.ripple() <= 0.01, "factor {factor}: {} dB", rounded.ripple());
        assert!(rounded.rejection() >= 85.0, "factor {factor}: {} dB", rounded.rejection());
        assert!(rounded.largest_delay() <= delay, "factor {factor}: {} ms", rounded.largest_delay());
    }
}

#[test]
fn minimum_phase_is_as_designed() {
    compare(
        [&taps_minimum::AT_16_KHZ, &taps_minimum::AT_24_KHZ, &taps_minimum::AT_48_KHZ],
        minimum_phase,
        0.7,
    );
}

#[test]
fn linear_phase_is_as_designed() {
    compare([&taps_linear::AT_16_KHZ, &taps_linear::AT_24_KHZ, &taps_linear::AT_48_KHZ], linear_phase, 1.9);
}
