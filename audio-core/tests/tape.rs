//! Tapes and WAV files: what is read, and how plainly a broken one is refused.
#![cfg(feature = "tape")]

use std::fs;
use std::path::Path;

use audio_core::codec::{alaw, ulaw};
use audio_core::tape::{
    Echo, SpanKind, Tape, TapeFile, read_wav_8k, read_wav_8k_stereo, recover_wav, write_wav_8k,
    write_wav_8k_stereo,
};
use proptest::prelude::*;
use tempfile::TempDir;

const GOOD: &str = r#"{"version":1,"business":"demo","from":"+972502345678",
 "greeting":{"text":"שלום","clip":"clips/g.wav"},
 "caller":[{"start_ms":3200,"end_ms":5150,"kind":"turn","text":"אני מחפש דירה"},
           {"start_ms":9000,"end_ms":9350,"kind":"backchannel","text":"אהה",
            "words":[{"t_ms":9300,"text":"אהה"}]},
           {"start_ms":20000,"end_ms":21000,"kind":"noise"}],
 "agent":[{"text":"בשמחה","clip":"clips/a1.wav"},{"text":"תודה"}],
 "echo":{"delay_ms":45,"gain_db":-18},
 "latency":{"stt_ms":200},"hang_up_ms":null}"#;

fn tape(json: &str) -> TempDir {
    let dir = tempfile::tempdir().expect("temporary folder");
    fs::create_dir(dir.path().join("clips")).expect("clips");
    fs::write(dir.path().join("tape.json"), json).expect("tape.json");
    for (name, samples) in [("caller.wav", 8_000), ("clips/g.wav", 800), ("clips/a1.wav", 400)] {
        write_wav_8k(dir.path().join(name), &vec![7; samples]).expect(name);
    }
    dir
}

/// The error's text without the folder.
fn refusal(dir: &TempDir) -> String {
    let error = Tape::load(dir.path()).expect_err("broken").to_string();
    error.replace(&dir.path().display().to_string(), "TAPE")
}

#[test]
fn a_good_tape_is_read_whole() {
    let dir = tape(GOOD);
    let tape = Tape::load(dir.path()).expect("good");
    assert_eq!(Some(tape.name.as_str()), dir.path().file_name().and_then(|n| n.to_str()));
    assert_eq!(tape.caller.len(), 8_000);
    assert_eq!(tape.greeting_clip.map(|clip| clip.len()), Some(800));
    assert_eq!(tape.agent_clips, [Some(vec![7; 400]), None]);
    assert_eq!(tape.file.caller[1].kind, SpanKind::Backchannel);
    assert_eq!((tape.file.latency.stt_ms, tape.file.latency.llm_ms), (200, 300));
    assert!(matches!(tape.file.echo, Some(Echo::Path(_))));
    // What is written is what was read.
    let again: TapeFile =
        serde_json::from_str(&serde_json::to_string(&tape.file).expect("json")).expect("json");
    assert_eq!(again, tape.file);
}

#[test]
fn short_forms_are_read() {
    let json = r#"{"version":1,"greeting":"clips/g.wav","caller":[],"agent":[{"text":"כן"}],
                  "echo":"recorded"}"#;
    let tape = Tape::load(tape(json).path()).expect("good");
    assert_eq!(tape.greeting_clip.map(|clip| clip.len()), Some(800));
    assert!(matches!(tape.file.echo, Some(Echo::Recorded(_))));
}

