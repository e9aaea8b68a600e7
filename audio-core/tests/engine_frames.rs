//! No frame is lost, doubled or reordered, except where a counter says so (A-TEL-015).
#![cfg(feature = "engine")]

mod engine_common;

use audio_core::engine::{CallHandle, Engine, PushError};
use engine_common::{Carrier, CarrierConfig, EVENTS, Virtual, agent, clean, order, small, wire};
use proptest::prelude::*;

/// One call and what must hold for it.
struct Ledger {
    call: CallHandle,
    id: u8,
    wire: u32,
    agent: u32,
    wire_refused: u64,
    agent_refused: u64,
    next_clean: u64,
    next_played: u32,
    got_clean: u64,
    got_played: u64,
}

impl Ledger {
    fn new(call: CallHandle, id: u8) -> Self {
        Self {
            call,
            id,
            wire: 0,
            agent: 0,
            wire_refused: 0,
            agent_refused: 0,
            next_clean: 0,
            next_played: 0,
            got_clean: 0,
            got_played: 0,
        }
    }

    fn push_wire(&mut self) {
        let result = self.call.push_wire(&wire(self.id, self.wire));
        self.wire_refused += u64::from(result == Err(PushError::Full));
        self.wire += 1;
    }

    fn push_agent(&mut self) {
        let result = self.call.push_agent(&agent(self.id, self.agent, self.call.generation()));
        self.agent_refused += u64::from(result == Err(PushError::Full));
        self.agent += 1;
    }

    fn drain(&mut self) {
        while let Some(frame) = self.call.pop_clean() {
            assert!(frame.at.0 >= self.next_clean, "reordered or doubled");
            assert_eq!(frame.pcm[0], i16::from(self.id), "from another call");
            self.next_clean = frame.at.0 + 1;
            self.got_clean += 1;
        }
        while let Some(frame) = self.call.pop_wire() {
            assert!(frame.seq >= self.next_played, "reordered or doubled");
            assert_eq!(frame.payload[1], self.id, "from another call");
            assert_eq!(frame.generation, self.call.generation(), "older than the flush");
            self.next_played = frame.seq + 1;
            self.got_played += 1;
        }
    }

