//! The control side: the only place where calls are built, recycled and freed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::config::EngineConfig;
use super::ring::{Rx, Tx, ring};
use super::slot::Call;
use super::stats::WorkerShared;
use super::worker::Worker;
use super::{CallHandle, Chain, EngineError};

/// Ended calls that an attach frees on the way, those of its own worker first: more than it adds, so that a worker's
/// ended calls, waiting and yet to come, never outnumber its slots, and few enough that it takes about as long as one
/// without them. The rest waits for [`Engine::reap`](super::Engine::reap).
const REAP_PER_ATTACH: usize = 2;

/// The ends of one worker's rings that belong to the control side.
struct Desk<C: Chain> {
    shared: Arc<WorkerShared>,
    inbox: Tx<Box<Call<C>>>,
    graveyard: Rx<Box<Call<C>>>,
}

struct State<C: Chain> {
    desks: Vec<Desk<C>>,
    pool: Vec<(C::Config, Box<C>)>,
}

/// Attaches and reaps. Callers take turns behind a mutex that no audio thread ever sees.
pub(crate) struct Control<C: Chain> {
    pub(crate) config: EngineConfig,
    state: Mutex<State<C>>,
}

impl<C: Chain> Control<C> {
    /// The control side and its workers.
    ///
    /// Both rings of a worker hold as many calls as it has slots, so an attach that got a seat
    /// always finds room, and so does a call that ends (see [`REAP_PER_ATTACH`]).
    pub(crate) fn new(config: EngineConfig) -> (Self, Vec<Worker<C>>) {
        let pair = |index| {
            let shared = Arc::new(WorkerShared::new(config.slots_per_worker));
            let (inbox, inbox_rx) = ring(config.slots_per_worker);
            let (graveyard_tx, graveyard) = ring(config.slots_per_worker);
            let worker = Worker::new(index, &config, shared.clone(), inbox_rx, graveyard_tx);
            (Desk { shared, inbox, graveyard }, worker)
        };
        let (desks, workers) = (0..config.workers).map(pair).unzip();
        let state = Mutex::new(State { desks, pool: Vec::new() });
        (Self { config, state }, workers)
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        // Whoever panicked here left whole values behind: each change is one push or one pop.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn attach(&self, config: C::Config) -> Result<CallHandle, EngineError> {
        let (worker, seat) = self.lock().take_seat()?;
        self.reap_from(worker, REAP_PER_ATTACH);
        let mut state = self.lock();
        let pooled = state.pool.iter().position(|(of, _)| *of == config);
        let pooled = pooled.map(|at| state.pool.swap_remove(at).1);
        drop(state);

        // Unlocked: building takes about a hundred allocations and must not delay other attaches.
        let chain = match pooled {
            Some(chain) => chain,
            None => Box::new(C::build(&config)?),
        };
        let (call, ends) = Call::new(chain, config, &self.config);

        let mut state = self.lock();
        if state.desks[worker].inbox.push(call).is_err() {
            return Err(EngineError::Full { capacity: state.capacity() });
        }
        Ok(CallHandle::new(ends, worker, seat.keep()))
    }

    /// Frees the calls that workers have let go, and keeps their pipelines for the next ones.
    /// Returns how many there were.
    pub(crate) fn reap(&self) -> usize {
        self.reap_from(0, usize::MAX)
    }

    /// The same for at most so many, beginning with those of worker `first`.
    fn reap_from(&self, first: usize, most: usize) -> usize {
        let mut dead = Vec::new();
        let mut state = self.lock();
        let (before, from) = state.desks.split_at_mut(first);
        for desk in from.iter_mut().chain(before) {
            while dead.len() < most
                && let Some(call) = desk.graveyard.pop()
            {
                dead.push(call);
            }
        }
        drop(state);
        let count = dead.len();
        for call in dead {
            let Call { mut chain, config, panic, .. } = *call;
            if panic.is_some() {
                // A chain that panicked once may do so again when it is dropped.
                let _ = catch_unwind(AssertUnwindSafe(|| drop((chain, panic))));
                continue;
            }
            if self.lock().pool.len() >= self.config.pooled_pipelines {
                continue;
            }
            chain.recycle(&config);
            self.lock().pool.push((config, chain));
        }
        count
    }

    pub(crate) fn each_worker<R>(&self, f: impl FnMut(&WorkerShared) -> R) -> Vec<R> {
        let state = self.lock();
        let shared = state.desks.iter().map(|desk| &*desk.shared);
        shared.map(f).collect()
    }

    pub(crate) fn pooled(&self) -> usize {
        self.lock().pool.len()
    }
}

impl<C: Chain> State<C> {
    fn capacity(&self) -> usize {
        self.desks.iter().map(|desk| desk.shared.seats.capacity() as usize).sum()
    }

    /// A seat on the worker with the fewest calls; beyond capacity the new call is shed.
    fn take_seat(&self) -> Result<(usize, Seat), EngineError> {
        let running = || self.desks.iter().enumerate().filter(|(_, d)| d.shared.is_running());
        if running().next().is_none() {
            return Err(EngineError::Stopped);
        }
        let emptiest = running().min_by_key(|(_, desk)| desk.shared.seats.used());
        match emptiest {
            Some((worker, desk)) if desk.shared.seats.take() => {
                Ok((worker, Seat { shared: Arc::clone(&desk.shared), kept: false }))
            }
            _ => Err(EngineError::Full { capacity: self.capacity() }),
        }
    }
}

/// A seat that is given back unless the call gets there.
struct Seat {
    shared: Arc<WorkerShared>,
    kept: bool,
}

impl Seat {
    fn keep(mut self) -> Arc<WorkerShared> {
        self.kept = true;
        Arc::clone(&self.shared)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.kept {
            self.shared.seats.untake();
        }
    }
}
