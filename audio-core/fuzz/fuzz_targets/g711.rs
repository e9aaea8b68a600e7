//! G.711: slices say what the scalars say, decoding then encoding changes nothing, and the codes
//! keep the order of the samples.
#![no_main]

use audio_core::codec::{alaw, ulaw};
use libfuzzer_sys::fuzz_target;

struct Law {
    encode: fn(i16) -> u8,
    decode: fn(u8) -> i16,
    encode_slice: fn(&[i16], &mut [u8]) -> usize,
    decode_slice: fn(&[u8], &mut [i16]) -> usize,
    /// Largest magnitude that is not clipped.
    clip: i32,
    /// The code that shares its sample with another and gives way to it.
    twin: Option<u8>,
}

const LAWS: [Law; 2] = [
    Law {
        encode: ulaw::encode,
        decode: ulaw::decode,
        encode_slice: ulaw::encode_slice,
        decode_slice: ulaw::decode_slice,
        clip: 32_635,
        twin: Some(ulaw::NEGATIVE_ZERO),
    },
    Law {
        encode: alaw::encode,
        decode: alaw::decode,
        encode_slice: alaw::encode_slice,
        decode_slice: alaw::decode_slice,
        clip: 32_767,
        twin: None,
    },
];

fuzz_target!(|data: &[u8]| {
    let Some((&room, codes)) = data.split_first() else { return };
    let samples: Vec<i16> = codes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    for law in &LAWS {
        round_trip(law, codes);
        order_and_error(law, &samples);
        slices(law, codes, &samples, usize::from(room));
    }
});

fn round_trip(law: &Law, codes: &[u8]) {
    for &code in codes {
        let sample = (law.decode)(code);
        let again = (law.encode)(sample);
        assert!(again == code || Some(code) == law.twin, "{code:#x} became {again:#x}");
        assert_eq!((law.decode)(again), sample);
    }
}

fn order_and_error(law: &Law, samples: &[i16]) {
    let mut heard: Vec<(i16, i16)> = samples.iter().map(|&s| (s, (law.decode)((law.encode)(s)))).collect();
    for &(sample, value) in &heard {
        let (sample, value) = (i32::from(sample), i32::from(value));
        // Half an interval, which is a sixteenth of its segment's start, and the bits left out.
        let clipped = sample.clamp(-law.clip, law.clip);
        assert!((clipped - value).abs() <= (value.abs() + 132) / 32 + 8, "{sample} became {value}");
        assert!(sample * value >= 0, "{sample} changed its sign");
    }
    heard.sort_unstable();
    assert!(heard.is_sorted_by_key(|&(_, value)| value));
}

fn slices(law: &Law, codes: &[u8], samples: &[i16], room: usize) {
    let mut pcm = vec![12_345; room];
    let n = (law.decode_slice)(codes, &mut pcm);
    assert_eq!(n, codes.len().min(room));
    assert!(pcm[..n].iter().zip(codes).all(|(&sample, &code)| sample == (law.decode)(code)));
    assert!(pcm[n..].iter().all(|&sample| sample == 12_345), "written beyond the end");
    let mut out = vec![0x5a; room];
    let n = (law.encode_slice)(samples, &mut out);
    assert_eq!(n, samples.len().min(room));
    assert!(out[..n].iter().zip(samples).all(|(&code, &sample)| code == (law.encode)(sample)));
    assert!(out[n..].iter().all(|&code| code == 0x5a), "written beyond the end");
}