#[test]
fn a_broken_tape_is_refused_by_file_field_and_datum() {
    let cases = [
        (r#""version":1"#, r#""version":2"#, "version is 2: this build reads version 1"),
        (r#""end_ms":5150"#, r#""end_ms":3200"#, "caller[0].end_ms is 3200: not after start_ms 3200"),
        (r#""start_ms":9000"#, r#""start_ms":3100"#, "caller[1].start_ms is 3100: before that of caller[0]"),
        (r#""t_ms":9300"#, r#""t_ms":9400"#, "caller[1].words[0].t_ms is 9400: outside the span 9000..9350"),
        (r#""gain_db":-18"#, r#""gain_db":90"#, "echo.gain_db is 90: must be -120 to 20"),
        ("clips/a1.wav", "../a1.wav", r#"agent[0].clip is "../a1.wav": must be a path inside the tape"#),
        ("clips/g.wav", "/etc/g.wav", r#"greeting.clip is "/etc/g.wav": must be a path inside the tape"#),
    ];
    for (good, bad, message) in cases {
        let dir = tape(&GOOD.replace(good, bad));
        assert_eq!(refusal(&dir), format!("TAPE/tape.json: {message}"));
    }
    let missing = refusal(&tape(&GOOD.replace("clips/a1.wav", "clips/a9.wav")));
    assert!(missing.starts_with("TAPE/tape.json: agent[0].clip: TAPE/clips/a9.wav: "), "{missing}");
    let kind = refusal(&tape(&GOOD.replace("backchannel", "mumble")));
    assert!(kind.contains("mumble") && kind.contains("line 4"), "{kind}");
    let silent = tape(GOOD);
    write_wav_8k(silent.path().join("caller.wav"), &[]).expect("wav");
    assert_eq!(refusal(&silent), "TAPE/tape.json: caller.wav holds no samples");
    let empty = tempfile::tempdir().expect("temporary folder");
    assert!(refusal(&empty).starts_with("TAPE/tape.json: "));
}

/// A WAV file by hand: format tag, channels, rate, bits, declared data size, data.
fn wav(tag: u16, channels: u16, rate: u32, bits: u16, declared: usize, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x12\0\0\0".to_vec();
    let block = channels * bits.div_ceil(8);
    bytes.extend(tag.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(block)).to_le_bytes());
    bytes.extend(block.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(b"LIST\x03\0\0\0abc\0"); // an odd chunk and its padding
    bytes.extend(b"data");
    bytes.extend((declared as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<i16>, String> {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("x.wav");
    fs::write(&path, bytes).expect("write");
    let prefix = format!("{}: ", path.display());
    read_wav_8k(&path).map_err(|error| error.to_string().replace(&prefix, ""))
}

#[test]
fn telephone_formats_are_read() {
    let codes: Vec<u8> = (0..=255).collect();
    let mu: Vec<i16> = codes.iter().map(|&code| ulaw::decode(code)).collect();
    let a: Vec<i16> = codes.iter().map(|&code| alaw::decode(code)).collect();
    assert_eq!(read(&wav(7, 1, 8_000, 8, 256, &codes)), Ok(mu));
    assert_eq!(read(&wav(6, 1, 8_000, 8, 256, &codes)), Ok(a));
    let pcm: Vec<u8> = [1i16, -2, 300].iter().flat_map(|s| s.to_le_bytes()).collect();
    assert_eq!(read(&wav(1, 1, 8_000, 16, 6, &pcm)), Ok(vec![1, -2, 300]));
    assert_eq!(read(&wav(1, 1, 8_000, 8, 3, &[0, 128, 255])), Ok(vec![-32_768, 0, 32_512]));
    assert_eq!(read(&wav(1, 1, 8_000, 24, 6, &[9, 1, 0, 9, 0xff, 0xff])), Ok(vec![1, -1]));
    let float: Vec<u8> = [0.5f32, -2.0, f32::NAN].iter().flat_map(|s| s.to_le_bytes()).collect();
    assert_eq!(read(&wav(3, 1, 8_000, 32, 12, &float)), Ok(vec![16_384, -32_768, 0]));
    assert_eq!(read(&wav(1, 1, 8_000, 16, 0, &[])), Ok(vec![]));
}

#[test]
fn other_rates_are_resampled() {
    for rate in [16_000, 22_050, 44_100, 48_000] {
        let pcm = vec![0u8; rate as usize * 2];
        let samples = read(&wav(1, 1, rate, 16, pcm.len(), &pcm)).expect("readable");
        assert_eq!(samples.len(), 8_000, "{rate}");
    }
}

#[test]
fn a_broken_wav_is_refused_in_a_sentence() {
    let refused = |bytes: &[u8]| read(bytes).expect_err("broken");
    assert_eq!(refused(&[]), "is empty");
    assert_eq!(refused(b"ID3 something else"), "is not a RIFF/WAVE file");
    assert_eq!(refused(b"RIFF\0\0\0\0WAVE"), "has no data");
    assert_eq!(refused(&wav(7, 1, 8_000, 8, 200, &[0; 50])), "breaks off: 50 of 200 data bytes");
    assert_eq!(
        refused(&wav(1, 1, 8_000, 16, usize::MAX, &[0; 50])),
        "breaks off: 50 of 4294967295 data bytes"
    );
    assert_eq!(refused(&wav(1, 2, 8_000, 16, 0, &[])), "has 2 channels: split or mix them first");
    assert_eq!(refused(&wav(7, 0, 8_000, 8, 0, &[])), "has 0 channels: split or mix them first");
    assert_eq!(refused(&wav(85, 1, 8_000, 0, 0, &[])), "holds format 85 with 0 bits, not PCM or G.711");
    assert_eq!(refused(&wav(1, 1, 0, 16, 0, &[])), "has a sample rate of 0 Hz");
    let whole = wav(1, 1, 8_000, 16, 100, &[0; 100]);
    for cut in 0..whole.len() {
        assert!(read(&whole[..cut]).is_err(), "cut at {cut}");
    }
    assert!(read_wav_8k(Path::new("no/such/file.wav")).is_err());
}

#[test]
fn what_is_written_is_read_back() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("x.wav");
    let pcm: Vec<i16> = (0..1_000).map(|n| (n * 31) as i16).collect();
    write_wav_8k(&path, &pcm).expect("written");
    assert_eq!(read_wav_8k(&path).expect("readable"), pcm);
    write_wav_8k_stereo(&path, &pcm, &pcm[..10]).expect("written");
    let mut stereo = hound::WavReader::open(&path).expect("readable");
    assert_eq!((stereo.spec().channels, stereo.duration()), (2, 1_000));
    let samples: Vec<i16> = stereo.samples().map(|s| s.expect("sample")).collect();
    assert_eq!(samples[18..22], [pcm[9], pcm[9], pcm[10], 0]);
}

/// Both sides of a stereo file, of any format and rate; a frame that is not whole is none.
#[test]
fn both_sides_of_a_call_are_read() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("x.wav");
    fs::write(&path, wav(1, 2, 8_000, 16, 7, &[1, 0, 2, 0, 3, 0, 4])).expect("write");
    assert_eq!(read_wav_8k_stereo(&path).expect("readable"), [[1], [2]]);
    fs::write(&path, wav(6, 2, 8_000, 8, 4, &[0x55, 0xd5, 0, 0x80])).expect("write");
    let [left, right] = [[0x55, 0], [0xd5, 0x80]].map(|side| side.map(alaw::decode).to_vec());
    assert_eq!(read_wav_8k_stereo(&path).expect("readable"), [left, right]);
    fs::write(&path, wav(1, 2, 16_000, 16, 64_000, &[0; 64_000])).expect("write");
    assert_eq!(read_wav_8k_stereo(&path).expect("readable").map(|side| side.len()), [8_000; 2]);
    fs::write(&path, wav(1, 1, 8_000, 16, 2, &[0; 2])).expect("write");
    let error = read_wav_8k_stereo(&path).expect_err("mono").to_string();
    assert!(error.ends_with("has 1 channels: both sides of a call need 2"), "{error}");
}

/// More than the header claims is there while a file is being written: what is claimed is read.
#[test]
fn what_the_header_does_not_claim_is_not_read() {
    assert_eq!(read(&wav(1, 1, 8_000, 16, 2, &[1, 0, 2, 0])), Ok(vec![1]));
    assert_eq!(read(&wav(7, 1, 8_000, 8, 0, &[1, 0, 2, 0])), Ok(vec![]));
}

/// A file with a well-formed beginning, and anything in it.
fn any_wav() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    let format = (any::<u16>(), 0u16..4, any::<u32>(), any::<u16>(), any::<u32>());
    let known = (
        prop::sample::select(&[1u16, 3, 6, 7, 0xfffe][..]),
        0u16..4,
        prop::sample::select(&[1u32, 4_000, 8_000, 11_025, 44_100, 44_101, u32::MAX][..]),
        prop::sample::select(&[8u16, 16, 24, 32][..]),
        0u32..400,
    );
    let format = prop_oneof![format, known];
    let made = (format, bytes.clone()).prop_map(|((tag, channels, rate, bits, size), data)| {
        let mut bytes = wav(tag, 1, 1, 8, size as usize, &data);
        bytes[22..24].copy_from_slice(&channels.to_le_bytes());
        bytes[24..28].copy_from_slice(&rate.to_le_bytes());
        bytes[34..36].copy_from_slice(&bits.to_le_bytes());
        bytes
    });
    let hurt = (made.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, with)| {
        let at = at.index(bytes.len());
        bytes[at] = with;
        bytes
    });
    let chunks = bytes.clone().prop_map(|more| [b"RIFF\xff\0\0\0WAVE", &more[..]].concat());
    prop_oneof![bytes, made, hurt, chunks]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// No file panics, is read twice differently, or is broken by its recovery; what was recovered
    /// is right.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in any_wav()) {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("x.wav");
        fs::write(&path, &bytes).expect("write");
        let (mono, stereo) = (read_wav_8k(&path).ok(), read_wav_8k_stereo(&path).ok());
        prop_assert!(mono.is_none() || stereo.is_none());
        match recover_wav(&path) {
            Ok(found) => {
                let again = recover_wav(&path).expect("recovered");
                prop_assert_eq!((again.declared_frames, again.frames), (found.frames, found.frames));
                // What could be read before is still the beginning of what is there.
                if let Some(mono) = mono {
                    let more = read_wav_8k(&path).expect("still readable");
                    prop_assert!(more.len() >= mono.len());
                }
            }
            Err(error) => {
                prop_assert!(error.to_string().starts_with(&path.display().to_string()));
                prop_assert!(fs::read(&path).expect("file") == bytes);
            }
        }
    }
}
