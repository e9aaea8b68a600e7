//! A day of calls in virtual time: they come, talk over a bad network, are interrupted and go. At the end
//! every frame is accounted for and the process is as large as it was.
//!
//! ```text
//! cargo test --release -p kav-audio-core --test engine_soak -- --ignored --nocapture       24 hours
//! ```
#![cfg(feature = "engine")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use audio_core::barge_in::BargeInConfig;
use audio_core::engine::{CallHandle, Chain, Engine, EngineConfig, Worker};
use audio_core::frame::{CleanFrame, FRAME_SAMPLES, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineCounters, PipelineEvent};

/// Calls at once.
const LINES: usize = 2;
const FRAMES_AN_HOUR: u64 = 50 * 3_600;

/// Sums over all calls that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    calls: u64,
    // What the far side did.
    sent: u64,
    said: u64,
    heard: u64,
    clean: u64,
    events: u64,
    /// Numbers given to caller frames: those that the network lost too.
    numbered: u64,
    // What the engine says.
    frames_in: u64,
    frames_out: u64,
    wire_rejected: u64,
    uplink_skipped: u64,
    agent_rejected: u64,
    agent_flushed: u64,
    wire_flushed: u64,
    engine_lost: u64,
}

/// What the pipelines say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Inside {
    calls: u64,
    received: u64,
    released: u64,
    lost: u64,
    late: u64,
    duplicate: u64,
    resyncs: u64,
    agent_sent: u64,
    agent_fenced: u64,
    dropped: u64,
}

impl Inside {
    fn add(&mut self, counters: PipelineCounters) {
        let jitter = counters.jitter;
        self.calls += 1;
        self.received += jitter.received;
        self.released += jitter.released;
        self.lost += jitter.lost;
        self.late += jitter.late;
        self.duplicate += jitter.duplicate;
        self.resyncs += jitter.resyncs;
        self.agent_sent += counters.agent_sent;
        self.agent_fenced += counters.agent_fenced;
        self.dropped += counters.events_dropped + counters.clean_dropped;
    }
}

/// The real chain; what it counted is kept when its call has ended.
struct Watched(CallPipeline);

#[derive(Clone, Default)]
struct WatchedConfig {
    pipeline: PipelineConfig,
    inside: Arc<Mutex<Inside>>,
}

impl PartialEq for WatchedConfig {
    fn eq(&self, other: &Self) -> bool {
        self.pipeline == other.pipeline
    }
}

impl Chain for Watched {
    type Config = WatchedConfig;

    fn build(config: &WatchedConfig) -> Result<Self, audio_core::Error> {
        CallPipeline::new(config.pipeline.clone()).map(Self)
    }
    fn recycle(&mut self, config: &WatchedConfig) {
        config.inside.lock().expect("nobody panics with it").add(self.0.counters());
        Chain::recycle(&mut self.0, &config.pipeline);
    }
    fn push_wire(&mut self, frame: &WireFrame) {
        self.0.push_wire(frame);
    }
    fn process_agent(&mut self, frame: Option<&WireFrame>) -> Option<WireFrame> {
        self.0.process_agent(frame)
    }
    fn flush(&mut self, generation: u32) {
        self.0.flush(generation);
    }
    fn set_barge_in(&mut self, config: BargeInConfig) {
        self.0.set_barge_in(config);
    }
    fn poll_event(&mut self) -> Option<PipelineEvent> {
        self.0.poll_event()
    }
    fn poll_clean(&mut self) -> Option<CleanFrame> {
        self.0.poll_clean()
    }
}

/// Knuth's LCG.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// One call and its far side.
struct Line {
    call: CallHandle,
    seq: u32,
    /// The number at which it ends; its last second comes in order.
    end: u32,
    /// Held back by the network, to be overtaken.
    held: Option<WireFrame>,
    sent: u64,
    said: u64,
    heard: u64,
    clean: u64,
    events: u64,
}

