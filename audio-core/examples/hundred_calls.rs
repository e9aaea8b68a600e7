//! The engine with a hundred calls for five seconds: what a server does, without the sockets.
//!
//! ```text
//! cargo run --release -p kav-audio-core --example hundred_calls
//! ```

use std::error::Error;
use std::time::{Duration, Instant};

use audio_core::engine::{Engine, EngineConfig};
use audio_core::frame::WireFrame;
use audio_core::pipeline::{CallPipeline, PipelineConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::<CallPipeline>::start(EngineConfig::default())?;
    let mut calls = Vec::new();
    for _ in 0..100 {
        calls.push(engine.attach(PipelineConfig::default())?); // refused once the engine is full
    }
    let (mut heard, mut said, begun) = (0u64, 0u64, Instant::now());
    for seq in 0..250 {
        let frame = WireFrame { seq, timestamp: seq * 160, ..WireFrame::SILENCE };
        for call in &mut calls {
            call.push_wire(&frame)?; // from the caller's socket
            if call.agent_queue_free() > 24 {
                let generation = call.generation();
                call.push_agent(&WireFrame { generation, seq: 0, ..frame })?; // from speech synthesis
            }
            heard += std::iter::from_fn(|| call.pop_clean()).count() as u64; // to speech recognition
            said += std::iter::from_fn(|| call.pop_wire()).count() as u64; // to the caller's socket
            while let Some(event) = call.pop_event() {
                println!("{event:?}"); // to the conversation
            }
        }
        std::thread::sleep((Duration::from_millis(20) * (seq + 1)).saturating_sub(begun.elapsed()));
    }
    let stats = engine.stats();
    println!(
        "{heard} frames heard, {said} said, {} lost, {} ticks missed",
        stats.frames_lost(),
        stats.ticks_missed()
    );
    println!("work a tick: {:?}", stats.workers[0].work);
    drop(calls);
    engine.shutdown(Duration::from_secs(1))?;
    Ok(())
}