    /// Nothing is under way: every frame has a fate.
    fn settle(&self) {
        let c = self.call.counters();
        assert_eq!(c.wire_rejected, self.wire_refused);
        assert_eq!(c.agent_rejected, self.agent_refused);
        assert_eq!(u64::from(self.wire), c.wire_rejected + c.uplink_skipped + c.frames_in);
        assert_eq!(c.frames_in, self.got_clean + c.clean_lost);
        assert_eq!(u64::from(self.agent), c.agent_rejected + c.agent_flushed + c.frames_out);
        assert_eq!(c.frames_out, self.got_played + c.wire_flushed);
        assert_eq!(c.wire_lost, 0);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Attach,
    Detach(usize),
    Wire(usize, usize),
    Agent(usize, usize),
    Flush(usize),
    Drain(usize),
    Ticks(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let call = 0..8usize;
    prop_oneof![
        2 => Just(Step::Attach),
        1 => call.clone().prop_map(Step::Detach),
        4 => (call.clone(), 1..24usize).prop_map(|(c, n)| Step::Wire(c, n)),
        4 => (call.clone(), 1..40usize).prop_map(|(c, n)| Step::Agent(c, n)),
        2 => call.clone().prop_map(Step::Flush),
        4 => call.prop_map(Step::Drain),
        6 => (1..30usize).prop_map(Step::Ticks),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_frame_has_exactly_one_fate_under_churn(
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut engine = Virtual::<Carrier>::new(small(2, 3));
        let mut calls: Vec<Ledger> = Vec::new();
        let mut ids = 0u8;
        for step in steps {
            let len = calls.len().max(1);
            match step {
                Step::Attach => {
                    if let Ok(call) = engine.engine.attach(CarrierConfig::default()) {
                        ids = ids.wrapping_add(1);
                        calls.push(Ledger::new(call, ids));
                    }
                }
                Step::Detach(i) if !calls.is_empty() => drop(calls.swap_remove(i % len)),
                Step::Wire(i, n) => {
                    (0..n).for_each(|_| calls.get_mut(i % len).into_iter().for_each(Ledger::push_wire));
                }
                Step::Agent(i, n) => {
                    (0..n).for_each(|_| calls.get_mut(i % len).into_iter().for_each(Ledger::push_agent));
                }
                Step::Flush(i) => calls.get_mut(i % len).into_iter().for_each(|l| { l.call.flush(); }),
                Step::Drain(i) => calls.get_mut(i % len).into_iter().for_each(Ledger::drain),
                Step::Ticks(n) => engine.ticks(n),
                Step::Detach(_) => {}
            }
            prop_assert!(engine.engine.stats().calls <= 6);
        }
        // Everything still queued comes out; 64 frames at 20 ms at most.
        for _ in 0..70 {
            engine.ticks(4);
            calls.iter_mut().for_each(Ledger::drain);
        }
        calls.iter().for_each(Ledger::settle);
        let attached = calls.len();
        prop_assert_eq!(engine.engine.stats().calls, attached);
        calls.clear();
        engine.tick();
        prop_assert_eq!(engine.engine.stats().calls, 0);
    }
}

#[test]
fn a_backlog_from_the_wire_is_cut_at_the_old_end() {
    let mut engine = Virtual::<Carrier>::new(small(1, 2));
    let mut call = engine.engine.attach(CarrierConfig::default()).unwrap();
    for n in 0..8 {
        call.push_wire(&wire(1, n)).unwrap();
    }
    engine.tick();
    assert_eq!(clean(&mut call), (0..8).collect::<Vec<_>>(), "at the high water mark: all");
    let refused = (8..28).filter(|&n| call.push_wire(&wire(1, n)).is_err()).count();
    assert_eq!(refused, 4, "the producer rejects the newest");
    engine.tick();
    assert_eq!(clean(&mut call), [21, 22, 23], "the worker skips the oldest");
    let counters = call.counters();
    assert_eq!((counters.wire_rejected, counters.uplink_skipped), (4, 13));
    assert_eq!(engine.engine.stats().frames_lost(), 17);
}

#[test]
fn events_that_nobody_takes_are_counted() {
    let mut engine = Virtual::<Carrier>::new(small(1, 2));
    let mut call = engine.engine.attach(CarrierConfig::default()).unwrap();
    for _ in 0..40 {
        call.push_wire(&order(EVENTS)).unwrap();
        engine.tick();
    }
    let events = std::iter::from_fn(|| call.pop_event()).count();
    assert_eq!((events as u64, call.counters().events_lost), (32, 48));
    call.push_wire(&order(EVENTS)).unwrap();
    engine.tick();
    assert_eq!(std::iter::from_fn(|| call.pop_event()).count(), 2, "and then it goes on");
}

#[test]
fn with_real_threads_every_frame_has_exactly_one_fate_too() {
    let engine = Engine::<Carrier>::start(small(2, 8)).unwrap();
    std::thread::scope(|scope| {
        for id in 0..6 {
            let engine = &engine;
            scope.spawn(move || {
                for round in 0..3u8 {
                    let call = engine.attach(CarrierConfig::default()).unwrap();
                    let mut ledger = Ledger::new(call, id * 3 + round);
                    for n in 0..150 {
                        ledger.push_wire();
                        ledger.push_agent();
                        if n % 40 == 39 {
                            ledger.call.flush();
                        }
                        ledger.drain();
                        if n % 3 == 0 {
                            std::thread::sleep(std::time::Duration::from_millis(1));
                        }
                    }
                    // Flush the rest rather than play it, then wait until the worker is done.
                    ledger.call.flush();
                    loop {
                        ledger.drain();
                        let c = ledger.call.counters();
                        let up = c.wire_rejected + c.uplink_skipped + c.frames_in;
                        let down = c.agent_rejected + c.agent_flushed + c.frames_out;
                        if (up, down) == (ledger.wire.into(), ledger.agent.into()) {
                            break;
                        }
                        std::thread::sleep(std::time::Duration::from_millis(1));
                    }
                    ledger.drain();
                    ledger.settle();
                }
            });
        }
    });
}
