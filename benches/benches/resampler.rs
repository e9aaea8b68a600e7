//! Streaming sample-rate conversion: 20 ms of 16-bit audio at a time between the wire's 8 kHz and
//! the rates of speech recognition (16), speech synthesis (24) and sound cards (48). The elements
//! a second are frames of 20 ms: divide by 50 for the number of calls on one core. Beside the
//! polyphase of either phase stands rubato's FFT, in the same wrapper and the same run.
//!
//! ```text
//! cargo bench -p benches --bench resampler
//! ```

use std::hint::black_box;

use audio_core::frame::WIRE_RATE;
use audio_core::resample::{Phase, Resampler};
use criterion::{Criterion, Throughput};

fn bench(c: &mut Criterion) {
    let speech = benches::speech("booking").concat();

    let mut group = c.benchmark_group("resampler");
    group.throughput(Throughput::Elements(1));
    for other in [16_000, 24_000, 48_000] {
        for (from, to) in [(WIRE_RATE, other), (other, WIRE_RATE)] {
            let input = in_rate(&speech, from);
            let mut chunks = input.chunks_exact(from as usize / 50).cycle();
            let mut output = vec![0; to as usize / 50];
            let contenders = [
                ("", Resampler::new(from, to)),
                ("_linear", Resampler::with_phase(from, to, Phase::Linear)),
                ("_rubato_fft", Resampler::with_fft(from, to)),
            ];
            for (suffix, resampler) in contenders {
                let mut resampler = resampler.expect("a usual rate");
                let name = format!("{}_to_{}_khz{suffix}", from / 1_000, to / 1_000);
                group.bench_function(name, |b| {
                    b.iter(|| resampler.process_i16(black_box(chunks.next().unwrap_or(&[])), &mut output));
                });
            }
        }
    }
    group.finish();
}

/// The recording at another rate.
fn in_rate(pcm: &[i16], rate: u32) -> Vec<i16> {
    let mut resampler = Resampler::new(WIRE_RATE, rate).expect("a usual rate");
    let mut output = vec![0; resampler.output_bound(pcm.len())];
    let produced = resampler.process_i16(pcm, &mut output).produced;
    output.truncate(produced);
    output
}

fn main() {
    benches::run(bench);
}
