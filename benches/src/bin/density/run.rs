//! One run: a worker on its own thread, and the far side of its calls on another.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use audio_core::engine::{CallHandle, Engine, EngineConfig, Priority, Worker};
use audio_core::frame::FRAME_MS;
use audio_core::pipeline::PipelineConfig;
use benches::histogram;
use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};

use super::far_side::{FarSide, Voices};

const FRAME: Duration = Duration::from_millis(FRAME_MS as u64);
/// Not measured: the calls are taken in, the caches and the cancellers settle.
const WARM_UP: Duration = Duration::from_secs(3);
/// How often the far side looks at its calls.
const POLL: Duration = Duration::from_millis(1);

/// What comes back from the far side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    /// The agent's voice, and the canceller runs.
    WithEcho,
    /// The caller alone, and the canceller is off.
    WithoutEcho,
}

impl Scene {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::WithEcho => "with echo",
            Self::WithoutEcho => "without",
        }
    }

    fn config(self) -> PipelineConfig {
        let mut config = PipelineConfig::default();
        config.echo.enabled = self == Self::WithEcho;
        config
    }
}

/// Calls in progress and their far sides.
pub(crate) struct Conversations {
    calls: Vec<(CallHandle, FarSide)>,
    waiting: std::vec::IntoIter<FarSide>,
    scene: Scene,
    begun: Instant,
}

impl Conversations {
    /// `most` far sides, whose memory is all taken here; no call yet.
    pub(crate) fn new(most: usize, scene: Scene) -> Self {
        let voices = Voices::new();
        // Spread at random over the 20 ms, as callers are (Knuth's LCG).
        let mut random = 1u32;
        let sides: Vec<FarSide> = (0..most)
            .map(|number| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let due = FRAME.mul_f64(f64::from(random) / f64::from(u32::MAX));
                FarSide::new(voices.clone(), number, due, scene == Scene::WithEcho)
            })
            .collect();
        let calls = Vec::with_capacity(most);
        Self { calls, waiting: sides.into_iter(), scene, begun: Instant::now() }
    }

    /// So many calls more.
    pub(crate) fn begin(&mut self, engine: &Engine, calls: usize) {
        for mut side in self.waiting.by_ref().take(calls) {
            let phases = (self.begun.elapsed().as_nanos() / FRAME.as_nanos()) as u32 + 1;
            side.due += FRAME * phases;
            let call = engine.attach(self.scene.config()).expect("there is a slot");
            self.calls.push((call, side));
        }
    }

    /// Goes on until `done`, in real time.
    pub(crate) fn go_on(&mut self, done: impl Fn() -> bool) {
        while !done() {
            let now = self.begun.elapsed();
            for (call, side) in &mut self.calls {
                side.receive(call);
                if side.due <= now {
                    side.feed(call);
                    side.speak(call);
                    side.due += FRAME;
                }
            }
            thread::sleep(POLL.saturating_sub(self.begun.elapsed() - now));
        }
    }
}

/// An engine of one worker for so many calls.
pub(crate) fn engine(calls: usize) -> (Engine, Worker, Duration) {
    let mut config = EngineConfig::default();
    (config.workers, config.slots_per_worker) = (1, calls);
    let tick = config.tick;
    let (engine, mut workers) = Engine::unthreaded(config).expect("the settings are valid");
    (engine, workers.remove(0), tick)
}

/// What the worker's thread saw.
pub(crate) struct Ticks {
    /// Thread CPU time a tick, ns.
    work: Histogram<u64>,
    late: Histogram<u64>,
    missed: u64,
    priority: Priority,
}

/// Ticks in real time, as the engine's threads do, until `stop`; measures while `measuring`.
pub(crate) fn tick(worker: &mut Worker, tick: Duration, measuring: &AtomicBool, stop: &AtomicBool) -> Ticks {
    let (work, late) = (histogram(), histogram());
    let mut ticks = Ticks { work, late, missed: 0, priority: Priority::raise() };
    let begun = Instant::now();
    let mut next = tick;
    while !stop.load(Ordering::Relaxed) {
        let wait = next.saturating_sub(begun.elapsed());
        if !wait.is_zero() {
            thread::sleep(wait);
        }
        let late = begun.elapsed().saturating_sub(next);
        let missed = late > FRAME;
        if missed {
            next += tick * (late.as_nanos() / tick.as_nanos()) as u32;
        }
        let before = thread_time();
        worker.tick(next);
        let work = thread_time() - before;
        if measuring.load(Ordering::Relaxed) {
            ticks.work.saturating_record(work.as_nanos() as u64);
            ticks.late.saturating_record(late.as_nanos() as u64);
            ticks.missed += u64::from(missed);
        }
        next += tick;
    }
    ticks
}

