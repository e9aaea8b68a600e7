//! `tape import`: recordings become tapes.

use std::fs;

use audio_core::codec::ulaw;
use audio_core::frame::Dbfs;
use audio_core::tape::{Tape, TapeFile, WavEncoding, WavSpec, read_wav_8k};
use serde_json::Value;
use telephony_bridge::tape::validate::validate;
use tempfile::TempDir;

use super::{good, path, run, tone, tree, wav};

/// A dual-channel recording of any rate and format becomes a tape of both sides, levels and times kept.
#[test]
fn a_recording_of_both_sides_becomes_a_tape() {
    let dir = TempDir::new().expect("a folder");
    for (rate, encoding) in [
        (8_000, WavEncoding::Ulaw),
        (11_025, WavEncoding::Pcm16),
        (16_000, WavEncoding::Pcm16),
        (44_100, WavEncoding::Pcm16),
        (48_000, WavEncoding::Alaw),
    ] {
        let (caller, agent) = (tone(rate, 3.0, 440.0, 8_000.0), tone(rate, 3.0, 1_000.0, 4_000.0));
        let recording = dir.path().join(format!("call{rate}.wav"));
        wav(&recording, WavSpec { rate, channels: 2, encoding }, &[caller, agent]);
        for (channel, names) in
            [("left", ["caller.wav", "agent.wav"]), ("right", ["agent.wav", "caller.wav"])]
        {
            let out = dir.path().join(format!("{channel}{rate}"));
            let said = good(["import", path(&recording), path(&out), "--caller-channel", channel]);
            assert!(said.contains("3.0 s, both sides"), "{said}");
            assert_eq!(validate(&out), [], "{rate} {channel}");
            for (name, amplitude) in names.into_iter().zip([8_000.0f32, 4_000.0]) {
                let pcm = read_wav_8k(out.join(name)).expect("readable");
                assert_eq!(pcm.len(), 24_000, "{name} of {rate}");
                let (is, wanted) = (Dbfs::of(&pcm[800..23_200]).0, Dbfs::from_rms(amplitude / 2f32.sqrt()).0);
                assert!((is - wanted).abs() < 0.2, "{name} of {rate}: {is} for {wanted} dBFS");
            }
            assert!(TapeFile::load(&out).expect("a tape").echo.is_some());
        }
    }
    // Such a tape replays: what the far end plays is the recorded agent.
    let (info, ..) = run(["info", "--json", path(&dir.path().join("left8000"))]);
    let info: Value = serde_json::from_str(&info).expect("JSON");
    assert_eq!((&info["duration_ms"], &info["tape"]), (&3_000.into(), &"left8000".into()));
}

/// Mono is the caller's line; raw µ-law needs no header; a folder is imported as it is, and resumed.
#[test]
fn folders_of_recordings_are_imported_and_resumed() {
    let dir = TempDir::new().expect("a folder");
    let recordings = dir.path().join("recordings");
    fs::create_dir_all(recordings.join("monday")).expect("a folder");
    let pcm = tone(8_000, 1.0, 300.0, 5_000.0);
    wav(&recordings.join("a.WAV"), WavSpec::MONO_8K, std::slice::from_ref(&pcm));
    let codes: Vec<u8> = pcm.iter().map(|&sample| ulaw::encode(sample)).collect();
    fs::write(recordings.join("monday/b.ulaw"), &codes).expect("written");
    fs::write(recordings.join("notes.txt"), "none").expect("written");
    let out = dir.path().join("tapes");
    let said = good(["import", path(&recordings), path(&out)]);
    assert_eq!(said.lines().count(), 2, "{said}");
    let decoded: Vec<i16> = codes.iter().map(|&code| ulaw::decode(code)).collect();
    assert_eq!(Tape::load(out.join("monday/b")).expect("a tape").caller, decoded);
    assert_eq!(Tape::load(out.join("a")).expect("a tape").caller, pcm);
    let (said, error, success) = run(["import", path(&recordings), path(&out)]);
    assert!(!success && said.is_empty(), "{said}");
    assert_eq!(error.matches("exists already: --force replaces it, --skip-existing leaves it").count(), 2);
    // Interrupted before the second: it goes on there.
    fs::remove_dir_all(out.join("monday")).expect("removed");
    let said = good(["import", path(&recordings), path(&out), "--skip-existing"]);
    assert!(said.lines().count() == 1 && said.contains("monday/b: 1.0 s"), "{said}");
    good(["validate", path(&out)]);
    let (_, error, success) = run(["import", path(&recordings.join("a.WAV")), path(&recordings), "--force"]);
    // A folder is no tape: what is in it stays.
    assert!(!success && error.contains("recordings: is no tape: not replaced"), "{error}");
    assert!(recordings.join("monday/b.ulaw").exists());
}

