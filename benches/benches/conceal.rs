//! Loss concealment, one frame of 20 ms of a caller's speech at a time: nothing lost, one in ten,
//! and gaps of three frames in ten. The time is a mean over
//! good and concealed frames; the elements a second are frames.
//!
//! With the feature `peers`: libspandsp's concealer, in the same gaps.
//!
//! ```text
//! cargo bench -p benches --bench conceal
//! cargo bench -p benches --bench conceal --features peers
//! ```

use std::hint::black_box;
use std::iter::once;

use audio_core::frame::PcmFrame;
use audio_core::jitter::conceal::Concealer;
use benches::Race;
use benches::peers::{self, Conceal};
use criterion::{Criterion, Throughput};

/// Calls a turn: ten seconds of audio.
const CALLS: u32 = 500;

/// Ours, as the peers are driven.
fn ours() -> Conceal {
    let mut concealer = Concealer::new();
    Box::new(
        move |frame: &mut PcmFrame, arrived| {
            if arrived { concealer.good(frame) } else { concealer.conceal(frame, None) }
        },
    )
}

fn bench(c: &mut Criterion) {
    let speech = benches::speech("booking");
    let mut group = c.benchmark_group("conceal");
    group.throughput(Throughput::Elements(1));
    // Does frame n arrive?
    type Arrives = fn(usize) -> bool;
    let lines: [(&str, Arrives); 3] =
        [("nothing_lost", |_| true), ("one_in_ten", |n| n % 10 != 7), ("three_in_ten", |n| n % 10 < 7)];
    for (name, arrives) in lines {
        let mut race = Race::new(name, CALLS);
        for (peer, mut process) in once(("", ours())).chain(peers::concealers()) {
            let mut frames = speech.iter().enumerate().cycle();
            race.enter(peer, move || {
                if let Some((n, frame)) = frames.next() {
                    let mut frame = *frame;
                    process(black_box(&mut frame), arrives(n));
                    black_box(frame);
                }
            });
        }
        race.run(&mut group);
    }
    group.finish();
}

fn main() {
    benches::run(bench);
}
