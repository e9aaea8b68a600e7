//! What leaves for the caller, and when: lead, pace, flush and back-pressure, in virtual time.
#![cfg(feature = "engine")]

mod engine_common;

use audio_core::engine::PushError;
use audio_core::frame::WireFrame;
use engine_common::{Carrier, CarrierConfig, Virtual, agent, played, small};

fn engine() -> Virtual<Carrier> {
    let mut engine = Virtual::new(small(1, 4));
    engine.ticks(4);
    engine
}

#[test]
fn a_reply_starts_with_its_lead_at_the_next_tick_and_then_keeps_real_time() {
    let mut engine = engine();
    let mut call = engine.engine.attach(CarrierConfig::default()).unwrap();
    engine.ticks(9);
    assert_eq!(played(&mut call), [] as [u32; 0], "nothing is sent in silence");
    for n in 0..30 {
        call.push_agent(&agent(1, n, 0)).unwrap();
    }
    engine.tick();
    assert_eq!(played(&mut call), [0, 1, 2], "60 ms at once, whatever the slot's phase");
    let mut sent = 3;
    for _ in 0..20 {
        engine.ticks(4);
        assert_eq!(played(&mut call), [sent], "one frame per 20 ms");
        sent += 1;
    }
    engine.ticks(4 * 20);
    assert_eq!(played(&mut call), (sent..30).collect::<Vec<_>>());
    // The next reply has its lead again.
    call.push_agent(&agent(1, 30, 0)).unwrap();
    call.push_agent(&agent(1, 31, 0)).unwrap();
    engine.tick();
    assert_eq!(played(&mut call), [30, 31]);
}

#[test]
fn a_flush_voids_what_is_queued_on_the_ring_and_on_the_wire() {
    let mut engine = engine();
    let mut call = engine.engine.attach(CarrierConfig::default()).unwrap();
    for n in 0..20 {
        call.push_agent(&agent(1, n, 0)).unwrap();
    }
    engine.ticks(4);
    assert_eq!(call.pop_wire().map(|frame| frame.seq), Some(0));
    assert_eq!(call.flush(), 1);
    // The old reply still arrives for a while: harmless.
    call.push_agent(&agent(1, 20, 0)).unwrap();
    call.push_agent(&agent(1, 100, 1)).unwrap();
    assert_eq!(call.pop_wire(), None, "frames on the wire ring are void at once");
    engine.tick();
    assert_eq!(call.agent_queue_free(), 32, "the worker has dropped the rest in one tick");
    assert_eq!(played(&mut call), [100], "the new reply starts at once, with its lead");
    let counters = call.counters();
    assert_eq!(counters.frames_out + counters.agent_flushed, 22);
    assert_eq!(counters.wire_flushed + 2, counters.frames_out);
    assert_eq!(engine.engine.stats().frames_lost(), 0, "cancelled is not lost");
}

#[test]
fn a_frame_of_a_generation_that_does_not_exist_yet_is_refused() {
    let engine = engine();
    let mut call = engine.engine.attach(CarrierConfig::default()).unwrap();
    let refused = PushError::Generation { frame: 2, current: 1 };
    assert_eq!((call.flush(), call.generation()), (1, 1));
    assert_eq!(call.push_agent(&agent(1, 0, 2)), Err(refused));
    assert_eq!(call.push_agent(&agent(1, 0, 1)), Ok(()));
}

/// A-TEL-001: the send queue is bounded and nobody waits for it.
#[test]
fn when_nobody_takes_frames_the_agent_is_held_and_nothing_is_lost() {
    let mut engine = engine();
    let mut call = engine.engine.attach(CarrierConfig::default()).unwrap();
    let mut pushed = 0;
    for _ in 0..100 {
        if call.push_agent(&agent(1, pushed, 0)).is_ok() {
            pushed += 1;
        }
        engine.ticks(4);
    }
    assert_eq!(pushed, 32 + 32, "both rings are full");
    assert_eq!(call.push_agent(&WireFrame::SILENCE), Err(PushError::Full));
    let counters = call.counters();
    assert!(counters.playout_held > 0 && counters.agent_rejected > 0, "{counters:?}");
    let mut all = played(&mut call);
    for _ in 0..40 {
        engine.ticks(4);
        all.extend(played(&mut call));
    }
    assert_eq!(all, (0..pushed).collect::<Vec<_>>());
    assert_eq!(call.counters().wire_lost, 0);
}
