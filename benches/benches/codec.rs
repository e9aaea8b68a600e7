//! G.711: one frame of 160 samples, encoded and decoded, beside the 64 KiB table that many
//! libraries encode with and, with the feature `peers`, six other crates. The elements a second
//! are samples.
//!
//! Before the bench it is counted where each differs from our codes, which `tests/g711_itu.rs`
//! holds to ITU-T's vectors: over all 65 536 samples and all 256 codes. After it all take turns
//! once more, and a closing line for each direction says what share of the fastest exact peer's
//! time ours takes: at most 1 is the rule, under default compiler flags.
//!
//! ```text
//! cargo bench -p benches --bench codec
//! cargo bench -p benches --bench codec --features peers
//! ```

use std::hint::black_box;
use std::sync::LazyLock;

use audio_core::codec::{alaw, ulaw};
use audio_core::frame::{FRAME_SAMPLES, PcmFrame};
use benches::Race;
use benches::peers::{self, Codec, Codes};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};

/// Calls a turn: some 10 µs.
const CALLS: u32 = 200;

const ULAW: Codec = Codec {
    name: "",
    encode: |pcm, codes| {
        ulaw::encode_slice(pcm, codes);
    },
    decode: Some(|codes, pcm| {
        ulaw::decode_slice(codes, pcm);
    }),
};

const ALAW: Codec = Codec {
    name: "",
    encode: |pcm, codes| {
        alaw::encode_slice(pcm, codes);
    },
    decode: Some(|codes, pcm| {
        alaw::decode_slice(codes, pcm);
    }),
};

/// What many libraries do: one look-up a sample in 64 KiB. Here with our codes.
const ULAW_TABLE: Codec = Codec {
    name: "by_table",
    encode: |pcm, codes| {
        static TABLE: LazyLock<Box<[u8; 1 << 16]>> = LazyLock::new(|| table(ulaw::encode));
        look_up(&TABLE, pcm, codes);
    },
    decode: None,
};

const ALAW_TABLE: Codec = Codec {
    name: "by_table",
    encode: |pcm, codes| {
        static TABLE: LazyLock<Box<[u8; 1 << 16]>> = LazyLock::new(|| table(alaw::encode));
        look_up(&TABLE, pcm, codes);
    },
    decode: None,
};

fn table(encode: fn(i16) -> u8) -> Box<[u8; 1 << 16]> {
    Box::new(std::array::from_fn(|bits| encode(bits as u16 as i16)))
}

fn look_up(table: &[u8; 1 << 16], pcm: &PcmFrame, codes: &mut Codes) {
    for (code, &sample) in codes.iter_mut().zip(pcm) {
        *code = table[usize::from(sample as u16)];
    }
}

/// How many samples, and how many codes, a crate converts otherwise than `ours`.
fn differences(ours: Codec, theirs: Codec) -> (usize, Option<usize>) {
    let samples: Vec<i16> = (i16::MIN..=i16::MAX).collect();
    let count = |encode: fn(&PcmFrame, &mut Codes)| -> Vec<u8> {
        let mut all = Vec::new();
        for chunk in samples.chunks(FRAME_SAMPLES) {
            let (mut pcm, mut codes) = ([0; FRAME_SAMPLES], [0; FRAME_SAMPLES]);
            pcm[..chunk.len()].copy_from_slice(chunk);
            encode(&pcm, &mut codes);
            all.extend_from_slice(&codes[..chunk.len()]);
        }
        all
    };
    let encoded = count(ours.encode).into_iter().zip(count(theirs.encode)).filter(|(a, b)| a != b).count();
    let decoded = ours.decode.zip(theirs.decode).map(|(ours, theirs)| {
        let wrong = |code: &u8| {
            let (mut a, mut b) = ([0; FRAME_SAMPLES], [0; FRAME_SAMPLES]);
            ours(&[*code; FRAME_SAMPLES], &mut a);
            theirs(&[*code; FRAME_SAMPLES], &mut b);
            a != b
        };
        (0..=u8::MAX).filter(wrong).count()
    });
    (encoded, decoded)
}

/// One law, both directions: ours and the peers.
fn law(group: &mut BenchmarkGroup<'_, WallTime>, law: &str, ours: Codec, peers: &[Codec], pcm: &PcmFrame) {
    let mut encoders = vec![("", ours.encode, true)];
    let mut decoders: Vec<_> = ours.decode.iter().map(|&decode| ("", decode, true)).collect();
    for &peer in peers {
        let (encoded, decoded) = differences(ours, peer);
        let of_codes = decoded.map_or("-".into(), |count| count.to_string());
        println!("{law} {:<22}: {encoded:>3} of 65536 samples differ, {of_codes} of 256 codes", peer.name);
        encoders.push((peer.name, peer.encode, encoded == 0));
        decoders.extend(peer.decode.map(|decode| (peer.name, decode, decoded == Some(0))));
    }
    let mut codes = [0; FRAME_SAMPLES];
    (ours.encode)(pcm, &mut codes);
    direction(group, &format!("{law}/encode"), &encoders, pcm);
    direction(group, &format!("{law}/decode"), &decoders, &codes);
}

/// A name, a conversion, and whether it is exact.
type Entrant<A, B> = (&'static str, fn(&[A; FRAME_SAMPLES], &mut [B; FRAME_SAMPLES]), bool);

fn direction<A, B: Copy + Default>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    entrants: &[Entrant<A, B>],
    input: &[A; FRAME_SAMPLES],
) {
    let mut race = Race::new(name, CALLS);
    for &(entrant, convert, _) in entrants {
        let mut output = [B::default(); FRAME_SAMPLES];
        race.enter(entrant, move || convert(black_box(input), black_box(&mut output)));
    }
    let Some(times) = race.run(group) else { return };
    let exact = times.iter().zip(entrants).skip(1).filter(|(_, (_, _, is_exact))| *is_exact);
    let fastest = exact.min_by(|(a, _), (b, _)| a.median.total_cmp(&b.median));
    if let Some((theirs, (peer, ..))) = fastest {
        let (ours, theirs) = (times[0].median, theirs.median);
        let share = ours / theirs;
        println!(
            "{name}: ours {ours:.1} ns, the fastest exact peer ({peer}) {theirs:.1} ns: share {share:.2}\n"
        );
    }
}

fn bench(c: &mut Criterion) {
    let speech = benches::speech("booking");
    let pcm = speech[speech.len() / 2];

    let mut group = c.benchmark_group("codec");
    group.throughput(Throughput::Elements(FRAME_SAMPLES as u64));
    law(&mut group, "ulaw", ULAW, &[vec![ULAW_TABLE], peers::ulaw()].concat(), &pcm);
    law(&mut group, "alaw", ALAW, &[vec![ALAW_TABLE], peers::alaw()].concat(), &pcm);
    group.finish();
}

fn main() {
    benches::run(bench);
}
