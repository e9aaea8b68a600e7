//! Echo cancellation, one frame of 20 ms at a time, over a scene of the fixtures' speech: the agent
//! talks throughout, the caller over it for a third of the time. `quiet` is the same line with a
//! silent agent. The elements a second are frames.
//!
//! With the feature `peers`: libspeexdsp with tails of 64 and 400 ms, and AEC3 in Rust.
//!
//! ```text
//! cargo bench -p benches --bench echo
//! cargo bench -p benches --bench echo --features peers
//! ```

#[path = "../../audio-core/tests/echo_common/mod.rs"]
mod echo_common;

use std::hint::black_box;
use std::iter::once;

use audio_core::echo::{EchoCanceller, EchoConfig};
use audio_core::frame::{FRAME_SAMPLES, PcmFrame};
use benches::Race;
use benches::peers::{self, Echo};
use criterion::{Criterion, Throughput};
use echo_common::{PATHS, scene};

/// Calls a turn: two seconds of audio.
const CALLS: u32 = 100;

fn ours() -> Echo {
    let mut canceller = EchoCanceller::new(EchoConfig::default()).expect("the defaults are valid");
    Box::new(move |far, line| {
        canceller.process(far, line);
    })
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("echo");
    group.throughput(Throughput::Elements(1));
    let scene = scene(&PATHS[2], 0);
    let (far, line) = (benches::frames(&scene.far), benches::frames(&scene.line));
    let silence = vec![[0; FRAME_SAMPLES]; far.len()];
    for (name, far) in [("talking", &far), ("quiet", &silence)] {
        let mut race = Race::new(name, CALLS);
        for (peer, make) in once(("", ours as fn() -> Echo)).chain(peers::echo()) {
            let (mut cancel, mut frames) = (make(), far.iter().zip(&line).cycle());
            race.enter(peer, move || {
                if let Some((far, line)) = frames.next() {
                    let mut line: PcmFrame = *line;
                    cancel(black_box(far), black_box(&mut line));
                    black_box(line);
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
