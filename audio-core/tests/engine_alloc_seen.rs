//! The proof that audio threads do not allocate is worth something only if an allocation there would
//! be seen: here is a chain that allocates, and it is.
#![cfg(feature = "engine")]

use std::hint::black_box;
use std::time::Duration;

use audio_core::barge_in::BargeInConfig;
use audio_core::engine::{Chain, Engine, EngineConfig};
use audio_core::frame::{CleanFrame, WireFrame};
use audio_core::pipeline::PipelineEvent;
use audio_core::sys::alloc::{CountingAllocator, realtime_allocations};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Breaks the real-time law once a frame.
struct Careless;

impl Chain for Careless {
    type Config = ();

    fn build(_: &()) -> Result<Self, audio_core::Error> {
        Ok(Self)
    }
    fn recycle(&mut self, _: &()) {}
    fn push_wire(&mut self, frame: &WireFrame) {
        drop(black_box(Box::new(*frame)));
    }
    fn process_agent(&mut self, frame: Option<&WireFrame>) -> Option<WireFrame> {
        frame.copied()
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

#[test]
fn an_allocation_on_an_audio_thread_is_counted() {
    let mut config = EngineConfig::default();
    config.workers = 1;
    let engine = Engine::<Careless>::start(config).unwrap();
    let mut call = engine.attach(()).unwrap();
    assert_eq!(realtime_allocations(), 0);
    call.push_wire(&WireFrame::SILENCE).unwrap();
    for _ in 0..500 {
        if realtime_allocations() >= 2 {
            return; // the allocation and the free
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("an audio thread allocated and nobody noticed: {} counted", realtime_allocations());
}
