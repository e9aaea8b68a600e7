//! One audio thread's work: an arena of calls, and a tick that serves them all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Chain;
use super::clock::{Clock, Ticker};
use super::config::{ATTACH_PER_TICK, EngineConfig};
use super::priority::{self, Priority};
use super::ring::{Rx, Tx};
use super::slot::{Call, Watermarks};
use super::stats::WorkerShared;
use crate::pipeline::CallPipeline;
use crate::sys::alloc::{mark_thread_realtime, unmark_thread_realtime};

/// Serves its calls once per [`tick`](Self::tick): a plain value, with no thread and no clock.
///
/// [`Engine::start`](super::Engine::start) gives each worker a thread. Tests, benches and offline
/// tools take the workers from [`Engine::unthreaded`](super::Engine::unthreaded) and tick them in
/// virtual time.
///
/// A tick allocates nothing, frees nothing, waits for nobody and makes no system call. Slots are
/// served in index order, so a run is reproducible.
pub struct Worker<C: Chain = CallPipeline> {
    index: usize,
    shared: Arc<WorkerShared>,
    slots: Box<[Option<Box<Call<C>>>]>,
    /// Free slot indices by phase; slot `i` is served in phase `i % phases`.
    free: Box<[Vec<u32>]>,
    /// Calls by phase.
    load: Box<[u32]>,
    inbox: Rx<Box<Call<C>>>,
    graveyard: Tx<Box<Call<C>>>,
    period: Duration,
    water: Watermarks,
}

impl<C: Chain> Worker<C> {
    pub(crate) fn new(
        index: usize,
        config: &EngineConfig,
        shared: Arc<WorkerShared>,
        inbox: Rx<Box<Call<C>>>,
        graveyard: Tx<Box<Call<C>>>,
    ) -> Self {
        let (slots, phases) = (config.slots_per_worker, config.phases());
        let of_phase = |phase| (0..slots as u32).rev().filter(move |i| *i as usize % phases == phase);
        Self {
            index,
            shared,
            slots: (0..slots).map(|_| None).collect(),
            free: (0..phases).map(|phase| of_phase(phase).collect()).collect(),
            load: vec![0; phases].into(),
            inbox,
            graveyard,
            period: config.tick,
            water: Watermarks { high: config.uplink_high_water, low: config.uplink_low_water },
        }
    }

    /// Serves every call once.
    ///
    /// `now` is the tick's nominal time since any fixed moment, a multiple of
    /// [`EngineConfig::tick`]; never less than in the tick before.
    #[cfg_attr(kav_rtsan, sanitize(realtime = "nonblocking"))]
    pub fn tick(&mut self, now: Duration) {
        self.admit();
        let phases = self.load.len();
        let phase = (now.as_nanos() / self.period.as_nanos().max(1) % phases as u128) as usize;
        for index in 0..self.slots.len() {
            if self.slots[index].is_some() {
                self.prepare_after(index);
            }
            self.serve(index, index % phases == phase, now);
        }
        self.shared.ticks.add(1);
    }

    /// Takes in new calls, each in the phase that has the fewest.
    fn admit(&mut self) {
        for _ in 0..self.inbox.occupied().min(ATTACH_PER_TICK) {
            let emptiest = (0..self.load.len())
                .filter(|&phase| !self.free[phase].is_empty())
                .min_by_key(|&phase| self.load[phase]);
            let Some(phase) = emptiest else { return };
            let Some(call) = self.inbox.pop() else { return };
            if let Some(index) = self.free[phase].pop() {
                self.slots[index as usize] = Some(call);
                self.load[phase] += 1;
            }
        }
    }

    /// With many calls a call's memory has left the fast caches by its next frame: it comes back while the call before is
    /// served.
    fn prepare_after(&mut self, index: usize) {
        let Some(next) = self.slots[index + 1..].iter_mut().flatten().next() else { return };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| next.prepare())) {
            next.fail(panic);
            self.shared.calls_failed.add(1);
        }
    }

    fn serve(&mut self, index: usize, on_phase: bool, now: Duration) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        let Some(call) = slot else { return };
        if call.link.hung_up.is_closed() {
            self.retire(index);
            return;
        }
        if call.panic.is_some() {
            return;
        }
        let (water, sum) = (self.water, &self.shared.tally);
        // A panic unwinds out of this call alone.
        let served = catch_unwind(AssertUnwindSafe(|| call.serve(now, on_phase, water, sum)));
        if let Err(panic) = served {
            call.fail(panic);
            self.shared.calls_failed.add(1);
        }
    }

    /// Sends a call whose handle is gone back to the control side, to be freed or used again
    /// there. If the way is full it stays, unserved, until the next tick.
    fn retire(&mut self, index: usize) {
        let Some(call) = self.slots[index].take() else { return };
        match self.graveyard.push(call) {
            Ok(()) => {
                let phase = index % self.load.len();
                self.free[phase].push(index as u32);
                self.load[phase] -= 1;
                self.shared.seats.free();
            }
            Err(call) => self.slots[index] = Some(call),
        }
    }

    /// The thread: sleeps to each deadline and ticks, until told to stop. Hands the worker back,
    /// so that whoever joins the thread frees what is left.
    pub(crate) fn run(mut self, clock: Clock, config: &EngineConfig) -> Self {
        let shared = Arc::clone(&self.shared);
        let _stopped = CloseOnDrop(&shared);
        let pinned = config.pin_threads && priority::pin(self.index, config.workers);
        let priority = if config.raise_priority { priority::raise() } else { Priority::Normal };
        shared.set_scheduling(priority, pinned);
        let mut ticker = Ticker::new(self.period, clock.now());
        mark_thread_realtime();
        while !shared.stop.is_closed() {
            let wait = ticker.wait(clock.now());
            if !wait.is_zero() {
                clock.sleep(wait);
            }
            let woke = clock.now();
            let tick = ticker.fire(woke);
            self.tick(tick.nominal);
            let work = clock.real(clock.now().saturating_sub(woke));
            shared.record_tick(clock.real(tick.late), tick.missed, work);
        }
        unmark_thread_realtime();
        self
    }

    /// Calls in each phase: never more than one apart while calls only come.
    #[cfg(test)]
    pub(crate) fn load(&self) -> &[u32] {
        &self.load
    }
}

/// Says that the thread has ended, even if it panicked.
struct CloseOnDrop<'a>(&'a WorkerShared);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        unmark_thread_realtime();
        self.0.stopped.close();
    }
}
