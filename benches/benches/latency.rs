//! How late things are: percentiles over many frames, beside criterion's own timing.
//!
//! * `hop`: `push_wire` → `pop_clean` through a real audio thread, at three ticks. Criterion times
//!   one call whose frames come at random moments; the table is [`CALLS`] calls on one thread.
//!   The reader polls without sleeping, so that its own wake-up is not in the number; that it was
//!   preempted, on a machine busy with other things, is.
//! * `event`: in the same run, from the push of the frame in which something was decided to
//!   `pop_event`.
//! * `tick late`, `tick work`: what the engine says of itself in the same run.
//! * `barge_in`: labelled start of an interruption → the decision to yield and clear, in virtual
//!   time, by replaying the fixture calls with each preset. Criterion times the replay of
//!   `interruption`.
//!
//! ```text
//! cargo bench -p benches --bench latency
//! ```

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use audio_core::barge_in::Preset;
use audio_core::engine::{CallHandle, Engine, EngineConfig};
use audio_core::frame::{FRAME_MS, FRAME_SAMPLES, PcmFrame, SampleTime};
use audio_core::pipeline::PipelineConfig;
use audio_core::tape::Tape;
use audio_core::vad::{VadConfig, VadKind};
use benches::{Line, Percentiles, Table, histogram, samples};
use criterion::{Criterion, SamplingMode};
use hdrhistogram::Histogram;
use telephony_bridge::providers::embedded::VoiceLibrary;
use telephony_bridge::session::SessionConfig;
use telephony_bridge::tape::{ReplayOptions, ReplayReport, replay};

/// Calls on the one thread whose percentiles are taken.
const CALLS: usize = 100;
const FRAME: Duration = Duration::from_millis(FRAME_MS as u64);
/// Frames of each call that are not counted: the engine takes the calls in meanwhile.
const WARM_UP: u32 = 25;

fn engine(tick: Duration) -> Engine {
    let mut config = EngineConfig::default();
    (config.workers, config.tick) = (1, tick);
    Engine::start(config).expect("the engine starts")
}

/// A chain that decides as often as it can: no hangover, no onset.
fn eager() -> PipelineConfig {
    let mut config = PipelineConfig::default();
    (config.vad.onset_frames, config.vad.onset_window, config.vad.hangover_ms) = (1, 1, FRAME_MS);
    config
}

/// A call, and when its last frames were pushed.
struct Caller {
    line: Line,
    handle: CallHandle,
    /// When the next frame is due.
    due: Instant,
    /// Frame `n` was pushed at `pushed[n % 64]`; the rings hold fewer.
    pushed: [Instant; 64],
}

impl Caller {
    fn new(engine: &Engine, speech: &[PcmFrame], skip: usize, due: Instant) -> Self {
        let handle = engine.attach(eager()).expect("there is a slot");
        Self { line: Line::new(speech, skip), handle, due, pushed: [due; 64] }
    }

    fn push(&mut self) {
        let frame = self.line.next_frame();
        self.pushed[frame.seq as usize % 64] = Instant::now();
        // A full ring is counted by the engine and reported as lost.
        let _ = self.handle.push_wire(&frame);
    }

    /// How long ago the frame that starts at `at` was pushed, once warmed up.
    fn age(&self, at: SampleTime) -> Option<u64> {
        let seq = (at.0 / FRAME_SAMPLES as u64) as u32;
        let age = self.pushed[seq as usize % 64].elapsed().as_nanos() as u64;
        (seq >= WARM_UP).then_some(age)
    }

    /// Takes what has come out.
    fn pop(&mut self, measured: &mut Measured) {
        while let Some(frame) = self.handle.pop_clean() {
            self.age(frame.at).inspect(|&ns| measured.hop.saturating_record(ns));
        }
        while let Some(event) = self.handle.pop_event() {
            // Decided at the end of the frame.
            let frame = event.at().saturating_sub(FRAME_SAMPLES as u64);
            self.age(frame).inspect(|&ns| measured.event.saturating_record(ns));
        }
    }
}

struct Measured {
    hop: Histogram<u64>,
    event: Histogram<u64>,
    late: Percentiles,
    work: Percentiles,
    missed: u64,
    lost: u64,
}

