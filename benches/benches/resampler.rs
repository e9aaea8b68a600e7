//! Streaming sample-rate conversion: 20 ms of 16-bit audio at a time between the wire's 8 kHz and
//! the rates of speech recognition (16), speech synthesis (24) and sound cards (48). The elements
//! a second are frames of 20 ms: divide by 50 for the number of calls on one core. Beside the
//! polyphase of either phase stands rubato's FFT, in the same wrapper and the same run.
//!
//!
//! With the feature `peers`: rubato's asynchronous sinc, libspeexdsp at quality 3 (its VoIP
//! setting) and 5, libsamplerate's fastest sinc and libsoxr's HQ. Speed is half of it: they differ
//! in rejection, ripple and delay. After each pair of rates
//! all take turns, a second of audio each.
//!
//! ```text
//! cargo bench -p benches --bench resampler
//! cargo bench -p benches --bench resampler --features peers
//! ```

use std::hint::black_box;

use audio_core::frame::WIRE_RATE;
use audio_core::resample::{Phase, Resampler};
use benches::Race;
use criterion::{Criterion, Throughput};

/// Calls a turn: a second of audio, or what comes in bursts would look fast or slow by chance.
const CALLS: u32 = 50;

fn bench(c: &mut Criterion) {
    let speech = benches::speech("booking").concat();

    let mut group = c.benchmark_group("resampler");
    group.throughput(Throughput::Elements(1));
    for other in [16_000, 24_000, 48_000] {
        for (from, to) in [(WIRE_RATE, other), (other, WIRE_RATE)] {
            let input = in_rate(&speech, from);
            let chunks: Vec<&[i16]> = input.chunks_exact(from as usize / 50).collect();
            let mut race = Race::new(format!("{}_to_{}_khz", from / 1_000, to / 1_000), CALLS);
            let ours = [
                ("", Resampler::new(from, to)),
                ("linear", Resampler::with_phase(from, to, Phase::Linear)),
                ("rubato_fft", Resampler::with_fft(from, to)),
            ];
            for (name, resampler) in ours {
                let mut resampler = resampler.expect("a usual rate");
                let (mut chunks, mut output) = (chunks.iter().cycle(), vec![0; to as usize / 50]);
                race.enter(name, move || {
                    let chunk = chunks.next().copied().unwrap_or(&[]);
                    black_box(resampler.process_i16(black_box(chunk), &mut output));
                });
            }
            for (name, mut resample) in benches::peers::resamplers(from, to) {
                // What comes in bursts needs room for one.
                let (mut chunks, mut output) = (chunks.iter().cycle(), vec![0; to as usize]);
                race.enter(name, move || {
                    let chunk = chunks.next().copied().unwrap_or(&[]);
                    black_box(resample(black_box(chunk), &mut output));
                });
            }
            race.run(&mut group);
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
