//! A detector of your own behind the [`Vad`] trait, with this library's decisions on top: an onset that
//! takes a few frames, a hangover over the gaps inside words.
//!
//! ```text
//! cargo run --release -p kav-audio-core --example custom_vad
//! ```

use audio_core::frame::{FRAME_SAMPLES, PcmFrame};
use audio_core::vad::{Hysteresis, Vad, VadConfig};

/// How rarely the wave crosses zero: voices do 20 to 60 times in 100 ms, hiss far more often.
struct Crossings;

impl Vad for Crossings {
    fn score(&mut self, frame: &PcmFrame) -> f32 {
        let crossings = frame.windows(2).filter(|pair| (pair[0] >= 0) != (pair[1] >= 0)).count();
        let loud = frame.iter().any(|sample| sample.abs() > 500);
        if loud { 1.0 - (crossings as f32 / 40.0).min(1.0) } else { 0.0 }
    }

    fn reset(&mut self) {}
}

fn main() {
    let (mut vad, mut decide) = (Crossings, Hysteresis::new(VadConfig::hebrew()));
    let mut random = 1u32;
    for n in 0..200 {
        let frame: PcmFrame = std::array::from_fn(|k| match n {
            50..100 => (6_000.0 * ((n * FRAME_SAMPLES + k) as f32 * 0.12).sin()) as i16, // 150 Hz
            130..160 => {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 19) as i16 - 4_096 // hiss
            }
            _ => 0,
        });
        let score = vad.score(&frame);
        let above_floor_db = 30.0; // this detector has no use for the noise floor
        if let Some(change) = decide.push(score, above_floor_db).change {
            println!("{:>5} ms  {change:?}", (n + 1) * 20);
        }
    }
}
