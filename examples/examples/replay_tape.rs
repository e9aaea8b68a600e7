//! Replays the caller's side of a tape through the signal chain, in virtual time: what it takes
//! for speech beside what the labels say, and how fast that went.
//!
//! ```text
//! cargo run --release -p examples --example replay_tape [-- FOLDER]
//! ```
//!
//! `FOLDER` holds `tape.json` and `caller.wav`; without it, the fixture call `booking`. Onsets
//! found lie before the label's start by the pre-roll, so that recognition loses nothing. For the
//! whole conversation, agent included, see `telephony-bridge replay`.

use std::time::Instant;

use anyhow::Result;
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineEvent};
use audio_core::replay::Replay;
use audio_core::tape::Tape;

const BOOKING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/calls/booking");

fn main() -> std::process::ExitCode {
    examples::exit(run())
}

fn run() -> Result<()> {
    let tape = Tape::load(std::env::args().nth(1).unwrap_or_else(|| BOOKING.into()))?;
    let mut replay = Replay::new(CallPipeline::new(PipelineConfig::default())?);
    let begun = Instant::now();
    let events = replay.run(&tape.caller);
    let took = begun.elapsed().as_secs_f64();

    let mut found = spans(&events, replay.pipeline().now().as_ms());
    println!("{:<14} {:>15}   found ms", "label", "start–end ms");
    for label in &tape.file.caller {
        let overlaps = |span: &(u64, u64)| span.0 < label.end_ms && label.start_ms < span.1;
        let name = format!("{:?}", label.kind);
        print!("{name:<14} {:>7}–{:<7}  ", label.start_ms, label.end_ms);
        for (start, end) in found.extract_if(.., |span| overlaps(span)) {
            print!(" {start}–{end}");
        }
        println!();
    }
    for (start, end) in found {
        println!("{:<14} {:>15}   {start}–{end}", "no label", "");
    }

    let seconds = tape.caller.len() as f64 / 8_000.0;
    let (ms, factor) = (took * 1e3, seconds / took);
    println!("\n{}: {seconds:.2} s in {ms:.2} ms, {factor:.0} × real time", tape.name);
    Ok(())
}

/// From onset to last voice, in ms; speech that is still going on ends with the recording.
fn spans(events: &[PipelineEvent], end_ms: u64) -> Vec<(u64, u64)> {
    let mut spans = Vec::new();
    for event in events {
        match event {
            PipelineEvent::SpeechStart { onset, .. } => spans.push((onset.as_ms(), end_ms)),
            PipelineEvent::SpeechEnd { last_voice, .. } => {
                if let Some(span) = spans.last_mut() {
                    span.1 = last_voice.as_ms();
                }
            }
            _ => {}
        }
    }
    spans
}
