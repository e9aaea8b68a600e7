//! The real-time law: after construction a call neither allocates nor frees.

mod common;

use audio_core::barge_in::{BargeInConfig, Preset};
use audio_core::frame::WireFrame;
use audio_core::framer::Framer;
use audio_core::pipeline::{CallPipeline, PipelineConfig};
use audio_core::resample::Resampler;
use audio_core::sys::alloc::{
    CountingAllocator, count_on_this_thread, mark_thread_realtime, realtime_allocations,
    unmark_thread_realtime,
};
use audio_core::vad::VadKind;
use common::{Line, wire};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn the_counter_counts() {
    let ((), calls) = count_on_this_thread(|| drop(std::hint::black_box(vec![1u8; 100])));
    assert_eq!(calls, 2);
}

/// Twenty minutes of call: speech, silence, barge-ins, flushes, loss, doubles, a restart of the
/// stream, queues that overflow, resets. Returns the number of events.
fn long_call(pipeline: &mut CallPipeline, line: &[WireFrame], agent: &WireFrame) -> u32 {
    let presets = Preset::ALL.map(BargeInConfig::from);
    let mut events = 0;
    for n in 0..60_000u32 {
        let frame = WireFrame { seq: n, timestamp: n * 160, ..line[n as usize % line.len()] };
        match n % 997 {
            1 => continue,
            2..=5 => (0..3).for_each(|_| pipeline.push_wire(&frame)),
            6 => pipeline.push_wire(&WireFrame { seq: n - 3, ..frame }),
            _ => pipeline.push_wire(&frame),
        }
        let reply = WireFrame { seq: n / 500, generation: n / 500, ..*agent };
        let _ = pipeline.process_agent((n % 500 < 400).then_some(&reply));
        if n % 500 == 450 {
            pipeline.flush(n / 500 + 1);
            pipeline.set_barge_in(presets[n as usize / 500 % 3]);
        }
        if n % 10_000 > 200 {
            while pipeline.poll_clean().is_some() {}
            while pipeline.poll_event().is_some() {
                events += 1;
            }
        }
        if n % 20_000 == 19_999 {
            pipeline.reset();
        }
    }
    events
}

#[test]
fn a_whole_call_makes_no_call_into_the_allocator() {
    for &kind in VadKind::ALL {
        let mut pipeline = CallPipeline::new(PipelineConfig::new(kind, Preset::Adaptive)).expect("valid");
        let line: Vec<WireFrame> = Line::new().silence(25).voice(40, 8_000.0).silence(35).frames();
        let agent = wire(&Line::new().voice(1, 3_000.0).pcm(), 0);
        let before = realtime_allocations();
        mark_thread_realtime();
        let (events, calls) = count_on_this_thread(|| long_call(&mut pipeline, &line, &agent));
        let on_marked_threads = realtime_allocations() - before;
        unmark_thread_realtime();
        assert_eq!((calls, on_marked_threads), (0, 0), "{kind}");
        assert!(events > 500, "{kind}: only {events} events: the test walks no interesting path");
    }
}

#[test]
fn resampling_and_framing_make_no_call_into_the_allocator() {
    let rates = [(8_000, 16_000), (24_000, 8_000), (8_000, 48_000), (44_100, 8_000)];
    let mut resamplers = rates.map(|(from, to)| Resampler::new(from, to).expect("supported"));
    let mut framer = Framer::new(48_000).expect("supported");
    let (input, mut output, mut frames) = ([0.1f32; 777], [0.0f32; 8_000], 0);
    let ((), calls) = count_on_this_thread(|| {
        for _ in 0..500 {
            for resampler in &mut resamplers {
                let progress = resampler.process(&input, &mut output);
                assert_eq!(progress.consumed, input.len());
            }
            framer.push_f32(&input, |_| frames += 1);
        }
        for resampler in &mut resamplers {
            while resampler.flush(&mut output) > 0 {}
            resampler.reset();
        }
    });
    assert_eq!(calls, 0);
    assert!(frames > 0);
}
