//! Metering, gain and limiting, one frame of 20 ms at a time, on fixture speech. `all` is the three in a
//! row, the limiter at work. The elements a second are frames.
//!
//! ```text
//! cargo bench -p benches --bench gain
//! ```

use std::hint::black_box;

use audio_core::frame::PcmFrame;
use audio_core::gain::{Agc, AgcConfig, Limiter, LimiterConfig, Meter};
use benches::Race;
use criterion::{Criterion, Throughput};

/// Calls a turn: two seconds of audio.
const CALLS: u32 = 100;

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("gain");
    group.throughput(Throughput::Elements(1));
    let frames = benches::speech("booking");
    let agc = || Agc::new(AgcConfig::default()).expect("the defaults are valid");
    let limiter = || {
        let mut config = LimiterConfig::default();
        config.ceiling_dbfs = -20.0;
        Limiter::new(config).expect("within its range")
    };
    type Stage = Box<dyn FnMut(&mut PcmFrame)>;
    let stages: [(&str, Stage); 4] = [
        ("meter", {
            let mut meter = Meter::new();
            Box::new(move |frame| {
                black_box(meter.process(frame));
            })
        }),
        ("agc", {
            let mut agc = agc();
            Box::new(move |frame| {
                agc.process(frame, true);
            })
        }),
        ("limiter", {
            let mut limiter = limiter();
            Box::new(move |frame| limiter.process(frame))
        }),
        ("all", {
            let (mut meter, mut agc, mut limiter) = (Meter::new(), agc(), limiter());
            Box::new(move |frame| {
                agc.process(frame, true);
                limiter.process(frame);
                black_box(meter.process(frame));
            })
        }),
    ];
    for (name, mut stage) in stages {
        let (mut race, speech) = (Race::new(name, CALLS), frames.clone());
        let mut n = 0;
        race.enter("", move || {
            let mut frame = speech[n % speech.len()];
            n += 1;
            stage(black_box(&mut frame));
            black_box(frame);
        });
        race.run(&mut group);
    }
    group.finish();
}

fn main() {
    benches::run(bench);
}
