//! Numbers that fade away while a line is silent.

/// Below this there is nothing: what is smoothed would fade on to a subnormal number, with which some
/// processors take a hundred times as long to multiply.
const FAINT: f32 = 1e-20;

/// `level`, or what stands for nothing.
#[inline(always)]
pub(crate) fn audible(level: f32) -> f32 {
    if level > FAINT { level } else { FAINT }
}
