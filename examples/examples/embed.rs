//! The library in thirty lines: audio of any chunk length in, decisions out. No threads, no clock.
//!
//! ```text
//! cargo run --release -p examples --example embed            a burst of sound between silences
//! cargo run --release -p examples --example embed -- FILE.wav
//! ```

use anyhow::Result;
use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, WireFrame};
use audio_core::framer::Framer;
use audio_core::pipeline::{CallPipeline, PipelineConfig};
use audio_core::tape::read_wav_8k;

fn main() -> std::process::ExitCode {
    examples::exit(run())
}

fn run() -> Result<()> {
    let (rate, audio) = match std::env::args().nth(1) {
        Some(path) => (8_000, read_wav_8k(path)?),
        None => (16_000, burst()),
    };

    let mut framer = Framer::new(rate)?; // any rate, any chunk length → frames of 20 ms at 8 kHz
    let mut pipeline = CallPipeline::new(PipelineConfig::default())?; // allocates here, never again
    let mut seq = 0;
    for chunk in audio.chunks(317) {
        framer.push_i16(chunk, |pcm| {
            let timestamp = seq * FRAME_SAMPLES as u32;
            let mut frame = WireFrame { seq, timestamp, ..WireFrame::SILENCE };
            ulaw::encode_slice(pcm, &mut frame.payload);
            seq += 1;

            pipeline.push_wire(&frame); // the caller's 20 ms
            pipeline.process_agent(None); // the agent's 20 ms: it is silent here
            while let Some(event) = pipeline.poll_event() {
                println!("{:>8.2} s  {event:?}", event.at().as_ms() as f64 / 1_000.0);
            }
            while let Some(_clean) = pipeline.poll_clean() {} // to speech recognition
        });
    }
    println!("{:>8.2} s  the end", pipeline.now().as_ms() as f64 / 1_000.0);
    Ok(())
}

/// Three seconds at 16 kHz: silence, one second of a 200 Hz buzz, silence.
fn burst() -> Vec<i16> {
    let buzz = |n: usize| if n % 80 < 8 { 9_000 } else { -1_000 };
    (0..48_000).map(|n| if (16_000..32_000).contains(&n) { buzz(n) } else { 0 }).collect()
}
