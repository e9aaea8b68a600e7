//! Wakes a call when the audio threads have done something for it.
//!
//! An audio thread wakes nobody, so somebody has to look. One task looks for all calls of the process, just
//! after each tick, and wakes those whose rings have changed: a call without news costs two loads, and a
//! frame waits for the tick and hardly longer. Without calls the task ends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use audio_core::engine::CallNews;
use tokio::time::MissedTickBehavior;

use crate::providers::net::Wake;

/// From a tick of the audio threads to the look at what it brought: it has long been made by then.
const LOOK_AFTER: Duration = Duration::from_micros(500);

/// One for each engine.
pub(super) struct Metronome {
    calls: Arc<Mutex<Calls>>,
    every: Duration,
}

/// The calls that are looked after. Only who comes or goes and the task that looks take the lock.
#[derive(Default)]
struct Calls {
    seats: Vec<(u64, Watched)>,
    next: u64,
    /// Which task looks, if one does.
    looking: Option<u64>,
}

struct Watched {
    news: CallNews,
    seen: u64,
    wake: Wake,
}

/// A call that is looked after. Dropping it ends that.
pub(super) struct Seat {
    id: u64,
    calls: Arc<Mutex<Calls>>,
}

impl Metronome {
    /// Looks once in `every`, the time between two ticks.
    pub(super) fn new(every: Duration) -> Self {
        Self { calls: Arc::default(), every }
    }

    /// Looks after a call from now on; `tick` is when the audio threads tick next. Must be called on a
    /// tokio runtime.
    pub(super) fn look_after(&self, news: CallNews, wake: Wake, tick: Instant) -> Seat {
        let mut calls = lock(&self.calls);
        calls.next += 1;
        let id = calls.next;
        // Whatever happened before is looked at once.
        calls.seats.push((id, Watched { news, seen: u64::MAX, wake }));
        if calls.looking.is_none() {
            calls.looking = Some(id);
            let looking = Looking { id, calls: Arc::clone(&self.calls) };
            tokio::spawn(looking.go_on(tick + LOOK_AFTER, self.every));
        }
        drop(calls);
        Seat { id, calls: Arc::clone(&self.calls) }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.calls).seats.retain(|(id, _)| *id != self.id);
    }
}

/// The task, however it ends.
struct Looking {
    id: u64,
    calls: Arc<Mutex<Calls>>,
}

impl Looking {
    async fn go_on(self, first: Instant, every: Duration) {
        let mut look = tokio::time::interval_at(first.into(), every);
        // One that is missed is not made up for, and the next is on time again.
        look.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            look.tick().await;
            let mut calls = lock(&self.calls);
            if calls.seats.is_empty() {
                calls.looking = None;
                return;
            }
            for (_, call) in &mut calls.seats {
                let news = call.news.number();
                if std::mem::replace(&mut call.seen, news) != news {
                    call.wake.wake();
                }
            }
        }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        let mut calls = lock(&self.calls);
        // The runtime ends; another one may look on.
        calls.looking.take_if(|looking| *looking == self.id);
    }
}

/// Whoever panicked here left whole values behind.
fn lock(calls: &Mutex<Calls>) -> MutexGuard<'_, Calls> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use audio_core::engine::{Engine, EngineConfig};
    use audio_core::frame::WireFrame;
    use audio_core::pipeline::{CallPipeline, PipelineConfig};

    use super::*;

    const EVERY: Duration = Duration::from_millis(5);

    /// Ten frames through a real engine: each wakes its call, another call without frames is let be, and
    /// nobody looks once both are gone.
    #[tokio::test]
    async fn calls_with_news_are_woken_and_others_are_not() {
        let mut config = EngineConfig::default();
        config.workers = 1;
        let engine = Engine::<CallPipeline>::start(config).expect("an engine");
        let metronome = Metronome::new(EVERY);
        let mut calls = [0, 1].map(|_| engine.attach(PipelineConfig::default()).expect("a place"));
        let wakes = [Wake::default(), Wake::default()];
        let tick = engine.next_tick().expect("it runs");
        let seats = [0, 1].map(|at| metronome.look_after(calls[at].news(), wakes[at].clone(), tick));
        // The first look is everybody's.
        for wake in &wakes {
            wake.woken().await;
        }
        for seq in 0..10 {
            let frame = WireFrame { seq, timestamp: seq * 160, ..WireFrame::SILENCE };
            calls[0].push_wire(&frame).expect("room");
            let clean = loop {
                wakes[0].woken().await;
                if let Some(clean) = calls[0].pop_clean() {
                    break clean;
                }
            };
            assert_eq!(clean.at.0, u64::from(seq) * 160);
        }
        let quiet = tokio::time::timeout(4 * EVERY, wakes[1].woken());
        assert!(quiet.await.is_err(), "nothing has happened there");
        drop(seats);
        while lock(&metronome.calls).looking.is_some() {
            tokio::time::sleep(EVERY).await;
        }
        // And again.
        let _seat = metronome.look_after(calls[1].news(), wakes[1].clone(), Instant::now());
        wakes[1].woken().await;
    }
}
