//! The real-time law: a playout buffer neither allocates nor frees after `new`.

mod arrivals;

use audio_core::frame::WireFrame;
use audio_core::jitter::playout::{PlayoutBuffer, PlayoutConfig};
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn a_bad_network_makes_no_call_into_the_allocator() {
    let voice = arrivals::voice::talk(20, 7);
    for config in [PlayoutConfig::low_delay(), PlayoutConfig::high_quality()] {
        for model in ["tms_heavy", "rtp_ge10", "rtp_spike", "rtp_gamma30"] {
            let trace = arrivals::models::generate(model, 5);
            let mut run = arrivals::drive::Run::new(&trace, &voice, config, 10);
            let (steps, calls) = count_on_this_thread(|| {
                let mut steps = 0;
                while run.step() {
                    steps += 1;
                }
                steps
            });
            let stats = run.stats();
            assert_eq!(calls, 0, "{model}");
            assert!(steps > 29_000 && stats.concealed > 0, "{model}: {stats:?}");
        }
    }
}

#[test]
fn overflow_restart_and_reset_make_no_call_into_the_allocator() {
    let mut buffer = PlayoutBuffer::new(PlayoutConfig::default()).expect("valid");
    let mut out = [0i16; 80];
    let ((), calls) = count_on_this_thread(|| {
        for stream in 0..4u32 {
            for n in 0..1_000u32 {
                let timestamp = stream.wrapping_mul(0x4000_0000).wrapping_add(n * 160);
                let now = u64::from(stream) * 60_000_000 + u64::from(n) * 500;
                buffer.push(&WireFrame { seq: n, timestamp, ..WireFrame::SILENCE }, now);
                if n % 100 == 0 {
                    buffer.pull(now, &mut out);
                }
            }
        }
        let stats = buffer.stats();
        assert!(stats.resyncs > 2 && stats.discarded > 0, "{stats:?}");
        buffer.reset();
    });
    assert_eq!(calls, 0);
}
