//! Calls on dedicated threads: transport and time around [`CallPipeline`].
//!
//! ```text
//!  session (any thread)                 audio thread kav-audio-N, one tick per 5 ms
//!  CallHandle::push_wire  ──ring 16──▶  ┌──────────────────────────────┐
//!  CallHandle::push_agent ──ring 32──▶  │ slot: CallPipeline           │
//!  CallHandle::set_…      ──ring 4───▶  │   caller's frames: each tick │
//!  CallHandle::pop_wire   ◀─ring 32──   │   agent's frames: one per    │
//!  CallHandle::pop_clean  ◀─ring 32──   │   20 ms, in the slot's phase │
//!  CallHandle::pop_event  ◀─ring 64──   └──────────────────────────────┘
//!  Engine::attach ───────── inbox ───▶  at most 16 calls taken in per tick
//!  Engine::reap   ◀──────── graveyard   ended calls leave, to be freed or used again
//! ```
//!
//! **Nothing on an audio thread waits for anybody.** A full ring loses the newest and counts it;
//! a flush and a hang-up are one atomic store each; a call's memory is made and freed on the
//! control side. A worker that falls a frame behind starts afresh and counts it; a pipeline that
//! panics ends its own call. What the engine cannot carry it refuses at
//! [`attach`](Engine::attach) (A-TEL-014).
//!
//! There is no logging here: [`Engine::stats`] and [`CallHandle::counters`] say what happened.
//!
//! A chain's panic still runs the process's panic hook on the audio thread, which allocates and
//! prints: the one exception to the real-time law. (With `panic = "abort"` it ends the process.)
//!
//! ```
//! use std::time::Duration;
//!
//! use audio_core::engine::{Engine, EngineConfig};
//! use audio_core::frame::WireFrame;
//! use audio_core::pipeline::{CallPipeline, PipelineConfig};
//!
//! let engine = Engine::<CallPipeline>::start(EngineConfig::default())?;
//! let mut call = engine.attach(PipelineConfig::default())?;
//! call.push_wire(&WireFrame::SILENCE)?; // from the caller
//! call.push_agent(&WireFrame::SILENCE)?; // from the agent
//! let (mut heard, mut said) = (None, None);
//! while heard.is_none() || said.is_none() {
//!     std::thread::sleep(Duration::from_millis(1)); // a server awaits its socket here
//!     heard = heard.or_else(|| call.pop_clean()); // to speech recognition
//!     said = said.or_else(|| call.pop_wire()); // to the caller
//! }
//! let generation = call.flush(); // the caller interrupts: the agent's next frames carry this
//! drop(call); // the call ends
//! engine.shutdown(Duration::from_secs(1))?;
//! # assert_eq!(generation, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod atomic;
mod chain;
mod clock;
mod config;
mod control;
mod error;
mod generation;
mod handle;
mod histogram;
mod latch;
mod link;
mod news;
mod pacer;
mod priority;
mod ring;
mod seats;
mod slot;
mod stats;
#[cfg(test)]
mod tests;
mod worker;

use std::fmt;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

pub use chain::Chain;
pub use config::EngineConfig;
pub use error::{EngineError, PushError};
pub use handle::{CallHandle, CallState};
pub use histogram::Percentiles;
pub use news::CallNews;
pub use priority::Priority;
pub use stats::{CallCounters, EngineStats, WorkerStats};
pub use worker::Worker;

/// The hand-over protocols by themselves, for the loom models in `tests/loom_engine.rs`.
#[doc(hidden)]
pub mod protocol {
    pub use super::generation::Generation;
    pub use super::latch::Latch;
    pub use super::seats::Seats;
}
use protocol::{Generation, Latch, Seats};

use crate::pipeline::CallPipeline;
use clock::{Clock, Ticker};
use control::Control;

/// How long [`Engine`]'s drop waits for its threads; a tick takes a few milliseconds at most.
const DROP_BOUND: Duration = Duration::from_millis(500);

/// Dedicated audio threads and the calls on them.
///
/// Share it behind an `Arc`; every method may be called from any thread that is not real-time.
pub struct Engine<C: Chain = CallPipeline> {
    control: Control<C>,
    threads: Vec<JoinHandle<Worker<C>>>,
    clock: Clock,
}

