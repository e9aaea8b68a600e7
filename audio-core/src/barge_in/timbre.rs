//! How a frame sounds, in two numbers: bright or dull, and how much it comes in pulses.
//!
//! A voiceless consonant is bright where a vowel is dull, so the first sounds of אשתי or עצרי go on as speech does. A
//! voice across the room has lost its pulses: reflections fill the pitch period, and what was peaked becomes normal
//! (B. W. Gillespie, H. S. Malvar, D. A. F. Florêncio, "Speech dereverberation via maximum-kurtosis subband adaptive
//! filtering", 2001).

use crate::frame::{FRAME_SAMPLES, PcmFrame};
use crate::sys::vector::{Work, widest};

/// Sums that are kept apart, so that their order is the same on every machine and they vectorise.
const LANES: usize = 8;
/// Below this mean square (about −78 dBFS) there is nothing to tell, nor where the differences' squares together are less.
const FAINT: f32 = 16.0;

/// The sound of one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timbre {
    /// RMS of the differences between neighbouring samples against that of the samples, in [0, 2]: 0.2 to 0.7 in
    /// vowels, 1.4 in white noise. 0 in silence.
    pub brightness: f32,
    /// Kurtosis of these differences, as 3 divided by it, in (0, 3]: 1 in noise, 0.2 to 0.6 in voiced speech near the
    /// telephone. 0 in silence.
    pub smoothness: f32,
}

impl Timbre {
    /// Of a frame at 8 kHz.
    pub fn of(pcm: &PcmFrame) -> Self {
        widest(Measure(pcm))
    }

    #[inline(always)]
    fn measure(pcm: &PcmFrame) -> Self {
        let (mut squares, mut second, mut fourth) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let (earlier, later) = (&pcm[..FRAME_SAMPLES - LANES], &pcm[1..]);
        for (a, b) in earlier.as_chunks::<LANES>().0.iter().zip(later.as_chunks::<LANES>().0) {
            for lane in 0..LANES {
                let (a, b) = (f32::from(a[lane]), f32::from(b[lane]));
                let difference = (b - a) * (b - a);
                squares[lane] += a * a;
                second[lane] += difference;
                fourth[lane] += difference * difference;
            }
        }
        let sum = |lanes: [f32; LANES]| lanes.iter().sum::<f32>();
        let (squares, second, fourth) = (sum(squares), sum(second), sum(fourth));
        let count = (FRAME_SAMPLES - LANES) as f32;
        if squares < FAINT * count || second < FAINT {
            return Self::default();
        }
        Self {
            brightness: (second / squares).sqrt().min(2.0),
            smoothness: (3.0 * second / count * second / fourth).min(3.0),
        }
    }
}

struct Measure<'a>(&'a PcmFrame);

impl Work for Measure<'_> {
    type Out = Timbre;

    #[inline(always)]
    fn run(self) -> Timbre {
        Timbre::measure(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f32::consts::TAU;

    fn frame(sample: impl Fn(usize) -> f32) -> PcmFrame {
        core::array::from_fn(|n| sample(n) as i16)
    }

    #[test]
    fn silence_says_nothing_and_the_loudest_frame_is_in_range() {
        assert_eq!(Timbre::of(&[0; FRAME_SAMPLES]), Timbre::default());
        assert_eq!(Timbre::of(&[12; FRAME_SAMPLES]), Timbre::default(), "a constant");
        let square = Timbre::of(&frame(|n| if n % 2 == 0 { 32_767.0 } else { -32_768.0 }));
        assert!(
            (square.brightness - 2.0).abs() < 0.01 && (square.smoothness - 3.0).abs() < 0.01,
            "{square:?}"
        );
    }

    /// A sine of f Hz: 2 sin(πf/8000), and the kurtosis of a sine is 1.5.
    #[test]
    fn a_tone_is_as_bright_as_its_frequency_and_smooth() {
        let tone = |hz: f32| Timbre::of(&frame(|n| 9_000.0 * (TAU * hz * n as f32 / 8_000.0).sin()));
        for hz in [400.0_f32, 1_000.0, 3_000.0] {
            let expected = 2.0 * (core::f32::consts::PI * hz / 8_000.0).sin();
            let found = tone(hz);
            assert!((found.brightness - expected).abs() < 0.05, "{hz} Hz: {found:?}");
            assert!((found.smoothness - 2.0).abs() < 0.1, "{hz} Hz: {found:?}");
        }
    }

    #[test]
    fn pulses_are_told_from_noise() {
        let mut state = 1_u32;
        let mut random = [0_i16; FRAME_SAMPLES];
        for sample in &mut random {
            let sum: i32 = (0..12)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    i32::from((state >> 16) as i16)
                })
                .sum();
            *sample = (sum / 12) as i16;
        }
        let noise = Timbre::of(&random);
        assert!((0.7..1.4).contains(&noise.smoothness), "{noise:?}");
        assert!((1.2..1.6).contains(&noise.brightness), "{noise:?}");
        let pulses = Timbre::of(&frame(|n| 12_000.0 * (-((n % 50) as f32) / 6.0).exp()));
        assert!(pulses.smoothness < 0.3, "{pulses:?}");
    }
}
