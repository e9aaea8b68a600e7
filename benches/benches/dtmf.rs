//! DTMF detection, one frame of 20 ms at a time: over a caller's speech, in which nothing may be
//! found, and over the sixteen keys. Before the bench: how many digits each receiver finds in
//! either. The elements a second are frames.
//!
//! With the feature `peers`: libspandsp's receiver.
//!
//! ```text
//! cargo bench -p benches --bench dtmf
//! cargo bench -p benches --bench dtmf --features peers
//! ```

use std::hint::black_box;
use std::iter::once;

use audio_core::dtmf::{DtmfConfig, DtmfDetector, DtmfGenerator};
use audio_core::frame::PcmFrame;
use benches::Race;
use benches::peers::{self, Dtmf};
use criterion::{Criterion, Throughput};

/// Calls a turn: two seconds of audio.
const CALLS: u32 = 100;

/// Ours, as the peers are driven.
fn ours() -> Dtmf {
    let mut detector = DtmfDetector::new();
    Box::new(move |frame: &PcmFrame| {
        let mut found = 0;
        detector.process(frame, |_| found += 1);
        found
    })
}

/// The sixteen keys, 100 ms each with as long a pause.
fn keys() -> Vec<PcmFrame> {
    let keys = DtmfGenerator::new("1234567890*#ABCD", DtmfConfig::default());
    let mut pcm = vec![0; 16 * 1_600];
    keys.expect("the defaults are valid").fill(&mut pcm);
    benches::frames(&pcm)
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("dtmf");
    group.throughput(Throughput::Elements(1));
    for (name, input) in [("speech", &benches::speech("booking")), ("keys", &keys())] {
        let mut race = Race::new(name, CALLS);
        for (peer, mut listen) in once(("", ours())).chain(peers::dtmf()) {
            let found: usize = input.iter().map(&mut listen).sum();
            println!("{name} {peer}: {found} digits in {} frames", input.len());
            let mut frames = input.iter().cycle();
            race.enter(peer, move || {
                black_box(frames.next().map(|frame| listen(black_box(frame))));
            });
        }
        race.run(&mut group);
    }
    group.finish();
}

fn main() {
    benches::run(bench);
}
