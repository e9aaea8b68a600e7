//! What is made of a tape: `tape minimise` and `tape export`.

use std::fs;
use std::path::Path;
use std::process::Command;

use audio_core::codec::ulaw;
use audio_core::frame::FRAME_SAMPLES;
use audio_core::tape::{Tape, read_wav_8k_stereo};
use serde_json::Value;
use telephony_bridge::tape::validate::validate;
use tempfile::TempDir;

use super::{fixture, good, path, run};

/// The shortest tape still shows the decision, at the time that is printed, and is whole.
#[test]
fn a_minimised_tape_shows_the_decision() {
    let dir = TempDir::new().expect("a folder");
    let from = fixture("interruption");
    let replayed = |tape: &Path| -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
        let output = command.args(["replay", "--json"]).arg(tape).output().expect("runs");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let whole = replayed(&from);
    let times = |report: &Value, kind: &str| -> Vec<u64> {
        let events = report["events"].as_array().expect("a list").iter();
        events.filter(|e| e["event"] == kind).map(|e| e["t_ms"].as_u64().expect("a time")).collect()
    };
    for kind in ["barge_in", "duck", "turn_end"] {
        let t_ms = *times(&whole, kind).last().expect("one");
        let out = dir.path().join(kind);
        let said = good(["minimise", path(&from), path(&out), "--decision", &format!("{kind}@{t_ms}")]);
        assert_eq!(validate(&out), [], "{kind}");
        let length_ms = Tape::load(&out).expect("a tape").caller.len() as u64 / 8;
        // Of 35 seconds. A duck is decided by what the voice detector remembers, too, and a yield by all that
        // the scorer heard since the agent began: that reaches back for seconds.
        let most_ms = match kind {
            "barge_in" => 17_000,
            "duck" => 8_000,
            _ => 4_000,
        };
        assert!(length_ms < most_ms, "{kind}: {length_ms} ms");
        let shown = times(&replayed(&out), kind);
        assert!(shown.iter().any(|t_ms| said.contains(&format!("{kind} at {t_ms} ms"))), "{said} {shown:?}");
    }
    let (_, error, success) =
        run(["minimise", path(&from), path(&dir.path().join("none")), "--decision", "barge_in@1"]);
    assert!(!success && error.contains("shows no barge_in at 1 ms: the nearest is at "), "{error}");
    let (_, error, success) = run(["minimise", path(&from), "none", "--decision", "yield@1"]);
    assert!(!success && error.contains("expected KIND@MS, such as barge_in@14390"), "{error}");
}

/// What is exported is what was replayed: frames, levels, decisions, both sides.
#[test]
fn exports_hold_the_replay() {
    let dir = TempDir::new().expect("a folder");
    let from = fixture("interruption");
    let file = |format: &str| {
        let to = dir.path().join(format!("call.{format}"));
        good(["export", path(&from), path(&to), "--format", format]);
        to
    };
    let [caller, agent] = read_wav_8k_stereo(file("wav")).expect("both sides");
    let tape = Tape::load(&from).expect("a tape");
    // Without echo the line is the caller, through µ-law.
    let line: Vec<i16> = tape.caller.iter().map(|&sample| ulaw::decode(ulaw::encode(sample))).collect();
    assert_eq!(caller[..line.len()], line);
    assert_eq!(caller.len(), agent.len());
    assert!(agent.iter().any(|sample| sample.unsigned_abs() > 3_000));
    let csv = fs::read_to_string(file("csv")).expect("readable");
    assert_eq!(csv.lines().count(), 1 + caller.len() / FRAME_SAMPLES);
    let json: Value = serde_json::from_slice(&fs::read(file("json")).expect("readable")).expect("JSON");
    assert_eq!(json["frames"].as_array().map(Vec::len), Some(caller.len() / FRAME_SAMPLES));
    let events = json["report"]["events"].as_array().expect("a list");
    let named = csv.lines().skip(1).flat_map(|row| row.rsplit(',').next().unwrap_or_default().split(' '));
    assert_eq!(named.filter(|name| !name.is_empty()).count(), events.len());
    for event in events.iter().filter(|event| event["event"] == "barge_in") {
        let start = event["t_ms"].as_u64().expect("a time") - 20;
        let row = csv.lines().find(|row| row.starts_with(&format!("{start},"))).expect("a row");
        assert!(row.contains("barge_in"), "{row}");
    }
    let (_, error, success) =
        run(["export", path(&from), path(&dir.path().join("call.csv")), "--format", "csv"]);
    assert!(!success && error.contains("exists already"), "{error}");
}
