//! Noise suppression, one frame of 20 ms at a time, over the fixtures' callers in noise of 10 dB and on a
//! clean line. The elements a second are frames.
//!
//! With the feature `peers`: libspeexdsp's preprocessor.
//!
//! ```text
//! cargo bench -p benches --bench denoise
//! cargo bench -p benches --bench denoise --features peers
//! ```

#[path = "../../audio-core/tests/denoise_common/mod.rs"]
mod denoise_common;

use std::hint::black_box;
use std::iter::once;

use audio_core::denoise::{DELAY, DenoiseConfig, Denoiser};
use audio_core::frame::PcmFrame;
use benches::Race;
use benches::peers::{self, Denoise, NamedDenoise};
use criterion::{Criterion, Throughput};
use denoise_common::{Kind, callers, scene};

/// Calls a turn: two seconds of audio.
const CALLS: u32 = 100;

fn ours() -> Denoise {
    let mut denoiser = Denoiser::new(DenoiseConfig::on()).expect("the defaults are valid");
    Box::new(move |frame: &mut PcmFrame| denoiser.process(frame))
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("denoise");
    group.throughput(Throughput::Elements(1));
    let caller = &callers()[0];
    for (name, kind, snr_db) in [("noisy", Kind::Pink, 10.0), ("clean", Kind::White, 90.0)] {
        let line = benches::frames(&scene(caller, kind, snr_db, 1).line);
        let mut race = Race::new(name, CALLS);
        let all = once(("", DELAY, ours as fn() -> Denoise) as NamedDenoise).chain(peers::denoise());
        for (peer, _, make) in all {
            let (mut denoise, mut frames) = (make(), line.iter().cycle());
            race.enter(peer, move || {
                if let Some(frame) = frames.next() {
                    let mut frame: PcmFrame = *frame;
                    denoise(black_box(&mut frame));
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
