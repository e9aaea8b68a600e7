//! The two outlets of a packet stream, one frame of 20 ms at a time: the reorder buffer (a push,
//! and whatever it releases) and the adaptive playout buffer (a push, and a pull of 20 ms). The
//! elements a second are frames.
//!
//! With the feature `peers`: libspeexdsp's jitter buffer, which orders and times packets but
//! neither stretches nor conceals, and the crate `neteq` (two pulls of 10 ms, as it wants them).
//! That one reads the machine's clock and keeps two seconds of history by it, so it runs in real
//! time only, one frame every 20 ms beside the others. Before that: calls into Rust's allocator a
//! frame; what a C library asks of `malloc` is not in the number.
//!
//! ```text
//! cargo bench -p benches --bench jitter
//! cargo bench -p benches --bench jitter --features peers
//! ```

use std::hint::black_box;
use std::iter::once;
use std::time::Duration;

use audio_core::frame::{FRAME_MS, FRAME_SAMPLES, PcmFrame, WireFrame};
use audio_core::jitter::playout::{PlayoutBuffer, PlayoutConfig};
use audio_core::jitter::{JitterConfig, ReorderBuffer};
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};
use benches::peers::{self, Playout};
use benches::{Line, Race};
use criterion::{Criterion, Throughput};

const FRAME: Duration = Duration::from_millis(FRAME_MS as u64);

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn reorder(c: &mut Criterion) {
    let mut group = c.benchmark_group("jitter");
    group.throughput(Throughput::Elements(1));
    // Which frame comes n-th, if any: neighbours swapped, one in ten lost.
    type Order = fn(u32) -> Option<u32>;
    let orders: [(&str, Order); 3] =
        [("in_order", Some), ("swapped", |n| Some(n ^ 1)), ("lossy", |n| (n % 10 != 7).then_some(n))];
    for (name, order) in orders {
        let mut buffer = ReorderBuffer::new(JitterConfig::default()).expect("the defaults are valid");
        let mut numbers = (0u32..).filter_map(order);
        group.bench_function(name, |b| {
            b.iter(|| {
                let frame = WireFrame { seq: numbers.next().unwrap_or(0), ..WireFrame::SILENCE };
                buffer.push(black_box(&frame));
                std::iter::from_fn(|| black_box(buffer.pop())).count()
            });
        });
    }
    group.finish();
}

/// Ours, as the peers are driven: its clock is that of the frames.
fn ours() -> Playout {
    let mut buffer = PlayoutBuffer::new(PlayoutConfig::default()).expect("the defaults are valid");
    let mut now_us = 0;
    Box::new(move |frame: Option<&WireFrame>, out: &mut PcmFrame| {
        frame.inspect(|frame| buffer.push(frame, now_us));
        buffer.pull(now_us, out);
        now_us += u64::from(FRAME_MS) * 1_000;
    })
}

/// Runs a playout on a caller's speech; `arrives` says which frames do.
fn on_line(mut play: Playout, arrives: fn(u32) -> bool) -> impl FnMut() {
    let mut line = Line::new(&benches::speech("booking"), 0);
    let mut out = [0; FRAME_SAMPLES];
    move || {
        let frame = line.next_frame();
        play(black_box(Some(&frame).filter(|frame| arrives(frame.seq))), black_box(&mut out));
    }
}

fn playout(c: &mut Criterion) {
    let mut group = c.benchmark_group("playout");
    group.throughput(Throughput::Elements(1));
    type Arrives = fn(u32) -> bool;
    let lines: [(&str, Arrives); 2] = [("clean", |_| true), ("lossy", |n| n % 10 != 7)];
    for (name, arrives) in lines {
        let mut race = Race::new(name, 100);
        for (peer, play) in once(("", ours())).chain(peers::playouts()) {
            race.enter(peer, on_line(play, arrives));
        }
        if race.run(&mut group).is_none() {
            continue;
        }
        let all = || once(("", ours())).chain(peers::playouts()).chain(peers::clocked_playouts());
        for (peer, play) in all() {
            let mut step = on_line(play, arrives);
            (0..500).for_each(|_| step());
            let ((), calls) = count_on_this_thread(|| (0..500).for_each(|_| step()));
            println!("{name} {peer}: {:.2} calls into the allocator a frame", calls as f64 / 500.0);
        }
        // In real time, for the one that looks at the clock; cold caches are everyone's.
        let mut race = Race::new(format!("{name}, every 20 ms"), 1).paced(FRAME);
        for (peer, play) in all() {
            race.enter(peer, on_line(play, arrives));
        }
        race.turns();
    }
    group.finish();
}

fn main() {
    benches::run(|c| {
        reorder(c);
        playout(c);
    });
}