impl<C: Chain> Engine<C> {
    /// Starts the threads `kav-audio-0`, `kav-audio-1`…
    pub fn start(config: EngineConfig) -> Result<Self, EngineError> {
        let (mut engine, workers) = Self::unthreaded(config)?;
        let clock = engine.clock;
        for (index, worker) in workers.into_iter().enumerate() {
            let config = engine.control.config.clone();
            let thread =
                Builder::new().name(format!("kav-audio-{index}")).spawn(move || worker.run(clock, &config));
            // On an error the drop of `engine` stops those that run already.
            engine.threads.push(thread.map_err(|source| EngineError::Spawn { index, source })?);
        }
        Ok(engine)
    }

    /// An engine without threads: the caller ticks the workers, in virtual time or its own.
    pub fn unthreaded(config: EngineConfig) -> Result<(Self, Vec<Worker<C>>), EngineError> {
        config.check()?;
        let clock = Clock::scaled(config.speed);
        let (control, workers) = Control::new(config);
        Ok((Self { control, threads: Vec::new(), clock }, workers))
    }

    /// When the audio threads tick next; from then on every [`EngineConfig::tick`], in the world's time.
    /// All threads tick at the same moments. Whoever looks at the rings just after them waits least for
    /// what a tick brings, and looks for many calls at once. `None` where no thread ticks.
    pub fn next_tick(&self) -> Option<Instant> {
        let now = self.clock.now();
        let wait = Ticker::new(self.control.config.tick, now).wait(now);
        (!self.threads.is_empty()).then(|| Instant::now() + self.clock.real(wait))
    }

    /// A new call, on the thread with the fewest. Takes the pipeline of an ended call of equal
    /// configuration if there is one. Takes effect at the worker's next tick; frames may be
    /// pushed at once.
    ///
    /// [`EngineError::Full`] if every slot is taken, [`EngineError::Stopped`] after a shutdown,
    /// [`EngineError::Config`] if the pipeline's configuration is out of range.
    pub fn attach(&self, config: C::Config) -> Result<CallHandle, EngineError> {
        self.control.attach(config)
    }

    /// Frees what ended calls have left behind, or keeps it for the next ones; returns how many
    /// calls had ended. [`attach`](Self::attach) does it for two calls at most, so that it takes no longer
    /// after many have ended: call this now and then.
    pub fn reap(&self) -> usize {
        self.control.reap()
    }

    /// What the engine has done so far.
    pub fn stats(&self) -> EngineStats {
        let mut capacity = 0;
        let workers = self.control.each_worker(|worker| {
            capacity += worker.seats.capacity() as usize;
            worker.snapshot()
        });
        EngineStats {
            calls: workers.iter().map(|worker| worker.calls as usize).sum(),
            capacity,
            pooled: self.control.pooled(),
            workers,
        }
    }

    /// Stops the threads and waits for them, at most `bound`. Handles of calls still attached
    /// return [`PushError::Stopped`] from now on.
    pub fn shutdown(mut self, bound: Duration) -> Result<(), EngineError> {
        self.stop(bound)
    }

    fn stop(&mut self, bound: Duration) -> Result<(), EngineError> {
        self.control.each_worker(|worker| worker.stop.close());
        let clock = Clock::start();
        while self.threads.iter().any(|thread| !thread.is_finished()) && clock.now() < bound {
            std::thread::sleep(Duration::from_millis(1));
        }
        let (done, running): (Vec<_>, Vec<_>) = self.threads.drain(..).partition(JoinHandle::is_finished);
        // The workers come back with their calls and are freed here, off the audio threads.
        let dead = done.into_iter().filter_map(|thread| thread.join().err()).count();
        match (running.len(), dead) {
            (0, 0) => Ok(()),
            (0, count) => Err(EngineError::WorkerPanicked { count }),
            (running, _) => Err(EngineError::ShutdownTimeout { running, bound }),
        }
    }
}

impl<C: Chain> Drop for Engine<C> {
    fn drop(&mut self) {
        // Nobody to tell; a thread that is still running ends at its next tick.
        let _ = self.stop(DROP_BOUND);
    }
}

impl<C: Chain> fmt::Debug for Engine<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
