//! G.711 beyond the tables of `g711_itu`: order, symmetry, error.

use audio_core::codec::{alaw, ulaw};
use proptest::prelude::*;

use crate::cases;
use crate::sound::line;

/// A law as a pair of functions, and the largest magnitude it does not clip.
type Law = (fn(i16) -> u8, fn(u8) -> i16, i32);
const LAWS: [Law; 2] = [(ulaw::encode, ulaw::decode, 32_635), (alaw::encode, alaw::decode, 32_767)];

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn codes_keep_the_order_of_samples(a in any::<i16>(), b in any::<i16>()) {
        for (encode, decode, _) in LAWS {
            let through = |s| decode(encode(s));
            prop_assert!((a <= b) <= (through(a) <= through(b)));
        }
    }

    /// The sign is one bit, and a negative sample is taken by its one's complement.
    #[test]
    fn both_halves_are_alike(sample in any::<i16>(), code in any::<u8>()) {
        for (encode, decode, _) in LAWS {
            prop_assert_eq!(encode(!sample), encode(sample) ^ 0x80);
            prop_assert_eq!(decode(code ^ 0x80), -decode(code));
        }
    }

    /// Half an interval, a thirty-second of the value, and the bits that are left out.
    #[test]
    fn the_error_is_in_proportion(sample in any::<i16>()) {
        for (encode, decode, clip) in LAWS {
            let (wanted, got) = (i32::from(sample).clamp(-clip, clip), i32::from(decode(encode(sample))));
            prop_assert!((wanted - got).abs() <= (got.abs() + 132) / 32 + 8, "{wanted} became {got}");
        }
    }

    /// A-AUD-001: a line that was coded once is not changed by coding it again.
    #[test]
    fn the_second_coding_changes_nothing(pcm in line()) {
        type Slices = (fn(&[i16], &mut [u8]) -> usize, fn(&[u8], &mut [i16]) -> usize);
        let laws: [Slices; 2] =
            [(ulaw::encode_slice, ulaw::decode_slice), (alaw::encode_slice, alaw::decode_slice)];
        for (encode, decode) in laws {
            let (mut codes, mut once, mut twice) = (vec![0; pcm.len()], pcm.clone(), pcm.clone());
            prop_assert_eq!(encode(&pcm, &mut codes), pcm.len());
            prop_assert_eq!(decode(&codes, &mut once), pcm.len());
            encode(&once, &mut codes);
            decode(&codes, &mut twice);
            prop_assert_eq!(&once, &twice);
        }
    }
}
