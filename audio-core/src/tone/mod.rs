//! Call-progress tones: what a line says when no person does.
//!
//! [`plans`] has the tones of two countries as data, [`ToneGenerator`] plays them, [`beep`] is
//! the sound of last resort, and [`ToneVeto`] says that a frame is a steady tone, or the buzz of a mobile
//! telephone's transmitter, and not a voice; the voice detector uses it
//! ([`VadConfig::tone_veto`](crate::vad::VadConfig::tone_veto)).
//!
//! ```
//! use audio_core::frame::Dbfs;
//! use audio_core::tone::{ToneGenerator, plans::ISRAEL};
//!
//! let mut busy = ToneGenerator::new(ISRAEL.busy, Dbfs(-16.0))?;
//! let mut second = [0i16; 8_000];
//! assert_eq!(busy.fill(&mut second), 8_000);
//! assert!((Dbfs::of(&second[..4_000]).0 + 16.0).abs() < 0.1, "half a second of tone");
//! assert_eq!(Dbfs::of(&second[4_000..]), Dbfs::SILENCE, "half a second of silence");
//! # Ok::<(), audio_core::Error>(())
//! ```

mod buzz;
mod close_pair;
mod detect;
mod generate;
pub mod plans;
mod shape;

use core::f32::consts::TAU;

pub use detect::ToneVeto;
pub(crate) use detect::ToneWatch;
pub(crate) use detect::WINDOW;
pub use generate::{ToneGenerator, beep};
pub use plans::{Cadence, Segment, TonePlan};

use crate::frame::WIRE_RATE;

/// Samples in the block that the veto looks at: 32 ms.
const BLOCK: usize = 256;
/// Bins of its spectrum that are looked at: up to 3,750 Hz.
pub(crate) const BINS: usize = 121;

/// `2 cos ω` of a frequency in Hz: what a Goertzel filter multiplies with.
pub(crate) fn goertzel_coefficient(hz: f32) -> f32 {
    2.0 * (TAU * hz / WIRE_RATE as f32).cos()
}

/// `|X|²` of a block at `N` frequencies at once (Goertzel, 1958).
// By itself: where it is inlined, the compiler takes it apart in one of two ways, of which one needs half as many
// instructions again.
#[inline(never)]
pub(crate) fn powers<const N: usize>(block: &[f32], coefficients: &[f32; N]) -> [f32; N] {
    let (mut s1, mut s2) = ([0.0f32; N], [0.0f32; N]);
    for &x in block {
        for k in 0..N {
            let s = x + coefficients[k] * s1[k] - s2[k];
            s2[k] = s1[k];
            s1[k] = s;
        }
    }
    core::array::from_fn(|k| (s1[k] * s1[k] + s2[k] * s2[k] - coefficients[k] * s1[k] * s2[k]).max(0.0))
}
