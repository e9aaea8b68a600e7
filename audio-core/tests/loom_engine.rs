//! Every interleaving of the engine's own hand-overs.
//!
//! ```text
//! RUSTFLAGS="--cfg kav_loom" cargo test -p kav-audio-core --release --test loom_engine
//! ```
//!
//! loom cannot see into ringbuf: where a model needs a ring it has a one-frame mailbox with the
//! same guarantee (a release store hands the frame over, an acquire load takes it).
#![cfg(kav_loom)]

use audio_core::engine::protocol::{Generation, Latch, Seats};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

/// One frame, known by its generation, on its way.
struct Mailbox(AtomicU32);

impl Mailbox {
    const EMPTY: u32 = u32::MAX;

    fn new() -> Self {
        Self(AtomicU32::new(Self::EMPTY))
    }

    fn push(&self, generation: u32) -> bool {
        if self.0.load(Ordering::Acquire) != Self::EMPTY {
            return false;
        }
        self.0.store(generation, Ordering::Release);
        true
    }

    fn pop(&self) -> Option<u32> {
        let generation = self.0.load(Ordering::Acquire);
        if generation == Self::EMPTY {
            return None;
        }
        self.0.store(Self::EMPTY, Ordering::Release);
        Some(generation)
    }
}

#[test]
fn whoever_holds_a_frame_knows_its_generation_and_a_flush_lets_nothing_older_out() {
    loom::model(|| {
        let line = Arc::new((Generation::new(), Mailbox::new(), Mailbox::new()));
        let worker = {
            let line = line.clone();
            thread::spawn(move || {
                let (generation, agent_in, wire_out) = &*line;
                for _ in 0..2 {
                    let Some(frame) = agent_in.pop() else { continue };
                    let current = generation.current();
                    assert!(frame <= current, "a frame from the future");
                    if frame >= current {
                        wire_out.push(frame);
                    }
                }
            })
        };
        let (generation, agent_in, wire_out) = &*line;
        // What the handle sends, at most what it has flushed to.
        let out = |now: u32| wire_out.pop().filter(|&frame| frame >= now);
        agent_in.push(0);
        let now = generation.bump();
        assert_eq!(now, 1);
        agent_in.push(now);
        assert_ne!(out(now), Some(0), "an older frame after the flush");
        worker.join().unwrap();
        assert_ne!(out(now), Some(0), "an older frame after the flush");
    });
}

#[test]
fn two_flushes_at_once_give_two_generations() {
    loom::model(|| {
        let generation = Arc::new(Generation::new());
        let other = {
            let generation = generation.clone();
            thread::spawn(move || generation.bump())
        };
        let mine = generation.bump();
        let other = other.join().unwrap();
        assert_eq!(mine + other, 3);
        assert_eq!(generation.current(), 2);
    });
}

#[test]
fn seats_are_never_oversold_and_all_come_back() {
    loom::model(|| {
        // One seat, in use; two callers want it while the worker lets it go.
        let desk = Arc::new((Seats::new(1), AtomicU32::new(1)));
        assert!(desk.0.take());
        let callers: Vec<_> = (0..2)
            .map(|_| {
                let desk = desk.clone();
                thread::spawn(move || {
                    let got = desk.0.take();
                    if got {
                        // Relaxed: it is the seat that orders the two.
                        assert_eq!(desk.1.load(Ordering::Relaxed), 0, "oversold");
                        desk.1.store(1, Ordering::Relaxed);
                    }
                    assert!(desk.0.used() <= 1);
                    got
                })
            })
            .collect();
        desk.1.store(0, Ordering::Relaxed);
        desk.0.free();
        let got: u32 = callers.into_iter().map(|c| u32::from(c.join().unwrap())).sum();
        assert!(got <= 1, "one seat, {got} callers");
        assert_eq!(desk.0.used(), got);
        assert_eq!(desk.0.take(), got == 0, "the seat came back exactly once");
    });
}

#[test]
fn a_slot_returns_exactly_once_with_all_that_was_written_before_the_hang_up() {
    loom::model(|| {
        let call = Arc::new((Latch::new(), AtomicU32::new(0), Seats::new(1)));
        assert!(call.2.take());
        let handle = {
            let call = call.clone();
            thread::spawn(move || {
                call.1.store(7, Ordering::Relaxed);
                call.0.close();
            })
        };
        // Three ticks of a worker; the slot leaves at the first that sees the latch.
        let mut occupied = true;
        for _ in 0..3 {
            if occupied && call.0.is_closed() {
                assert_eq!(call.1.load(Ordering::Relaxed), 7);
                occupied = false;
                call.2.free();
            }
        }
        handle.join().unwrap();
        assert_eq!(call.2.used(), u32::from(occupied));
        assert!(call.0.is_closed());
    });
}

#[test]
fn a_stopped_worker_is_stopped_for_everybody_and_has_finished_its_tick() {
    loom::model(|| {
        let shared = Arc::new((Latch::new(), Latch::new(), AtomicU32::new(0)));
        let worker = {
            let shared = shared.clone();
            thread::spawn(move || {
                let (stop, stopped, ticks) = &*shared;
                for _ in 0..2 {
                    if stop.is_closed() {
                        break;
                    }
                    ticks.store(ticks.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                }
                stopped.close();
            })
        };
        let (stop, stopped, ticks) = &*shared;
        stop.close();
        if stopped.is_closed() {
            let seen = ticks.load(Ordering::Relaxed);
            worker.join().unwrap();
            assert_eq!(ticks.load(Ordering::Relaxed), seen, "no tick after the end");
        } else {
            worker.join().unwrap();
            assert!(stopped.is_closed());
        }
    });
}