impl Line {
    fn new(engine: &Engine<Watched>, config: &WatchedConfig, frames: u64) -> Self {
        let call = engine.attach(config.clone()).expect("a free slot");
        let (sent, said, heard, clean, events) = (0, 0, 0, 0, 0);
        Self { call, seq: 0, end: frames as u32, held: None, sent, said, heard, clean, events }
    }

    fn is_over(&self) -> bool {
        self.seq == self.end
    }

    fn push(&mut self, frame: &WireFrame) {
        self.sent += 1;
        // A full ring is counted.
        let _ = self.call.push_wire(frame);
    }

    /// 20 ms.
    fn frame(&mut self, random: &mut Random) {
        let n = self.seq;
        self.seq += 1;
        let voice = |period: usize| move |k: usize| if k % period < 5 { 0x10 } else { 0xc0 };
        let mut frame = WireFrame { seq: n, timestamp: n.wrapping_mul(160), ..WireFrame::SILENCE };
        if n % 300 < 90 {
            frame.payload = std::array::from_fn::<u8, FRAME_SAMPLES, _>(voice(37 + (n % 9) as usize));
        }
        // What was lost before the first frame that came, nobody can know of.
        let in_order = n == 0 || self.end - n <= 50;
        let held = self.held.take();
        match if in_order { 99 } else { random.below(100) } {
            0 => {}                                             // lost
            1 | 2 if held.is_none() => self.held = Some(frame), // overtaken
            3 => (0..2).for_each(|_| self.push(&frame)),        // twice
            _ => self.push(&frame),
        }
        if let Some(held) = held {
            self.push(&held);
        }
        if !in_order && random.below(20_000) == 0 {
            // The network stalled, and now everything comes at once.
            for _ in 0..20 {
                let seq = self.seq;
                self.seq += 1;
                self.push(&WireFrame { seq, timestamp: seq.wrapping_mul(160), ..WireFrame::SILENCE });
                if self.end - self.seq <= 50 {
                    break;
                }
            }
        }
        if n % 250 < 150 && self.call.agent_queue_free() > 24 {
            let payload = std::array::from_fn::<u8, FRAME_SAMPLES, _>(voice(61));
            let frame =
                WireFrame { seq: n / 250, generation: self.call.generation(), payload, ..WireFrame::SILENCE };
            self.said += 1;
            let _ = self.call.push_agent(&frame);
        }
        if random.below(500) == 0 {
            self.call.flush();
        }
    }

    fn drain(&mut self) {
        self.clean += std::iter::from_fn(|| self.call.pop_clean()).count() as u64;
        self.heard += std::iter::from_fn(|| self.call.pop_wire()).count() as u64;
        self.events += std::iter::from_fn(|| self.call.pop_event()).count() as u64;
    }

    fn settle(&self, sums: &mut Sums) {
        let c = self.call.counters();
        sums.calls += 1;
        sums.sent += self.sent;
        sums.said += self.said;
        sums.heard += self.heard;
        sums.clean += self.clean;
        sums.events += self.events;
        sums.numbered += u64::from(self.seq);
        sums.frames_in += c.frames_in;
        sums.frames_out += c.frames_out;
        sums.wire_rejected += c.wire_rejected;
        sums.uplink_skipped += c.uplink_skipped;
        sums.agent_rejected += c.agent_rejected;
        sums.agent_flushed += c.agent_flushed;
        sums.wire_flushed += c.wire_flushed;
        sums.engine_lost += c.wire_lost + c.clean_lost + c.events_lost;
    }
}

/// The engine and its virtual clock.
struct World {
    engine: Engine<Watched>,
    workers: Vec<Worker<Watched>>,
    now: Duration,
    tick: Duration,
}

impl World {
    fn frame(&mut self) {
        for _ in 0..4 {
            self.now += self.tick;
            self.workers.iter_mut().for_each(|worker| worker.tick(self.now));
        }
    }
}