/// `calls` calls in real time, their frames spread evenly over every 20 ms.
fn measure(tick: Duration, calls: usize, length: Duration, speech: &[PcmFrame]) -> Measured {
    let engine = engine(tick);
    let start = Instant::now();
    let mut callers: Vec<Caller> = (0..calls)
        .map(|n| Caller::new(&engine, speech, n * 37, start + FRAME.mul_f64(n as f64 / calls as f64)))
        .collect();
    let (late, work) = (Percentiles::default(), Percentiles::default());
    let mut measured = Measured { hop: histogram(), event: histogram(), late, work, missed: 0, lost: 0 };
    while start.elapsed() < length {
        for caller in &mut callers {
            if caller.due <= Instant::now() {
                caller.due += FRAME;
                caller.push();
            }
            caller.pop(&mut measured);
        }
        thread::yield_now();
    }
    let stats = engine.stats();
    let worker = &stats.workers[0];
    (measured.late, measured.work) = (worker.late.into(), worker.work.into());
    (measured.missed, measured.lost) = (stats.ticks_missed(), stats.frames_lost());
    measured
}

/// One call, `frames` frames at random moments: the sum of their hops.
fn one_call(tick: Duration, frames: u64, speech: &[PcmFrame], random: &mut u32) -> Duration {
    let engine = engine(tick);
    let mut caller = Caller::new(&engine, speech, 0, Instant::now());
    let mut hop = || {
        caller.push();
        let pushed = Instant::now();
        while caller.handle.pop_clean().is_none() {
            thread::yield_now();
        }
        while caller.handle.pop_event().is_some() {}
        pushed.elapsed()
    };
    hop(); // the engine takes the call in
    (0..frames)
        .map(|_| {
            // Knuth's LCG: after a hop the tick has just been, so wait for part of the next.
            *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            thread::sleep(tick.mul_f64(f64::from(*random) / f64::from(u32::MAX)));
            hop()
        })
        .sum()
}

fn hops(c: &mut Criterion) {
    let speech = benches::speech("booking");
    let (calls, length) = samples((4, Duration::from_secs(1)), (CALLS, Duration::from_secs(12)));
    let (mut table, mut random) = (Table::default(), 1);
    let mut group = c.benchmark_group("latency");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    for tick in [2_500, 5_000, 10_000].map(Duration::from_micros) {
        let mut measured = None;
        group.bench_function(format!("hop/tick_{tick:?}"), |b| {
            // Here, so that a filter on the command line holds for it too.
            measured.get_or_insert_with(|| measure(tick, calls, length, &speech));
            b.iter_custom(|frames| one_call(tick, frames, &speech, &mut random));
        });
        let Some(measured) = measured else { continue };
        table.row(format!("hop, tick {tick:?}"), &measured.hop);
        table.row(format!("event, tick {tick:?}"), &measured.event);
        table.row(format!("tick late, tick {tick:?}"), measured.late);
        table.row(format!("tick work, tick {tick:?}"), measured.work);
        println!("tick {tick:?}: {} ticks missed, {} frames lost", measured.missed, measured.lost);
    }
    group.finish();
    table.print(&format!("{calls} calls on one audio thread"));
}

fn replayed(tape: &Tape, preset: Preset) -> ReplayReport {
    let options = ReplayOptions {
        barge_in: preset.config(),
        detector: VadKind::default(),
        vad: VadConfig::default(),
        session: SessionConfig::default(),
        timing: false,
        library: VoiceLibrary::default(),
    };
    replay(tape, &options).expect("the fixtures are complete")
}

fn barge_in(c: &mut Criterion) {
    let interruption = benches::tape("interruption");
    let calls = samples(vec!["interruption".to_owned()], benches::all_calls());
    let tapes: Vec<Tape> = calls.iter().map(|call| benches::tape(call)).collect();
    let mut table = Table::default();
    let mut group = c.benchmark_group("latency");
    group.sample_size(20);
    for preset in Preset::ALL {
        let mut ran = false;
        group.bench_function(format!("barge_in/{preset}"), |b| {
            ran = true;
            b.iter(|| replayed(black_box(&interruption), preset));
        });
        if !ran {
            continue;
        }
        let mut all = histogram();
        let (mut hits, mut missed, mut false_ones) = (0, 0, 0);
        for tape in &tapes {
            let counts = replayed(tape, preset).barge_in;
            hits += counts.true_positives.unwrap_or(0);
            missed += counts.missed.unwrap_or(0);
            false_ones += counts.false_positives.unwrap_or(0);
            let latencies = counts.latency_ms.unwrap_or_default();
            if tape.name == interruption.name {
                println!("{preset}, {}: {latencies:?} ms", tape.name);
            }
            latencies.iter().for_each(|ms| all.saturating_record(ms * 1_000_000));
        }
        table.row(format!("{preset}: {hits} hits, {missed} missed, {false_ones} false"), &all);
    }
    group.finish();
    table.print(&format!("speech onset → clear, virtual time, fixture calls: {}", tapes.len()));
}

fn main() {
    benches::run(|c| {
        hops(c);
        barge_in(c);
    });
}
