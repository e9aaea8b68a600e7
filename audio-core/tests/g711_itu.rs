//! A-AUD-001: G.711 is exact, against a decision-table search of the standard written without
//! the codec's arithmetic, and against ITU-T's own vectors where they are at hand.

use std::path::{Path, PathBuf};

use audio_core::codec::{ALAW_SILENCE, ULAW_SILENCE, alaw, ulaw};
use proptest::prelude::*;

/// G.711 table 2a, decision values x₁…x₁₂₈ in units of the 14-bit input: 16 intervals a
/// segment, the first of the first segment half as wide.
fn ulaw_decisions() -> Vec<i32> {
    let mut values = vec![0, 1];
    for segment in 0..8 {
        let intervals = if segment == 0 { 15 } else { 16 };
        for _ in 0..intervals {
            values.push(values[values.len() - 1] + (2 << segment));
        }
    }
    values.pop(); // 8 159: the virtual decision value
    assert_eq!(values.len(), 128);
    assert_eq!(values[127], 7_903);
    values
}

/// G.711 table 1a in units of the 12-bit magnitude.
fn alaw_decisions() -> Vec<i32> {
    let mut values: Vec<i32> = (0..=32).collect();
    for segment in 1..7 {
        for _ in 0..16 {
            values.push(values[values.len() - 1] + (1 << segment));
        }
    }
    values.pop(); // 2 048: the virtual decision value
    assert_eq!(values.len(), 128);
    values
}

/// Number of the interval: positive values belong to the interval they open, negative ones are
/// searched by their one's complement.
fn interval(decisions: &[i32], sample: i16, dropped_bits: u32) -> u8 {
    let wide = i32::from(sample);
    let magnitude = (if wide < 0 { -wide - 1 } else { wide }) >> dropped_bits;
    let above = decisions.iter().rposition(|&x| x <= magnitude).unwrap_or(0);
    above as u8
}

fn ulaw_by_table(decisions: &[i32], sample: i16) -> u8 {
    let sign = if sample < 0 { 0x7f } else { 0xff };
    sign - interval(decisions, sample, 2)
}

fn alaw_by_table(decisions: &[i32], sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    (sign | interval(decisions, sample, 4)) ^ 0x55
}

#[test]
fn every_sample_encodes_to_its_interval_of_the_standard() {
    let (mu, a) = (ulaw_decisions(), alaw_decisions());
    for sample in i16::MIN..=i16::MAX {
        assert_eq!(ulaw::encode(sample), ulaw_by_table(&mu, sample), "µ-law of {sample}");
        assert_eq!(alaw::encode(sample), alaw_by_table(&a, sample), "A-law of {sample}");
    }
}

#[test]
fn every_code_decodes_to_the_middle_of_its_interval() {
    let (mu, a) = (ulaw_decisions(), alaw_decisions());
    for n in 0..128u8 {
        let end =
            |values: &[i32], virtual_end| values.get(usize::from(n) + 1).copied().unwrap_or(virtual_end);
        // In 16-bit units; the first µ-law interval straddles zero.
        let middle = if n == 0 { 0 } else { 2 * (mu[usize::from(n)] + end(&mu, 8_159)) };
        assert_eq!(i32::from(ulaw::decode(0xff - n)), middle);
        assert_eq!(i32::from(ulaw::decode(0x7f - n)), -middle);
        let middle = 8 * (a[usize::from(n)] + end(&a, 2_048));
        assert_eq!(i32::from(alaw::decode((0x80 | n) ^ 0x55)), middle);
        assert_eq!(i32::from(alaw::decode(n ^ 0x55)), -middle);
    }
}

#[test]
fn codes_survive_decoding_and_silence_is_zero() {
    for code in 0..=255u8 {
        // Negative zero is the one µ-law code that comes back as another: positive zero.
        let expected = if code == 0x7f { 0xff } else { code };
        assert_eq!(ulaw::encode(ulaw::decode(code)), expected);
        assert_eq!(alaw::encode(alaw::decode(code)), code);
    }
    assert_eq!((ulaw::decode(ULAW_SILENCE), ulaw::encode(0)), (0, ULAW_SILENCE));
    assert_eq!((alaw::decode(ALAW_SILENCE), alaw::encode(0)), (8, ALAW_SILENCE));
    assert_eq!(ulaw::decode(ulaw::NEGATIVE_ZERO), 0);
    assert_eq!(ulaw::COMFORT.map(ulaw::decode), [-8, 0, 0, 8]);
    assert_eq!(alaw::COMFORT.map(alaw::decode), [-24, -8, 8, 24]);
}

