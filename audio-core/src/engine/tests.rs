//! What cannot be seen from outside: phases, and a graveyard that is full.

use std::sync::Arc;
use std::time::Duration;

use super::ring::ring;
use super::slot::{Call, Ends};
use super::stats::WorkerShared;
use super::{CallHandle, Chain, Engine, EngineConfig, Worker};
use crate::barge_in::BargeInConfig;
use crate::frame::{CleanFrame, WireFrame};
use crate::pipeline::PipelineEvent;

/// A session owns its handle, a server shares its engine.
const _: () = {
    const fn send<T: Send>() {}
    const fn sync<T: Sync>() {}
    send::<CallHandle>();
    send::<Worker>();
    send::<Engine>();
    sync::<Engine>();
};

struct Nothing;

impl Chain for Nothing {
    type Config = ();

    fn build((): &()) -> Result<Self, crate::Error> {
        Ok(Self)
    }
    fn recycle(&mut self, (): &()) {}
    fn push_wire(&mut self, _: &WireFrame) {}
    fn process_agent(&mut self, _: Option<&WireFrame>) -> Option<WireFrame> {
        None
    }
    fn flush(&mut self, _: u32) {}
    fn set_barge_in(&mut self, _: BargeInConfig) {}
    fn poll_event(&mut self) -> Option<PipelineEvent> {
        None
    }
    fn poll_clean(&mut self) -> Option<CleanFrame> {
        None
    }
}

fn call(config: &EngineConfig) -> (Box<Call<Nothing>>, Ends) {
    Call::new(Box::new(Nothing), (), config)
}

#[test]
fn phases_stay_balanced_and_a_full_graveyard_keeps_the_slot() {
    let config = EngineConfig { slots_per_worker: 30, ..EngineConfig::default() };
    let shared = Arc::new(WorkerShared::new(30));
    let (mut inbox, inbox_rx) = ring(64);
    let (graveyard_tx, mut graveyard) = ring(2);
    let mut worker = Worker::new(0, &config, Arc::clone(&shared), inbox_rx, graveyard_tx);
    let mut now = Duration::ZERO;
    let mut tick = |worker: &mut Worker<Nothing>| {
        now += config.tick;
        worker.tick(now);
        let (low, high) = (worker.load().iter().min(), worker.load().iter().max());
        (*low.unwrap(), *high.unwrap())
    };

    let mut ends = Vec::new();
    for _ in 0..30 {
        let (call, end) = call(&config);
        assert!(shared.seats.take() && inbox.push(call).is_ok());
        ends.push(end);
    }
    assert!(!shared.seats.take());
    for _ in 0..8 {
        let (low, high) = tick(&mut worker);
        assert!(high - low <= 1, "{low}..{high} calls a phase");
    }
    assert_eq!(worker.load().iter().sum::<u32>(), 30);

    // Five hang up, the graveyard holds two.
    ends.iter().take(5).for_each(|end| end.link.hung_up.close());
    for left in [28, 28, 28] {
        tick(&mut worker);
        assert_eq!(shared.seats.used(), left, "nothing leaves while the way is full");
    }
    assert_eq!(std::iter::from_fn(|| graveyard.pop()).count(), 2);
    tick(&mut worker);
    assert_eq!(std::iter::from_fn(|| graveyard.pop()).count(), 2);
    tick(&mut worker);
    assert_eq!((graveyard.occupied(), shared.seats.used()), (1, 25));

    // New calls fill the gaps where they are.
    for _ in 0..5 {
        let (call, end) = call(&config);
        assert!(shared.seats.take() && inbox.push(call).is_ok());
        ends.push(end);
    }
    tick(&mut worker);
    assert_eq!(tick(&mut worker), (7, 8));
}