/// Everything that can be wrong with a recording, in one sentence that names it, and nothing left behind.
#[test]
fn a_recording_that_is_none_is_refused_in_one_sentence() {
    let dir = TempDir::new().expect("a folder");
    let good_wav = dir.path().join("good.wav");
    wav(&good_wav, WavSpec::MONO_8K, &[tone(8_000, 1.0, 300.0, 5_000.0)]);
    let bytes = fs::read(&good_wav).expect("readable");
    let header = |at: usize, with: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        bytes
    };
    let float = |value: f32| {
        let mut bytes = header(20, &3u16.to_le_bytes());
        bytes[34..36].copy_from_slice(&32u16.to_le_bytes());
        bytes[44 + 400..44 + 404].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    for (name, bytes, wanted) in [
        ("empty.wav", Vec::new(), "is empty"),
        ("text.wav", b"not a recording at all".to_vec(), "is not a RIFF/WAVE file"),
        ("cut.wav", bytes[..30].to_vec(), "breaks off in its header"),
        ("short.wav", bytes[..8_000].to_vec(), "breaks off: 7956 of 16000 data bytes"),
        ("huge.wav", header(40, &u32::MAX.to_le_bytes()), "breaks off: 16000 of 4294967295 data bytes"),
        ("silent.wav", header(40, &0u32.to_le_bytes()), "holds no samples"),
        ("zero_hz.wav", header(24, &0u32.to_le_bytes()), "has a sample rate of 0 Hz"),
        (
            "slow.wav",
            header(24, &100u32.to_le_bytes()),
            "has a sample rate of 100 Hz: expected 4000 to 192000",
        ),
        ("fast.wav", header(24, &u32::MAX.to_le_bytes()), "has a sample rate of 4294967295 Hz: expected"),
        ("none.wav", header(22, &0u16.to_le_bytes()), "has 0 channels"),
        ("five.wav", header(22, &5u16.to_le_bytes()), "has 5 channels: a call has one or two"),
        ("mp3.wav", header(20, &85u16.to_le_bytes()), "holds format 85 with 16 bits, not PCM or G.711"),
        ("nan.wav", float(f32::NAN), "holds NaN at sample 100: not a number"),
        ("endless.wav", float(f32::INFINITY), "holds inf at sample 100: not a number"),
        ("empty.ulaw", Vec::new(), "holds no samples"),
        ("wav.ulaw", bytes.clone(), "begins like a WAV file, not like raw µ-law"),
    ] {
        let from = dir.path().join(name);
        fs::write(&from, bytes).expect("written");
        let before = tree(dir.path());
        let (said, error, success) = run(["import", path(&from), path(&dir.path().join("new/deep/tape"))]);
        assert!(!success && said.is_empty(), "{name}: {said}");
        let first = error.lines().next().unwrap_or_default();
        assert!(first.contains(name) && first.contains(wanted), "{name}: {error}");
        assert_eq!(tree(dir.path()), before, "{name}");
    }
    let (_, error, success) =
        run(["import", path(&dir.path().join("missing.wav")), path(&dir.path().join("t"))]);
    assert!(!success && error.contains("missing.wav: No such file or directory"), "{error}");
}