/// The blocks that slices are worked on in are the same arithmetic: all inputs, at every place in
/// a block.
#[test]
fn slices_are_exact_over_all_inputs_wherever_a_block_begins() {
    let (mu, a) = (ulaw_decisions(), alaw_decisions());
    for offset in 0..16 {
        let pcm: Vec<i16> = (0..=u16::MAX).map(|n| n.wrapping_add(offset) as i16).collect();
        let mut codes = vec![0; pcm.len()];
        ulaw::encode_slice(&pcm, &mut codes);
        assert!(pcm.iter().zip(&codes).all(|(&pcm, &code)| ulaw_by_table(&mu, pcm) == code));
        alaw::encode_slice(&pcm, &mut codes);
        assert!(pcm.iter().zip(&codes).all(|(&pcm, &code)| alaw_by_table(&a, pcm) == code));
        let codes: Vec<u8> = (0..=255u8).map(|n| n.wrapping_add(offset as u8)).collect();
        let mut back = vec![0; 256];
        ulaw::decode_slice(&codes, &mut back);
        assert!(codes.iter().zip(&back).all(|(&code, &pcm)| ulaw::decode(code) == pcm));
        alaw::decode_slice(&codes, &mut back);
        assert!(codes.iter().zip(&back).all(|(&code, &pcm)| alaw::decode(code) == pcm));
    }
}

/// The folder with ITU-T's vectors: `$KAV_SHARED`, or `shared/` beside any parent folder.
fn vectors() -> Option<PathBuf> {
    let shared = std::env::var_os("KAV_SHARED").map(PathBuf::from).into_iter();
    let parents = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|dir| dir.join("shared"));
    shared.chain(parents).map(|dir| dir.join("dsp/itu")).find(|dir| dir.is_dir())
}

fn words(path: &Path) -> Vec<i16> {
    let bytes = std::fs::read(path).expect("vector");
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

#[test]
fn itu_vectors_match_in_all_65536_places() {
    let Some(dir) = vectors() else {
        eprintln!("ITU-T vectors not at hand (set KAV_SHARED): the table search above stands");
        return;
    };
    let source = words(&dir.join("sweep.src"));
    let (mu, a) = (words(&dir.join("sweep-r.u")), words(&dir.join("sweep-r.a")));
    let (from_mu, from_a) = (words(&dir.join("sweep-r.u-u")), words(&dir.join("sweep-r.a-a")));
    assert_eq!(source.len(), 65_536);
    for (i, &sample) in source.iter().enumerate() {
        assert_eq!(i16::from(ulaw::encode(sample)), mu[i], "µ-law of {sample}");
        assert_eq!(i16::from(alaw::encode(sample)), a[i], "A-law of {sample}");
        assert_eq!(ulaw::decode(mu[i] as u8), from_mu[i]);
        assert_eq!(alaw::decode(a[i] as u8), from_a[i]);
    }
}

proptest! {
    #[test]
    fn slices_do_what_samples_do(pcm in prop::collection::vec(any::<i16>(), 0..400), room in 0usize..400) {
        let mut codes = vec![0; room];
        let mut back = vec![0; room];
        for (encode, encode_slice, decode, decode_slice) in [
            (ulaw::encode as fn(i16) -> u8, ulaw::encode_slice as fn(&[i16], &mut [u8]) -> usize,
             ulaw::decode as fn(u8) -> i16, ulaw::decode_slice as fn(&[u8], &mut [i16]) -> usize),
            (alaw::encode, alaw::encode_slice, alaw::decode, alaw::decode_slice),
        ] {
            let n = encode_slice(&pcm, &mut codes);
            prop_assert_eq!(n, pcm.len().min(room));
            prop_assert_eq!(decode_slice(&codes[..n], &mut back), n);
            for i in 0..n {
                prop_assert_eq!(codes[i], encode(pcm[i]));
                prop_assert_eq!(back[i], decode(codes[i]));
            }
        }
    }
}
