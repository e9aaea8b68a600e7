//! What the engine says about itself. Written on audio threads by plain relaxed stores, read from
//! anywhere without a lock.

use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use super::histogram::{Histogram, Percentiles};
use super::{Latch, Priority, Seats};

/// A number with one writer: a load and a store, no read-modify-write on the audio thread.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Only the one writer may call this.
    pub(crate) fn add(&self, n: u64) {
        if n != 0 {
            self.0.store(self.0.load(Ordering::Relaxed) + n, Ordering::Relaxed);
        }
    }

    /// For a number with many writers, off the audio threads.
    pub(crate) fn add_shared(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a worker counts, per call and in sum. One writer: the worker.
#[derive(Debug, Default)]
#[repr(align(128))] // two cache lines: a neighbour's stores must not slow this worker's
pub(crate) struct Tally {
    pub(crate) frames_in: Counter,
    pub(crate) frames_out: Counter,
    pub(crate) uplink_skipped: Counter,
    pub(crate) agent_flushed: Counter,
    pub(crate) playout_held: Counter,
    pub(crate) wire_lost: Counter,
    pub(crate) clean_lost: Counter,
    pub(crate) events_lost: Counter,
}

impl Tally {
    /// Frames that went into the call's rings or came out of them on the worker's side.
    pub(crate) fn moved(&self) -> u64 {
        let lost = self.wire_lost.get() + self.uplink_skipped.get() + self.agent_flushed.get();
        self.frames_in.get() + self.frames_out.get() + lost
    }
}

/// One worker as the outside sees it.
#[derive(Debug)]
pub(crate) struct WorkerShared {
    pub(crate) seats: Seats,
    /// Engine → worker: end.
    pub(crate) stop: Latch,
    /// Worker → everybody: has ended, for whatever reason.
    pub(crate) stopped: Latch,
    pub(crate) tally: Tally,
    pub(crate) ticks: Counter,
    pub(crate) ticks_missed: Counter,
    pub(crate) calls_failed: Counter,
    /// Frames that handles could not push; many writers.
    pub(crate) rejected: Counter,
    pub(crate) work: Histogram,
    pub(crate) late: Histogram,
    priority: AtomicU8,
    pinned: AtomicBool,
}

impl WorkerShared {
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            seats: Seats::new(slots as u32),
            stop: Latch::new(),
            stopped: Latch::new(),
            tally: Tally::default(),
            ticks: Counter::default(),
            ticks_missed: Counter::default(),
            calls_failed: Counter::default(),
            rejected: Counter::default(),
            work: Histogram::new(),
            late: Histogram::new(),
            priority: AtomicU8::new(Priority::Normal.code()),
            pinned: AtomicBool::new(false),
        }
    }

    /// Neither stopped nor about to.
    pub(crate) fn is_running(&self) -> bool {
        !self.stop.is_closed() && !self.stopped.is_closed()
    }

    pub(crate) fn set_scheduling(&self, priority: Priority, pinned: bool) {
        self.priority.store(priority.code(), Ordering::Relaxed);
        self.pinned.store(pinned, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> WorkerStats {
        WorkerStats {
            calls: self.seats.used(),
            ticks: self.ticks.get(),
            ticks_missed: self.ticks_missed.get(),
            frames_in: self.tally.frames_in.get(),
            frames_out: self.tally.frames_out.get(),
            rejected: self.rejected.get(),
            uplink_skipped: self.tally.uplink_skipped.get(),
            agent_flushed: self.tally.agent_flushed.get(),
            playout_held: self.tally.playout_held.get(),
            wire_lost: self.tally.wire_lost.get(),
            clean_lost: self.tally.clean_lost.get(),
            events_lost: self.tally.events_lost.get(),
            calls_failed: self.calls_failed.get(),
            work: self.work.percentiles(),
            late: self.late.percentiles(),
            priority: Priority::from_code(self.priority.load(Ordering::Relaxed)),
            pinned: self.pinned.load(Ordering::Relaxed),
            running: self.is_running(),
        }
    }
}

/// One audio thread since its start. Frames are 20 ms each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerStats {
    /// Calls it carries.
    pub calls: u32,
    /// Ticks run.
    pub ticks: u64,
    /// Ticks more than 20 ms late; the ones in between were left out.
    pub ticks_missed: u64,
    /// Caller frames given to pipelines.
    pub frames_in: u64,
    /// Agent frames put on the wire.
    pub frames_out: u64,
    /// Frames and commands that a full ring rejected, over all calls.
    pub rejected: u64,
    /// Caller frames skipped because too many were waiting.
    pub uplink_skipped: u64,
    /// Agent frames dropped because a flush had overtaken them.
    pub agent_flushed: u64,
    /// Times an agent frame had to wait because nobody took frames for the wire.
    pub playout_held: u64,
    /// Frames a pipeline made without room on the wire ring.
    pub wire_lost: u64,
    /// Decoded frames nobody took in time.
    pub clean_lost: u64,
    /// Events nobody took in time.
    pub events_lost: u64,
    /// Calls whose pipeline panicked.
    pub calls_failed: u64,
    /// How long a tick's work took.
    pub work: Percentiles,
    /// How late ticks began.
    pub late: Percentiles,
    /// How the thread is scheduled.
    pub priority: Priority,
    /// Has it a core of its own?
    pub pinned: bool,
    /// Is it running?
    pub running: bool,
}

/// The engine at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineStats {
    /// Calls attached.
    pub calls: usize,
    /// Calls it can carry.
    pub capacity: usize,
    /// Idle pipelines kept for the next calls.
    pub pooled: usize,
    /// Each audio thread.
    pub workers: Vec<WorkerStats>,
}

impl EngineStats {
    /// Ticks missed, over all threads.
    pub fn ticks_missed(&self) -> u64 {
        self.workers.iter().map(|w| w.ticks_missed).sum()
    }

    /// Audio lost inside the engine, over all threads, in frames: rejected, skipped, or not taken
    /// in time. Frames dropped by a flush are not lost, they were cancelled (A-TEL-015).
    pub fn frames_lost(&self) -> u64 {
        let lost = |w: &WorkerStats| w.rejected + w.uplink_skipped + w.wire_lost + w.clean_lost;
        self.workers.iter().map(lost).sum()
    }
}

/// What happened to one call's frames so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallCounters {
    /// Caller frames given to the pipeline.
    pub frames_in: u64,
    /// Agent frames put on the wire ring.
    pub frames_out: u64,
    /// Caller frames rejected because the ring was full.
    pub wire_rejected: u64,
    /// Agent frames rejected because the ring was full.
    pub agent_rejected: u64,
    /// Commands rejected because the ring was full.
    pub commands_rejected: u64,
    /// Caller frames skipped by the worker because too many were waiting.
    pub uplink_skipped: u64,
    /// Agent frames dropped by the worker or the pipeline because a flush had overtaken them.
    pub agent_flushed: u64,
    /// Frames already on the wire ring dropped by the handle because a flush had overtaken them.
    pub wire_flushed: u64,
    /// Times an agent frame had to wait because the wire ring was full.
    pub playout_held: u64,
    /// Frames a pipeline made without room on the wire ring.
    pub wire_lost: u64,
    /// Decoded frames lost because the ring was full.
    pub clean_lost: u64,
    /// Events lost because the ring was full.
    pub events_lost: u64,
}

/// Records one tick of a thread.
impl WorkerShared {
    pub(crate) fn record_tick(&self, late: Duration, missed: bool, work: Duration) {
        self.ticks_missed.add(u64::from(missed));
        self.late.record(late);
        self.work.record(work);
    }
}
