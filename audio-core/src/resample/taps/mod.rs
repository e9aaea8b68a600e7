//! Coefficients, in files that `examples/design_resampler` writes: low-passes of gain 1, pass band
//! to 3400 Hz, stop band from 4600 Hz. `tests/resample_design.rs` holds them against the tool.

pub(crate) mod linear;
pub(crate) mod minimum;
