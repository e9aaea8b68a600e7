//! A chain that only carries: what goes in comes out, so that the engine alone is under test.
#![allow(dead_code, reason = "each test program uses a part")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audio_core::barge_in::BargeInConfig;
use audio_core::engine::{CallHandle, Chain, Engine, EngineConfig, Worker};
use audio_core::frame::{CleanFrame, FRAME_SAMPLES, SampleTime, WireFrame};
use audio_core::pipeline::PipelineEvent;

/// A frame whose first byte is this makes the chain panic.
pub(crate) const PANIC: u8 = 0xdd;
/// A frame whose first byte is this makes the chain panic when the engine asks for its memory.
pub(crate) const POISON: u8 = 0xcc;
/// A frame whose first byte is this makes the chain report two events.
pub(crate) const EVENTS: u8 = 0xee;
/// A frame whose first byte is this makes the chain wait for [`Probe::gate`].
pub(crate) const BLOCK: u8 = 0xbb;

/// What a test can see of its chains.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    pub(crate) built: AtomicUsize,
    pub(crate) recycled: AtomicUsize,
    /// Names of the threads on which chains were dropped.
    pub(crate) dropped_on: Mutex<Vec<String>>,
    pub(crate) blocked: AtomicUsize,
    pub(crate) gate: AtomicUsize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct CarrierConfig {
    /// Told apart by the pool.
    pub(crate) kind: u32,
    pub(crate) probe: Arc<Probe>,
}

impl PartialEq for CarrierConfig {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// Carries caller frames to the clean ring and agent frames to the wire.
pub(crate) struct Carrier {
    probe: Arc<Probe>,
    generation: u32,
    clean: Option<CleanFrame>,
    events: u32,
    poisoned: bool,
}

impl Chain for Carrier {
    type Config = CarrierConfig;

    fn build(config: &CarrierConfig) -> Result<Self, audio_core::Error> {
        config.probe.built.fetch_add(1, Ordering::Relaxed);
        Ok(Self { probe: config.probe.clone(), generation: 0, clean: None, events: 0, poisoned: false })
    }

    fn recycle(&mut self, config: &CarrierConfig) {
        config.probe.recycled.fetch_add(1, Ordering::Relaxed);
        (self.generation, self.clean, self.events) = (0, None, 0);
    }

    fn fetch(&self) {
        assert!(!self.poisoned, "a chain panics while its memory is fetched");
    }

    fn push_wire(&mut self, frame: &WireFrame) {
        match frame.payload[0] {
            PANIC => panic!("a chain panics"),
            EVENTS => self.events += 2,
            POISON => self.poisoned = true,
            BLOCK => {
                self.probe.blocked.fetch_add(1, Ordering::SeqCst);
                while self.probe.gate.load(Ordering::SeqCst) == 0 {
                    std::thread::yield_now();
                }
            }
            _ => {}
        }
        let mut pcm = [0; FRAME_SAMPLES];
        pcm[0] = i16::from(frame.payload[1]);
        assert!(self.clean.is_none(), "the engine polls after every frame");
        self.clean = Some(CleanFrame { at: SampleTime(frame.seq.into()), pcm });
    }

    fn process_agent(&mut self, frame: Option<&WireFrame>) -> Option<WireFrame> {
        frame.filter(|frame| frame.generation >= self.generation).copied()
    }

    fn flush(&mut self, generation: u32) {
        assert!(generation > self.generation);
        self.generation = generation;
    }

    fn set_barge_in(&mut self, _: BargeInConfig) {
        self.events += 1;
    }

    fn poll_event(&mut self) -> Option<PipelineEvent> {
        self.events = self.events.checked_sub(1)?;
        Some(PipelineEvent::Resume { at: SampleTime(self.events.into()), reason: Default::default() })
    }

    fn poll_clean(&mut self) -> Option<CleanFrame> {
        self.clean.take()
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        self.probe.dropped_on.lock().expect("no test panics while it holds this").push(name);
    }
}

/// The caller's `n`-th frame on call `call`.
pub(crate) fn wire(call: u8, n: u32) -> WireFrame {
    let mut frame = WireFrame { seq: n, timestamp: n * 160, ..WireFrame::SILENCE };
    (frame.payload[0], frame.payload[1]) = (0, call);
    frame
}

/// A caller's frame with an order to the chain in it.
pub(crate) fn order(what: u8) -> WireFrame {
    let mut frame = wire(0, 0);
    frame.payload[0] = what;
    frame
}

/// The agent's `n`-th frame on call `call`.
pub(crate) fn agent(call: u8, n: u32, generation: u32) -> WireFrame {
    WireFrame { generation, ..wire(call, n) }
}

pub(crate) fn small(workers: usize, slots: usize) -> EngineConfig {
    let mut config = EngineConfig::default();
    (config.workers, config.slots_per_worker) = (workers, slots);
    config
}

/// An engine in virtual time.
pub(crate) struct Virtual<C: Chain> {
    pub(crate) engine: Engine<C>,
    pub(crate) workers: Vec<Worker<C>>,
    pub(crate) now: Duration,
    tick: Duration,
}

impl<C: Chain> Virtual<C> {
    pub(crate) fn new(config: EngineConfig) -> Self {
        let tick = config.tick;
        let (engine, workers) = Engine::unthreaded(config).expect("valid settings");
        Self { engine, workers, now: Duration::ZERO, tick }
    }

    pub(crate) fn tick(&mut self) {
        self.now += self.tick;
        self.workers.iter_mut().for_each(|worker| worker.tick(self.now));
    }

    pub(crate) fn ticks(&mut self, n: usize) {
        (0..n).for_each(|_| self.tick());
    }
}

/// All caller frame numbers on the clean ring.
pub(crate) fn clean(call: &mut CallHandle) -> Vec<u64> {
    std::iter::from_fn(|| call.pop_clean()).map(|frame| frame.at.0).collect()
}

/// All agent frame numbers on the wire ring.
pub(crate) fn played(call: &mut CallHandle) -> Vec<u32> {
    std::iter::from_fn(|| call.pop_wire()).map(|frame| frame.seq).collect()
}
