//! The real-time law on the engine's threads: two hundred calls, flushes, churn and overflow, and not
//! one call into the allocator, neither to take nor to free. `.ci/proofs` runs this once more under the
//! compiler's real-time sanitizer.
#![cfg(feature = "engine")]

use std::time::{Duration, Instant};

use audio_core::engine::{CallHandle, Engine, EngineConfig};
use audio_core::frame::{FRAME_SAMPLES, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineConfig};
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread, realtime_allocations};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const CALLS: usize = 200;

/// A call and the frames it has pushed.
struct Line {
    call: CallHandle,
    wire: u32,
    agent: u32,
    clean: u64,
    out: u64,
}

impl Line {
    fn new(engine: &Engine) -> Self {
        let call = engine.attach(PipelineConfig::default()).expect("a free slot");
        Self { call, wire: 0, agent: 0, clean: 0, out: 0 }
    }

    /// 20 ms: a caller who speaks now and then over an agent who speaks now and then.
    fn frame(&mut self, n: usize) {
        let tone = |k: usize| if (k / 20).is_multiple_of(2) { 0x20 } else { 0xa0 };
        let mut frame = WireFrame { seq: self.wire, timestamp: self.wire * 160, ..WireFrame::SILENCE };
        if n % 100 < 40 {
            frame.payload = std::array::from_fn::<u8, FRAME_SAMPLES, _>(tone);
        }
        if self.call.push_wire(&frame).is_ok() {
            self.wire += 1;
        }
        if n % 120 < 80 {
            frame.generation = self.call.generation();
            frame.seq = (n / 120) as u32;
            frame.payload = std::array::from_fn::<u8, FRAME_SAMPLES, _>(tone);
            if self.call.push_agent(&frame).is_ok() {
                self.agent += 1;
            }
        }
        if n % 250 == 249 {
            self.call.flush();
        }
    }

    fn drain(&mut self) {
        self.clean += std::iter::from_fn(|| self.call.pop_clean()).count() as u64;
        self.out += std::iter::from_fn(|| self.call.pop_wire()).count() as u64;
        std::iter::from_fn(|| self.call.pop_event()).count();
    }
}

fn config() -> EngineConfig {
    let mut config = EngineConfig::default();
    config.workers = 1;
    config
}

#[test]
fn ten_seconds_of_two_hundred_calls_neither_allocate_nor_lose_a_frame() {
    let (engine, mut workers) = Engine::<CallPipeline>::unthreaded(config()).unwrap();
    let mut lines: Vec<_> = (0..CALLS).map(|_| Line::new(&engine)).collect();
    let (mut wire, mut agent, mut calls_seen) = (0u64, 0u64, CALLS);
    let (mut skipped, mut lost, mut flushed, mut out) = (0, 0, 0, 0);
    let mut finish = |line: &Line| {
        let c = line.call.counters();
        wire += u64::from(line.wire) - c.frames_in;
        agent += u64::from(line.agent) - c.frames_out - c.agent_flushed;
        skipped += c.uplink_skipped + c.wire_rejected + c.agent_rejected;
        lost += c.clean_lost + c.events_lost + c.wire_lost;
        flushed += c.agent_flushed + c.wire_flushed;
        out += line.out;
    };
    for n in 0..500 {
        lines.iter_mut().for_each(|line| line.frame(n));
        for tick in 0..4 {
            let now = Duration::from_millis((n * 20 + tick * 5 + 5) as u64);
            let ((), calls) = count_on_this_thread(|| workers[0].tick(now));
            assert_eq!(calls, 0, "allocator calls in tick {tick} of frame {n}");
        }
        lines.iter_mut().for_each(Line::drain);
        // Churn: one call hangs up when its agent is silent, another begins.
        if n % 120 > 100 {
            let ended = std::mem::replace(&mut lines[n % CALLS], Line::new(&engine));
            finish(&ended);
            calls_seen += 1;
        }
    }
    // The rest of the last reply: at most the lead and the ring.
    for n in 0..200 {
        workers[0].tick(Duration::from_millis(10_000 + n * 5 + 5));
        lines.iter_mut().for_each(Line::drain);
    }
    lines.iter().for_each(&mut finish);
    assert_eq!((wire, agent, skipped, lost), (0, 0, 0, 0), "every frame arrived, in {calls_seen} calls");
    assert!(out > 0 && flushed > 0 && calls_seen > CALLS);
    assert_eq!(engine.stats().frames_lost(), 0);
}

/// Two seconds, or `KAV_CHURN_SECONDS`, in real time.
#[test]
fn real_audio_threads_never_call_the_allocator() {
    let seconds = std::env::var("KAV_CHURN_SECONDS").map_or(2, |s| s.parse().expect("whole seconds"));
    let engine = Engine::<CallPipeline>::start(config()).unwrap();
    let mut lines: Vec<_> = (0..CALLS).map(|_| Line::new(&engine)).collect();
    let (begun, mut calls) = (Instant::now(), CALLS);
    for n in 0..50 * seconds {
        for line in &mut lines {
            // Now and then more comes than fits.
            for _ in 0..if n % 40 == 39 { 24 } else { 1 } {
                line.frame(n);
            }
            line.drain();
        }
        if n.is_multiple_of(5) {
            lines[n % CALLS] = Line::new(&engine);
            calls += 1;
        }
        let due = begun + Duration::from_millis(20) * (n as u32 + 1);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let stats = engine.stats();
    println!("{calls} calls, {} allocator calls on audio threads", realtime_allocations());
    println!("{:#?}", stats.workers[0]);
    engine.shutdown(Duration::from_secs(60)).unwrap();
    assert_eq!(realtime_allocations(), 0);
    for line in &mut lines {
        line.drain();
        let c = line.call.counters();
        assert_eq!(line.clean + c.clean_lost, c.frames_in, "whatever the machine was doing");
        assert!(c.frames_in + c.uplink_skipped <= u64::from(line.wire));
    }
    let overflowed: u64 = lines.iter().map(|line| line.call.counters().wire_rejected).sum();
    assert!(overflowed > 0, "more came than fits");
}
