//! Calls come and go, fail and are refused, and threads stop, without anybody else noticing.
#![cfg(feature = "engine")]

mod engine_common;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use audio_core::engine::{CallState, Engine, EngineConfig, EngineError, PushError};
use engine_common::{
    BLOCK, Carrier, CarrierConfig, PANIC, POISON, Virtual, agent, clean, order, small, wire,
};

const AMPLE: Duration = Duration::from_secs(60);

#[test]
fn an_engine_that_is_full_sheds_new_calls_and_takes_them_again_later() {
    let mut engine = Virtual::<Carrier>::new(small(2, 2));
    let attach = |engine: &Virtual<Carrier>| engine.engine.attach(CarrierConfig::default());
    let mut calls: Vec<_> = (0..4).map(|_| attach(&engine).unwrap()).collect();
    assert!(matches!(attach(&engine), Err(EngineError::Full { capacity: 4 })));
    let on_worker = |w| calls.iter().filter(|call| call.worker() == w).count();
    assert_eq!((on_worker(0), on_worker(1)), (2, 2), "spread evenly");
    engine.tick();
    drop(calls.pop());
    assert!(attach(&engine).is_err(), "the worker has not let go yet");
    engine.tick();
    calls.push(attach(&engine).unwrap());
    assert!(attach(&engine).is_err());
    assert_eq!((engine.engine.stats().calls, engine.engine.stats().capacity), (4, 4));
}

#[test]
fn the_pipeline_of_an_ended_call_serves_the_next_one_of_equal_configuration() {
    let mut engine = Virtual::<Carrier>::new(small(1, 4));
    let config = CarrierConfig::default();
    let other = CarrierConfig { kind: 1, ..config.clone() };
    for round in 0..5 {
        let mut call = engine.engine.attach(config.clone()).unwrap();
        call.push_wire(&wire(1, round)).unwrap();
        engine.tick();
        assert_eq!(clean(&mut call), [u64::from(round)], "nothing of the call before");
        drop(call);
        engine.tick();
    }
    assert_eq!(engine.engine.reap(), 1);
    assert_eq!(config.probe.built.load(Ordering::Relaxed), 1);
    assert_eq!(config.probe.recycled.load(Ordering::Relaxed), 5);
    assert_eq!(engine.engine.stats().pooled, 1);
    let _call = engine.engine.attach(other).unwrap();
    assert_eq!(config.probe.built.load(Ordering::Relaxed), 2, "another configuration");
    assert_eq!(engine.engine.stats().pooled, 1);
}

/// Who looks after many calls looks into the rings of those with another number than before.
#[test]
fn a_call_has_news_when_its_rings_have_changed_and_when_it_is_over() {
    let mut engine = Virtual::<Carrier>::new(small(1, 4));
    let mut calls: Vec<_> = (0..2).map(|_| engine.engine.attach(CarrierConfig::default()).unwrap()).collect();
    let news: Vec<_> = calls.iter().map(|call| call.news()).collect();
    let mut seen: Vec<_> = news.iter().map(|news| news.number()).collect();
    let mut changed = |engine: &mut Virtual<Carrier>| {
        engine.tick();
        let now: Vec<_> = news.iter().map(|news| news.number()).collect();
        let changed: Vec<_> = now.iter().zip(&seen).map(|(now, seen)| now != seen).collect();
        seen = now;
        changed
    };
    assert_eq!(changed(&mut engine), [false, false], "nothing to do");
    calls[0].push_wire(&wire(0, 0)).unwrap();
    assert_eq!(changed(&mut engine), [true, false]);
    assert_eq!(clean(&mut calls[0]), [0]);
    assert_eq!(changed(&mut engine), [false, false]);
    // The agent begins: its frame leaves at once.
    calls[1].push_agent(&agent(1, 0, 0)).unwrap();
    assert_eq!(changed(&mut engine), [false, true]);
    assert!(calls[1].pop_wire().is_some());
    // And where a frame is void by the time it is looked at, there is room again.
    calls[0].push_agent(&agent(1, 0, 0)).unwrap();
    calls[0].flush();
    assert_eq!(changed(&mut engine), [true, false]);
    calls[1].push_wire(&order(PANIC)).unwrap();
    assert_eq!(changed(&mut engine), [false, true], "it failed");
    assert_eq!(calls[1].state(), CallState::Failed);
}

/// Only threads tick by themselves.
#[test]
fn an_engine_says_when_it_ticks_next_if_it_does() {
    let (unthreaded, _workers) = Engine::<Carrier>::unthreaded(small(2, 2)).unwrap();
    assert_eq!(unthreaded.next_tick(), None);
    let engine = Engine::<Carrier>::start(small(2, 2)).unwrap();
    let (before, next) = (Instant::now(), engine.next_tick().unwrap());
    assert!(next > before);
    while Instant::now() < next {
        std::thread::yield_now();
    }
    assert!(engine.next_tick().unwrap() > next, "and then the one after it");
    engine.shutdown(AMPLE).unwrap();
}