/// Runs `frames` frames of calls that last about `mean` frames; looks at the process every `look`.
fn soak(frames: u64, mean: u64, look: u64) -> (Sums, Inside, Vec<u64>) {
    let mut config = EngineConfig::default();
    (config.workers, config.slots_per_worker) = (1, LINES);
    let tick = config.tick;
    let (engine, workers) = Engine::<Watched>::unthreaded(config).expect("valid settings");
    let mut world = World { engine, workers, now: Duration::ZERO, tick };
    let config = WatchedConfig::default();
    let (mut random, mut sums, mut resident) = (Random(7), Sums::default(), Vec::new());
    let length = |random: &mut Random| mean / 2 + random.below(mean) + 100;
    let mut lines: Vec<Line> = Vec::new();
    for n in 0..frames {
        while lines.len() < LINES && world.engine.stats().calls < LINES {
            let frames = length(&mut random);
            lines.push(Line::new(&world.engine, &config, frames));
        }
        lines.iter_mut().filter(|line| !line.is_over()).for_each(|line| line.frame(&mut random));
        world.frame();
        lines.iter_mut().for_each(Line::drain);
        let over = |line: &mut Line| line.is_over();
        for mut line in lines.extract_if(.., over) {
            // What the agent still had to say is cancelled; what is on its way arrives.
            line.call.flush();
            world.frame();
            line.drain();
            line.settle(&mut sums);
        }
        if (n + 1).is_multiple_of(look) {
            resident.push(resident_kb());
        }
    }
    // The last ones hang up where they are.
    for mut line in lines {
        line.end = line.seq + 50;
        while !line.is_over() {
            line.frame(&mut random);
            world.frame();
            line.drain();
        }
        line.call.flush();
        world.frame();
        line.drain();
        line.settle(&mut sums);
    }
    world.frame();
    world.engine.reap();
    let inside = *config.inside.lock().expect("nobody panics with it");
    let stats = &world.engine.stats();
    assert_eq!((stats.calls, stats.workers[0].calls_failed), (0, 0));
    (sums, inside, resident)
}

/// Every frame has a fate, from the socket to the ear and from the mouth to the recogniser.
fn explain(sums: &Sums, inside: &Inside) {
    println!("{sums:#?}\n{inside:#?}");
    assert_eq!(inside.calls, sums.calls);
    // The caller's line: sent → taken, skipped or refused → released, late or twice → heard.
    assert_eq!(sums.sent, sums.frames_in + sums.uplink_skipped + sums.wire_rejected);
    assert_eq!(sums.frames_in, inside.received);
    assert_eq!(inside.received, inside.released + inside.late + inside.duplicate);
    assert_eq!(inside.released, sums.clean);
    // Every number up to the last one was released or is missed; a restart skips some.
    assert!(inside.released + inside.lost <= sums.numbered);
    if inside.resyncs == 0 {
        assert_eq!(inside.released + inside.lost, sums.numbered);
    }
    // The agent's line: said → sent, or void → heard, or void.
    assert_eq!(sums.said, sums.frames_out + sums.agent_flushed + sums.agent_rejected);
    assert_eq!(sums.frames_out, inside.agent_sent);
    assert_eq!(sums.frames_out, sums.heard + sums.wire_flushed);
    assert_eq!((sums.engine_lost, inside.dropped), (0, 0));
    assert!(inside.agent_fenced <= sums.agent_flushed);
    assert!(sums.events > 0 && inside.late + inside.duplicate > 0 && inside.lost > 0);
}

/// Resident memory of this process; 0 where nobody says.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn ten_minutes_of_calls_are_explained_to_the_frame() {
    let (sums, inside, _) = soak(50 * 600, 50 * 15, u64::MAX);
    assert!(sums.calls > 40, "{} calls", sums.calls);
    explain(&sums, &inside);
}

#[test]
#[ignore = "a day in virtual time: minutes"]
fn a_day_of_calls_is_explained_to_the_frame_and_leaves_no_memory_behind() {
    let (sums, inside, resident) = soak(24 * FRAMES_AN_HOUR, 50 * 180, FRAMES_AN_HOUR);
    explain(&sums, &inside);
    println!("resident, kB, hour by hour: {resident:?}");
    let (first, last) = (resident[1], resident[23]);
    assert!(last <= first + 64, "it grew from {first} to {last} kB in 22 hours");
}
