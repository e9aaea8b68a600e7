//! Voice detection, one frame of a caller's speech at a time: the bare RMS rule, then every
//! detector of this build alone (`score`) and with the noise floor and the decision layer
//! (`decide`). The elements a second are frames of 20 ms.
//!
//! ```text
//! cargo bench -p benches --bench vad
//! ```

use std::hint::black_box;

use audio_core::frame::rms;
use audio_core::vad::{AnyVad, SpeechDetector, Vad, VadConfig, VadKind};
use criterion::{Criterion, Throughput};

fn bench(c: &mut Criterion) {
    let speech = benches::speech("booking");
    let config = VadConfig::hebrew();
    let threshold = config.rms_threshold.to_rms();

    let mut group = c.benchmark_group("vad");
    group.throughput(Throughput::Elements(1));
    let mut frames = speech.iter().cycle();
    group.bench_function("rms_rule", |b| {
        b.iter(|| frames.next().is_some_and(|frame| rms(black_box(frame)) > threshold));
    });
    for &kind in VadKind::ALL {
        let mut vad = AnyVad::new(kind, &config);
        group.bench_function(format!("score/{kind}"), |b| {
            b.iter(|| frames.next().map(|frame| vad.score(black_box(frame))));
        });
        let mut detector = SpeechDetector::new(kind, config).expect("the defaults are valid");
        group.bench_function(format!("decide/{kind}"), |b| {
            b.iter(|| frames.next().map(|frame| detector.process(black_box(frame))));
        });
    }
    group.finish();
}

fn main() {
    benches::run(bench);
}