/// A-TEL-014.
#[test]
fn a_panic_while_memory_is_fetched_ends_that_call_and_no_other() {
    let mut engine = Virtual::<Carrier>::new(small(1, 4));
    let config = CarrierConfig::default();
    let mut calls: Vec<_> = (0..3).map(|_| engine.engine.attach(config.clone()).unwrap()).collect();
    engine.tick();
    calls[1].push_wire(&order(POISON)).unwrap();
    engine.tick();
    // It waits to be served when its memory is asked for.
    calls[1].push_wire(&wire(1, 1)).unwrap();
    for n in 0..5 {
        calls[0].push_wire(&wire(0, n)).unwrap();
        calls[2].push_wire(&wire(2, n)).unwrap();
        engine.tick();
        assert_eq!((clean(&mut calls[0]), clean(&mut calls[2])), (vec![u64::from(n)], vec![u64::from(n)]));
    }
    let states = calls.iter().map(|call| call.state()).collect::<Vec<_>>();
    assert_eq!(states, [CallState::Active, CallState::Failed, CallState::Active]);
    assert_eq!(engine.engine.stats().workers[0].calls_failed, 1);
}

/// A-TEL-014.
#[test]
fn a_panic_in_one_pipeline_ends_that_call_and_no_other() {
    let mut engine = Virtual::<Carrier>::new(small(1, 4));
    let config = CarrierConfig::default();
    let mut calls: Vec<_> = (0..3).map(|_| engine.engine.attach(config.clone()).unwrap()).collect();
    engine.tick();
    calls[1].push_wire(&order(PANIC)).unwrap();
    for n in 0..20 {
        calls[0].push_wire(&wire(0, n)).unwrap();
        calls[2].push_wire(&wire(2, n)).unwrap();
        engine.tick();
        assert_eq!(clean(&mut calls[0]), [u64::from(n)]);
        assert_eq!(clean(&mut calls[2]), [u64::from(n)]);
    }
    let states = calls.iter().map(|call| call.state()).collect::<Vec<_>>();
    assert_eq!(states, [CallState::Active, CallState::Failed, CallState::Active]);
    assert_eq!(calls[1].push_wire(&wire(1, 0)), Err(PushError::Failed));
    assert_eq!(calls[1].push_agent(&agent(1, 0, 0)), Err(PushError::Failed));
    assert_eq!(engine.engine.stats().workers[0].calls_failed, 1);
    drop(calls);
    engine.tick();
    assert_eq!(engine.engine.reap(), 3);
    assert_eq!(engine.engine.stats().pooled, 2, "the one that panicked is not used again");
}

/// Whoever begins a call does not wait until all that ended before are freed, and yet they never pile up.
#[test]
fn a_call_that_begins_frees_two_that_ended() {
    let mut engine = Virtual::<Carrier>::new(small(1, 8));
    let attach = |engine: &Virtual<Carrier>| engine.engine.attach(CarrierConfig::default()).unwrap();
    let calls: Vec<_> = (0..7).map(|_| attach(&engine)).collect();
    engine.tick();
    drop(calls);
    engine.tick();
    let call = attach(&engine);
    assert_eq!(engine.engine.stats().pooled, 1, "two were kept, one of them serves again");
    drop(call);
    for _ in 0..20 {
        engine.tick();
        drop(attach(&engine));
    }
    engine.tick();
    assert_eq!(engine.engine.reap(), 1);
}

/// Ended calls that nobody has freed yet keep no later call in its seat, whichever worker they wait on (A-TEL-014).
#[test]
fn a_call_that_ends_leaves_its_seat_however_many_wait_to_be_freed() {
    for stay in 0..6 {
        let mut engine = Virtual::<Carrier>::new(small(2, 3));
        let attach = |engine: &Virtual<Carrier>| engine.engine.attach(CarrierConfig::default()).unwrap();
        let mut calls: Vec<_> = (0..6).map(|_| attach(&engine)).collect();
        engine.tick();
        let last = calls.swap_remove(stay);
        calls.clear();
        engine.tick();
        calls.push(attach(&engine));
        engine.tick();
        drop((calls, last));
        engine.tick();
        assert_eq!(engine.engine.stats().calls, 0, "with call {stay} as the one that stayed");
        assert_eq!(engine.engine.reap(), 5, "two of seven were freed by the attach");
    }
}

