//! Voice activity alone: frames in, "speech from here to there" out. No pipeline, no thread.
//!
//! ```text
//! cargo run --release -p kav-audio-core --example vad_only
//! ```

use audio_core::framer::Framer;
use audio_core::vad::{Change, SpeechDetector, VadConfig, VadKind};

fn main() -> Result<(), audio_core::Error> {
    let mut framer = Framer::new(16_000)?; // any rate, any chunk length
    // The level rule: a buzz is no voice, and the model knows. Use VadKind::Kav for people.
    let mut detector = SpeechDetector::new(VadKind::Rms, VadConfig::hebrew())?;
    let mut frames = 0u64;
    for chunk in buzz().chunks(441) {
        framer.push_f32(chunk, |frame| {
            frames += 1;
            match detector.process(frame).change {
                Some(Change::Start { frames_ago }) => {
                    println!("speech from {} ms", (frames - 1 - u64::from(frames_ago)) * 20);
                }
                Some(Change::End { frames_ago }) => {
                    println!("        to {} ms", (frames - u64::from(frames_ago)) * 20);
                }
                None => {}
            }
        });
    }
    Ok(())
}

/// Three seconds at 16 kHz, the second of them a 200 Hz buzz.
fn buzz() -> Vec<f32> {
    let wave = |n: usize| if n % 80 < 8 { 0.3 } else { -0.03 };
    (0..48_000).map(|n| if (16_000..32_000).contains(&n) { wave(n) } else { 0.0 }).collect()
}
