//! The messages against bytes that Google's `google-cloud-speech` 2.41.0 (Python) wrote.

use super::api::{Api, NotHeard, V1, V2};
use super::settings::SpeechSettings;
use crate::providers::recognition::Heard;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("two hexadecimal digits"))
        .collect()
}

fn settings() -> SpeechSettings {
    SpeechSettings {
        phrases: vec!["דירה".to_owned(), "תל אביב".to_owned()],
        project: "p".to_owned(),
        ..SpeechSettings::default()
    }
}

/// A-AUD-016: µ-law at 8 kHz, he-IL, phrases of the business, interim results.
#[test]
fn v1_requests_are_googles() {
    assert_eq!(V1::configuration(&settings(), Some("default"), &[]), hex(GOLDEN_V1_CONFIGURATION));
    assert_eq!(V1::audio(&[0xff, 0x7f, 0x00]), hex("1203ff7f00"));
}

#[test]
fn v1_responses_are_read() {
    let heard =
        Heard { settled: " שלום עולם".to_owned(), until_ms: Some(2_340), tail: String::new() };
    assert_eq!(V1::heard(&hex(GOLDEN_V1_RESPONSE)), Ok(Some(heard)));
    let error = NotHeard::Error(11, "Audio Timeout Error".to_owned());
    assert_eq!(V1::heard(&hex(GOLDEN_V1_ERROR)), Err(error));
    // An event of the detector alone.
    assert_eq!(V1::heard(&hex("2001")), Ok(None));
    assert!(matches!(V1::heard(&[0xff; 9]), Err(NotHeard::Garbage(_))));
}

#[test]
fn v2_messages_are_googles() {
    assert_eq!(V2::configuration(&settings(), None, &[]), hex(GOLDEN_V2_CONFIGURATION));
    assert_eq!(V2::audio(&[0xff, 0x7f]), hex("2a02ff7f"));
    let heard = Heard { settled: " שלום".to_owned(), until_ms: Some(2_000), tail: String::new() };
    assert_eq!(V2::heard(&hex(GOLDEN_V2_RESPONSE)), Ok(Some(heard)));
}

#[test]
fn no_offset_is_before_the_stream_or_overflows() {
    let ms = |seconds, nanos| super::Offset { seconds, nanos }.as_ms();
    assert_eq!(ms(-5, 0), 0);
    assert_eq!(ms(i64::MAX, i32::MAX), u64::try_from(i128::from(i64::MAX) * 1_000 + 2_147).unwrap_or(0));
}

const GOLDEN_V1_CONFIGURATION: &str = "0a480a44080310c03e1a0568652d494c2001380158016a0764656661756c747001a201240a22120a0a08d793d799d7a8d794120f0a0dd7aad79c20d790d791d799d79125000020411801";
const GOLDEN_V1_RESPONSE: &str = "124f0a330a11d7a9d79cd795d79d20d7a2d795d79cd79d150000003f1a190a051080c2d72f12061080cab5ee011a08d7a9d79cd795d79d10011d6666663f220808021080fa8fa2012801320569772d696c20032a02080f504d";
const GOLDEN_V1_ERROR: &str = "0a17080b1213417564696f2054696d656f7574204572726f72";
const GOLDEN_V2_CONFIGURATION: &str = "1a2970726f6a656374732f702f6c6f636174696f6e732f676c6f62616c2f7265636f676e697a6572732f5f324b0a451205200180010132260a2412221a0a0a08d793d799d7a8d7941a0f0a0dd7aad79c20d790d791d799d79125000020414207080210c03e18014a046c6f6e67520568652d494c12021001";
const GOLDEN_V2_RESPONSE: &str = "1801321e0a0f0a08d7a9d79cd795d79d150000003f100122020802320568652d696c";
