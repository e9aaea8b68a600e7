//! What every command says of a tape with something wrong with it: `tape validate` all of it at once.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use audio_core::tape::WavSpec;
use serde_json::Value;
use tempfile::TempDir;

use super::{fixture, good, path, run, tree, wav};

/// A tape with one thing wrong with it.
fn spoiled(dir: &Path, name: &str, spoil: impl Fn(&Path)) -> PathBuf {
    let to = dir.join(name);
    fs::create_dir_all(to.join("clips")).expect("a folder");
    for file in tree(&fixture("greeting")) {
        let from = fixture("greeting").join(&file);
        if from.is_file() {
            fs::copy(from, to.join(&file)).expect("copied");
        }
    }
    spoil(&to);
    to
}

fn edit(tape: &Path, change: impl Fn(&mut Value)) {
    let path = tape.join("tape.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
    change(&mut value);
    fs::write(path, value.to_string()).expect("written");
}

/// Every problem in one run, each with its place.
#[test]
fn validate_finds_everything_at_once() {
    let dir = TempDir::new().expect("a folder");
    let tape = spoiled(dir.path(), "bad", |tape| {
        edit(tape, |json| {
            json["from"] = "0502345678".into();
            json["started_at"] = "yesterday".into();
            json["mood"] = "good".into();
            json["caller"][0]["end_ms"] = 99_000_000.into();
            json["caller"][0]["words"] = serde_json::json!([{ "t_ms": 1, "text": "x" }]);
            json["agent"][0]["clip"] = "../a1.wav".into();
            json["greeting"]["clip"] = "clips/none.wav".into();
        });
        let loud = [i16::MAX; 16_000];
        wav(&tape.join("caller.wav"), WavSpec { rate: 16_000, ..WavSpec::MONO_8K }, &[loud.to_vec()]);
        fs::write(tape.join("wire.jsonl"), "{\"t_us\":0,\"kind\":\"mark_out\",\"utterance\":1}\nno\n{\"t")
            .expect("w");
    });
    let (said, _, success) = run(["validate", path(&tape)]);
    assert!(!success);
    for wanted in [
        "tape.json: from: is \"0502345678\": expected a number such as +97233763805",
        "tape.json: started_at: is \"yesterday\": expected a time",
        "tape.json: mood: is not a key of a tape",
        "tape.json: caller[0].words[0].t_ms: is 1: outside the span",
        "tape.json: caller[0].end_ms: is 99000000: caller.wav ends at 1000 ms",
        "tape.json: agent[0].clip: is \"../a1.wav\": must be a path inside the tape",
        "tape.json: greeting.clip: clips/none.wav: No such file",
        "caller.wav: has a sample rate of 16000 Hz: expected 8000",
        "caller.wav: is clipped in 100.0 % of its samples",
        "wire.jsonl: line 1: is not `setup`",
        "wire.jsonl: line 2: expected ",
        "wire.jsonl: line 3: is torn: the recording broke off",
    ] {
        let line = said.lines().find(|line| line.contains(wanted));
        assert!(line.is_some_and(|line| line.starts_with(path(&tape))), "{wanted} in\n{said}");
    }
    assert_eq!(said.lines().count(), 12, "{said}");
    let (json, ..) = run(["validate", "--json", path(&tape)]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(12));
    assert_eq!(good(["validate", path(&fixture(""))]), "");
}

/// Whatever is wrong with a tape, every command says so in one sentence and leaves nothing half-written.
#[test]
fn every_command_refuses_a_bad_tape() {
    let dir = TempDir::new().expect("a folder");
    let wav_bytes = fs::read(fixture("greeting").join("caller.wav")).expect("readable");
    let caller = |name: &str, bytes: Vec<u8>| {
        spoiled(dir.path(), name, |tape| fs::write(tape.join("caller.wav"), &bytes).expect("written"))
    };
    let mut huge = wav_bytes.clone();
    huge[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    let tapes = [
        (caller("text", b"no recording".to_vec()), "is not a RIFF/WAVE file"),
        (caller("truncated", wav_bytes[..1_000].to_vec()), "breaks off: 956 of"),
        (caller("huge", huge), "of 4294967295 data bytes"),
        (caller("zero", wav_bytes[..44].to_vec()), "breaks off: 0 of"),
        (spoiled(dir.path(), "torn", |tape| fs::write(tape.join("tape.json"), "{\"vers").expect("w")), "EOF"),
        (spoiled(dir.path(), "later", |tape| edit(tape, |json| json["version"] = 2.into())), "version"),
        (
            spoiled(dir.path(), "bare", |tape| fs::remove_file(tape.join("tape.json")).expect("gone")),
            "No such",
        ),
    ];
    let before = tree(dir.path());
    let out = dir.path().join("out");
    for (tape, wanted) in &tapes {
        for command in [
            vec!["info"],
            vec!["redact", "OUT"],
            vec!["minimise", "OUT", "--decision", "turn_end@5000"],
            vec!["export", "OUT", "--format", "csv"],
            vec!["validate"],
        ] {
            let mut args: Vec<&str> = vec![command[0], path(tape)];
            args.extend(command[1..].iter().map(|arg| if *arg == "OUT" { path(&out) } else { arg }));
            let (said, error, success) = run(&args);
            let told = format!("{said}{error}");
            assert!(!success, "{args:?}: {told}");
            let name = tape.file_name().and_then(|name| name.to_str()).expect("a name");
            let sentence = told.lines().find(|line| line.contains(name) && line.contains(wanted));
            assert!(sentence.is_some_and(|line| line.len() < 400), "{args:?}: {told}");
            assert!(!told.contains("panicked"), "{told}");
            assert_eq!(tree(dir.path()), before, "{args:?}");
        }
    }
    for command in [&["info"][..], &["validate"], &["retain", "--older-than", "1h"]] {
        let missing = dir.path().join("missing");
        let (_, error, success) = run([&[command[0], path(&missing)], &command[1..]].concat());
        assert!(!success && error.contains("missing: No such file or directory"), "{command:?}: {error}");
    }
}

/// A place that may not be written to is named. The superuser may write anywhere: then there is nothing to see.
#[test]
fn a_folder_that_is_locked_is_named() {
    let dir = TempDir::new().expect("a folder");
    let locked = dir.path().join("locked");
    fs::create_dir(&locked).expect("a folder");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).expect("set");
    if fs::write(locked.join("probe"), "").is_ok() {
        return;
    }
    for command in [vec!["redact"], vec!["minimise", "--decision", "turn_end@5000"]] {
        let tape = fixture("greeting");
        let out = locked.join("new");
        let args = [&[command[0], path(&tape), path(&out)], &command[1..]].concat();
        let (_, error, success) = run(args);
        assert!(!success && error.contains("locked: Permission denied"), "{error}");
    }
}
