//! A call's whole signal chain: one step of 20 ms, both directions, queues drained as a driver
//! drains them; and a whole recorded call. The elements a second are frames of 20 ms: divide by 50
//! for the number of calls on one core.
//!
//! ```text
//! cargo bench -p benches --bench pipeline
//! ```

use std::hint::black_box;

use audio_core::frame::WireFrame;
use audio_core::pipeline::{CallPipeline, PipelineConfig};
use audio_core::replay::Replay;
use benches::Line;
use criterion::{BatchSize, Criterion, Throughput};

/// The agent's replies last five seconds each.
const REPLY_FRAMES: u32 = 250;

fn pipeline() -> CallPipeline {
    CallPipeline::new(PipelineConfig::default()).expect("the defaults are valid")
}

/// One step, as a driver takes it. Returns how much came out.
fn step(pipeline: &mut CallPipeline, caller: &WireFrame, agent: Option<&WireFrame>) -> usize {
    pipeline.push_wire(black_box(caller));
    let sent = pipeline.process_agent(black_box(agent));
    let clean = std::iter::from_fn(|| pipeline.poll_clean()).count();
    let events = std::iter::from_fn(|| pipeline.poll_event()).count();
    clean + events + usize::from(black_box(sent).is_some())
}

fn steps(c: &mut Criterion) {
    let speech = benches::speech("booking");
    let mut group = c.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(1));

    for (name, mut caller) in [("silence", Line::silent()), ("speech", Line::new(&speech, 0))] {
        let mut pipeline = pipeline();
        group.bench_function(name, |b| b.iter(|| step(&mut pipeline, &caller.next_frame(), None)));
    }

    let (mut caller, mut pipeline) = (Line::new(&speech, 0), pipeline());
    let reply = benches::tape("booking").agent_clips[0].clone().unwrap_or_default();
    let mut agent = Line::new(&benches::frames(&reply), 0);
    group.bench_function("speech_over_agent", |b| {
        b.iter(|| {
            let frame = agent.next_frame();
            let frame = WireFrame { seq: frame.seq / REPLY_FRAMES, ..frame };
            step(&mut pipeline, &caller.next_frame(), Some(&frame))
        });
    });
    group.finish();
}

fn whole_call(c: &mut Criterion) {
    let caller = benches::tape("booking").caller;
    let mut group = c.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(benches::frames(&caller).len() as u64));
    group.bench_function("whole_call/booking", |b| {
        b.iter_batched_ref(
            || Replay::new(pipeline()),
            |replay| replay.run(black_box(&caller)),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn main() {
    benches::run(|c| {
        steps(c);
        whole_call(c);
    });
}
