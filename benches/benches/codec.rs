//! G.711: one frame of 160 samples, encoded and decoded, beside the 64 KiB table that many
//! libraries encode with. The elements a second are samples.
//!
//! ```text
//! cargo bench -p benches --bench codec
//! ```

use std::hint::black_box;

use audio_core::codec::{alaw, ulaw};
use audio_core::frame::{FRAME_SAMPLES, PcmFrame};
use criterion::{Criterion, Throughput};

fn bench(c: &mut Criterion) {
    let speech = benches::speech("booking");
    let pcm = speech[speech.len() / 2];

    let mut group = c.benchmark_group("codec");
    group.throughput(Throughput::Elements(FRAME_SAMPLES as u64));
    let mut codes = [0; FRAME_SAMPLES];
    group.bench_function("ulaw/encode", |b| {
        b.iter(|| ulaw::encode_slice(black_box(&pcm), black_box(&mut codes)));
    });
    group.bench_function("alaw/encode", |b| {
        b.iter(|| alaw::encode_slice(black_box(&pcm), black_box(&mut codes)));
    });
    let table: Vec<u8> = (0..=u16::MAX).map(|bits| ulaw::encode(bits as i16)).collect();
    group.bench_function("ulaw/encode_by_table", |b| {
        b.iter(|| encode_by_table(&table, black_box(&pcm), black_box(&mut codes)));
    });

    let mut back: PcmFrame = [0; FRAME_SAMPLES];
    let codes = pcm.map(ulaw::encode);
    group.bench_function("ulaw/decode", |b| {
        b.iter(|| ulaw::decode_slice(black_box(&codes), black_box(&mut back)));
    });
    let codes = pcm.map(alaw::encode);
    group.bench_function("alaw/decode", |b| {
        b.iter(|| alaw::decode_slice(black_box(&codes), black_box(&mut back)));
    });
    group.finish();
}

/// The peer: one look-up a sample.
fn encode_by_table(table: &[u8], pcm: &PcmFrame, codes: &mut [u8; FRAME_SAMPLES]) {
    for (code, &sample) in codes.iter_mut().zip(pcm) {
        *code = table[usize::from(sample as u16)];
    }
}

fn main() {
    benches::run(bench);
}