#[test]
fn settings_reach_the_pipeline() {
    let mut engine = Virtual::<Carrier>::new(small(1, 4));
    let mut call = engine.engine.attach(CarrierConfig::default()).unwrap();
    for _ in 0..4 {
        call.set_barge_in(Default::default()).unwrap();
    }
    assert_eq!(call.set_barge_in(Default::default()), Err(PushError::Full));
    engine.ticks(5 * 4);
    assert_eq!(call.set_barge_in(Default::default()), Ok(()));
    call.push_wire(&wire(1, 0)).unwrap();
    engine.tick();
    assert_eq!(std::iter::from_fn(|| call.pop_event()).count(), 4, "one event a change");
    assert_eq!(call.counters().commands_rejected, 1);
}

#[test]
fn pipelines_are_never_dropped_on_an_audio_thread() {
    let mut config = small(2, 8);
    config.pooled_pipelines = 0;
    let engine = Engine::<Carrier>::start(config).unwrap();
    let config = CarrierConfig::default();
    for round in 0..4 {
        let calls: Vec<_> = (0..8).map(|_| engine.attach(config.clone()).unwrap()).collect();
        drop(calls);
        while round < 3 && engine.stats().calls > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        engine.reap();
    }
    // The last round is still attached or on its way: the joining thread frees it.
    engine.shutdown(AMPLE).unwrap();
    let dropped_on = config.probe.dropped_on.lock().unwrap();
    assert_eq!(dropped_on.len(), 32);
    assert!(!dropped_on.iter().any(|thread| thread.starts_with("kav-audio")), "{dropped_on:?}");
}

#[test]
fn a_stopped_engine_answers_with_errors_and_never_hangs() {
    let engine = Engine::<Carrier>::start(small(2, 4)).unwrap();
    let mut call = engine.attach(CarrierConfig::default()).unwrap();
    assert_eq!(call.state(), CallState::Active);
    engine.shutdown(AMPLE).unwrap();
    assert_eq!(call.state(), CallState::Stopped);
    assert_eq!(call.push_wire(&wire(1, 0)), Err(PushError::Stopped));
    assert_eq!(call.push_agent(&agent(1, 0, 0)), Err(PushError::Stopped));
    assert_eq!(call.set_barge_in(Default::default()), Err(PushError::Stopped));
    assert_eq!((call.pop_wire(), call.pop_clean(), call.pop_event()), (None, None, None));
    assert_eq!(call.flush(), 1);
    drop(call);
}

#[test]
fn dropping_the_engine_stops_its_threads() {
    let engine = Engine::<Carrier>::start(small(1, 4)).unwrap();
    let call = engine.attach(CarrierConfig::default()).unwrap();
    drop(engine);
    assert_eq!(call.state(), CallState::Stopped);
}

#[test]
fn a_shutdown_returns_in_time_even_if_a_thread_does_not() {
    let engine = Engine::<Carrier>::start(small(2, 4)).unwrap();
    let config = CarrierConfig::default();
    let mut call = engine.attach(config.clone()).unwrap();
    call.push_wire(&order(BLOCK)).unwrap();
    while config.probe.blocked.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    let stopped = engine.shutdown(Duration::from_millis(200));
    config.probe.gate.store(1, Ordering::SeqCst);
    assert!(matches!(stopped, Err(EngineError::ShutdownTimeout { running: 1.., .. })), "{stopped:?}");
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let refused = |change: fn(&mut EngineConfig)| {
        let mut config = EngineConfig::default();
        change(&mut config);
        match Engine::<Carrier>::start(config) {
            Err(EngineError::Config(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert!(refused(|c| c.workers = 0).contains("engine.workers"));
    assert!(refused(|c| c.slots_per_worker = 0).contains("engine.slots_per_worker"));
    assert!(refused(|c| c.tick = Duration::from_millis(3)).contains("engine.tick"));
    assert!(refused(|c| c.tick = Duration::ZERO).contains("engine.tick"));
    assert!(refused(|c| c.playout_lead_frames = 11).contains("engine.playout_lead_frames"));
    assert!(refused(|c| c.uplink_high_water = 17).contains("engine.uplink_high_water"));
    assert!(refused(|c| c.uplink_low_water = 9).contains("engine.uplink_low_water"));
}

#[test]
fn the_threads_say_how_they_are_scheduled_and_how_late_they_are() {
    let engine = Engine::<Carrier>::start(small(2, 4)).unwrap();
    while engine.stats().workers.iter().any(|worker| worker.late.count < 3) {
        std::thread::sleep(Duration::from_millis(1));
    }
    for worker in engine.stats().workers {
        assert!(worker.running && worker.ticks >= 3 && worker.priority.level() <= 2);
        assert!(worker.work.p50 <= worker.work.p99 && worker.work.p99 <= worker.work.max);
    }
}
