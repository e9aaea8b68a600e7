//! When the agent is turned down and when it yields.

#[cfg(feature = "tape")]
mod behind;
mod callers;
#[path = "../common/mod.rs"]
mod common;
mod own_echo;
mod presets;

use audio_core::barge_in::BargeInConfig;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineEvent as Event};
use audio_core::replay::Replay;
use audio_core::vad::VadKind;
use common::{Line, wire};

/// Frames per second.
const SECOND: usize = 50;
/// Long enough for any reply here.
const LONG: usize = 60 * SECOND;

fn replay(kind: VadKind, rules: impl Into<BargeInConfig>) -> Replay {
    Replay::new(CallPipeline::new(PipelineConfig::new(kind, rules)).expect("valid"))
}

/// Plays `caller` while the agent says one reply from frame `from` to frame `to`.
fn overlap(replay: &mut Replay, caller: Line, from: usize, to: usize) -> Vec<Event> {
    let caller = caller.pcm();
    let agent = Line::of(205.0).voice(caller.len() / FRAME_SAMPLES, 3_000.0).pcm();
    let mut events = Vec::new();
    for (n, frame) in caller.chunks_exact(FRAME_SAMPLES).enumerate() {
        let mut pcm: PcmFrame = [0; FRAME_SAMPLES];
        pcm.copy_from_slice(frame);
        let reply = wire(&agent[n * FRAME_SAMPLES..], 1);
        replay.step(&pcm, (from..to).contains(&n).then_some(&reply));
        events.extend(core::iter::from_fn(|| replay.pipeline_mut().poll_event()));
        while replay.pipeline_mut().poll_clean().is_some() {}
    }
    events
}

fn yields(events: &[Event]) -> Vec<u64> {
    let at = |event: &Event| match event {
        Event::BargeIn { at, .. } => Some(at.as_ms()),
        _ => None,
    };
    events.iter().filter_map(at).collect()
}

/// Everything that happens while the agent says one reply over `caller`.
#[cfg(feature = "tape")]
fn under_one_reply(kind: VadKind, rules: impl Into<BargeInConfig>, caller: &[i16]) -> Vec<Event> {
    let caller = caller.as_chunks::<FRAME_SAMPLES>().0;
    let agent = Line::of(205.0).voice(caller.len(), 300.0).frames();
    let (mut replay, mut events) = (replay(kind, rules), Vec::new());
    for (pcm, reply) in caller.iter().zip(&agent) {
        replay.step(pcm, Some(&WireFrame { seq: 1, ..*reply }));
        events.extend(core::iter::from_fn(|| replay.pipeline_mut().poll_event()));
        while replay.pipeline_mut().poll_clean().is_some() {}
    }
    events
}

/// What callers say in a recorded call of the fixtures: its kind, and the line from so many frames before it to so many after.
#[cfg(feature = "tape")]
fn said(call: &str, before: usize, after: usize) -> Vec<(audio_core::tape::SpanKind, Vec<i16>)> {
    let path = format!("{}/../fixtures/calls/{call}", env!("CARGO_MANIFEST_DIR"));
    let tape = audio_core::tape::Tape::load(path).expect("a tape");
    let line = |start_ms: u64, end_ms: u64| {
        let frames = (start_ms as usize / 20 - before)..(end_ms as usize / 20 + after);
        tape.caller[frames.start * FRAME_SAMPLES..frames.end * FRAME_SAMPLES].to_vec()
    };
    tape.file.caller.iter().map(|span| (span.kind, line(span.start_ms, span.end_ms))).collect()
}