/// CPU time of this thread.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// What came of a run.
pub(crate) struct Report {
    calls: usize,
    scene: Scene,
    tick: Duration,
    ticks: Ticks,
    frames: u64,
    lost: u64,
    seconds: f64,
}

/// Runs `calls` calls for `length`.
pub(crate) fn measure(calls: usize, length: Duration, scene: Scene) -> Report {
    let (engine, mut worker, period) = engine(calls);
    let (measuring, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    let mut conversations = Conversations::new(calls, scene);
    thread::scope(|scope| {
        let ticking = scope.spawn(|| tick(&mut worker, period, &measuring, &stop));
        conversations.begin(&engine, calls);
        // A far side that is kept waiting by other programs would send in bursts.
        Priority::raise();
        let go_on = |conversations: &mut Conversations, length: Duration| {
            let begun = Instant::now();
            conversations.go_on(|| begun.elapsed() >= length);
            begun.elapsed()
        };
        go_on(&mut conversations, WARM_UP);
        let before = engine.stats();
        measuring.store(true, Ordering::Relaxed);
        let length = go_on(&mut conversations, length);
        measuring.store(false, Ordering::Relaxed);
        let after = engine.stats();
        stop.store(true, Ordering::Relaxed);
        let ticks = ticking.join().expect("the worker does not panic");
        Report {
            calls,
            scene,
            tick: period,
            ticks,
            frames: after.workers[0].frames_in - before.workers[0].frames_in,
            lost: after.frames_lost() - before.frames_lost(),
            seconds: length.as_secs_f64(),
        }
    })
}

impl Report {
    /// Part of a tick that 99 of 100 ticks need at most.
    fn p99_part(&self) -> f64 {
        self.ticks.work.value_at_quantile(0.99) as f64 / self.tick.as_nanos() as f64
    }

    fn total_work(&self) -> f64 {
        self.ticks.work.mean() * self.ticks.work.len() as f64 / 1e9
    }

    /// No tick missed, no frame lost, and p99 work at most 80 % of a tick.
    pub(crate) fn fits(&self) -> bool {
        self.ticks.missed == 0 && self.lost == 0 && self.p99_part() <= 0.8
    }

    pub(crate) fn header() {
        println!(
            "{:>5} {:<10} {:>7} {:>6} {:>6} {:>8} {:>8} {:>8} {:>9} {:>10} {:>8}",
            "calls",
            "",
            "ticks",
            "missed",
            "lost",
            "p50 µs",
            "p99 µs",
            "p99 %",
            "µs/frame",
            "late p99",
            "core %"
        );
    }

    pub(crate) fn print(&self, json: bool) {
        let micros = |values: &Histogram<u64>, quantile| values.value_at_quantile(quantile) as f64 / 1e3;
        let (p50, p99) = (micros(&self.ticks.work, 0.5), micros(&self.ticks.work, 0.99));
        let late = micros(&self.ticks.late, 0.99);
        let frame = self.total_work() * 1e6 / self.frames.max(1) as f64;
        let (part, core) = (100.0 * self.p99_part(), 100.0 * self.total_work() / self.seconds);
        if json {
            let report = serde_json::json!({
                "calls": self.calls, "echo": self.scene == Scene::WithEcho, "seconds": self.seconds,
                "ticks": self.ticks.work.len(), "ticks_missed": self.ticks.missed, "frames": self.frames,
                "frames_lost": self.lost, "work_us_p50": p50, "work_us_p99": p99,
                "work_p99_percent_of_tick": part, "us_per_frame": frame, "late_us_p99": late,
                "core_percent": core, "priority": format!("{:?}", self.ticks.priority), "fits": self.fits(),
            });
            println!("{report}");
            return;
        }
        println!(
            "{:>5} {:<10} {:>7} {:>6} {:>6} {p50:>8.0} {p99:>8.0} {part:>8.1} {frame:>9.2} {late:>10.0} {core:>8.1}  {}{}",
            self.calls,
            self.scene.name(),
            self.ticks.work.len(),
            self.ticks.missed,
            self.lost,
            if self.fits() { "fits" } else { "does not fit" },
            if self.ticks.priority == Priority::Fifo { "" } else { " (no real-time priority)" },
        );
    }
}
