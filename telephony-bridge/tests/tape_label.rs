//! `telephony-bridge tape label` on the calls of the fixtures.

mod schema;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use audio_core::tape::write_wav_8k;
use serde_json::Value;
use telephony_bridge::tape::{EventName, Playable, Player, ReplayReport, Setting};

fn calls() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls")
}

fn label(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
    command.args(["tape", "label"]).args(args).output().expect("runs")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a tape") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("a kind").is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).expect("copied")),
        }
    }
}

fn json(tape: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(tape.join("tape.json")).expect("a tape")).expect("JSON")
}

fn store(tape: &Path, json: &Value) {
    std::fs::write(tape.join("tape.json"), json.to_string()).expect("written");
}

/// A copy of a call. As a recording it has no labels, and `agent.wav` holds the agent as it spoke in a
/// replay.
fn tape(folder: &Path, call: &str, recorded: bool) -> PathBuf {
    let tape = folder.join(call);
    copy(&calls().join(call), &tape);
    if recorded {
        let loaded = Playable::load(&tape).expect("a tape");
        let (_, trace) = Player::default().traced(&loaded, &Setting::default()).expect("replays");
        write_wav_8k(tape.join("agent.wav"), &trace.agent).expect("written");
        let mut file = json(&tape);
        file["caller"] = Value::Array(Vec::new());
        file["echo"] = "recorded".into();
        store(&tape, &file);
    }
    tape
}

/// Automatic labels against those the calls were made with. Bounds are what was measured, with some room.
#[test]
fn automatic_labels_agree_with_the_calls() {
    let folder = calls();
    let output = label(&[folder.to_str().expect("a path"), "--measure"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    print!("{text}");
    let all: Vec<&str> = text.lines().last().expect("a sum").split_whitespace().collect();
    // all F1 p50 / p95 same of spans unheard invented …
    assert_eq!(all[0], "all");
    let number = |i: usize| all[i].parse::<f64>().unwrap_or_else(|_| panic!("{text}"));
    assert!(number(1) > 0.98, "F1: {text}");
    assert!(number(2) <= 10.0 && number(4) <= 100.0, "edges: {text}");
    assert!(number(5) >= 46.0 && number(7) >= 48.0, "kinds: {text}");
    assert!(number(8) <= 0.0 && number(9) <= 3.0, "spans: {text}");
}

/// A recording gets labels that say who made them; everything else in the file stays, and it is what the
/// schema says.
#[test]
fn a_recording_is_labelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let tape = tape(folder.path(), "backchannels", true);
    let mut before = json(&tape);
    before["later"] = "a key of a later version".into();
    store(&tape, &before);
    let output = label(&[folder.path().to_str().expect("a path")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "backchannels: 3 turns, 7 backchannels\n");
    let mut after = json(&tape);
    assert_eq!(after["labels"]["by"], format!("kav-auto {}", env!("CARGO_PKG_VERSION")));
    let spans = after["caller"].as_array().expect("spans").len();
    assert_eq!(spans, 10);
    assert_eq!(after["later"], before["later"]);
    for key in ["agent", "greeting", "from", "to", "business", "started_at", "echo"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    after.as_object_mut().expect("an object").remove("later");
    schema::check("tape", &after).expect("as the schema says");
    // The counts that need labels are there now.
    let replay = |tape: &Path| -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
        let output = command.args(["replay", "--json"]).arg(tape).output().expect("runs");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    assert_eq!(replay(&tape)["barge_in"]["false_positives"], 0);
    // Labelled again: the same, for nobody has corrected them.
    let first = json(&tape);
    assert!(label(&[tape.to_str().expect("a path")]).status.success());
    assert_eq!(json(&tape), first);
}

/// A recording of both sides, and nothing else known of it: the agent speaks when it spoke, sound alone
/// decides, and what no longer holds is said.
#[test]
fn both_sides_of_a_recording_are_judged_by_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let replay = |tape: &Path, setting: &str| {
        let tape = Playable::load(tape).expect("a tape");
        let replay =
            || Player::default().replay(&tape, &setting.parse().expect("a setting")).expect("replays");
        assert_eq!(replay(), replay(), "two runs, two answers");
        replay()
    };
    let audible = |report: &ReplayReport| -> Vec<u64> {
        let starts = report.events.iter().filter(|event| event.event == EventName::AgentAudioStart);
        starts.map(|event| event.t_ms).collect()
    };
    let [interrupted, backchannels] = ["interruption", "backchannels"].map(|call| {
        let then = audible(&replay(&calls().join(call), "own"));
        let tape = tape(folder.path(), call, true);
        assert!(label(&[tape.to_str().expect("a path")]).status.success());
        let heard = audible(&replay(&tape, "responsive"));
        assert_eq!(heard.len(), then.len(), "{heard:?} {then:?}");
        assert!(heard.iter().zip(&then).all(|(a, b)| a.abs_diff(*b) <= 60), "{heard:?} {then:?}");
        tape
    });
    // The agent stopped then, too.
    let found = replay(&interrupted, "responsive");
    assert_eq!((found.barge_in.true_positives, found.diverged_ms), (Some(2), None));
    let patient = replay(&interrupted, "adaptive,confirm_ms=10000,claim_score=none");
    assert_eq!((patient.barge_in.true_positives, patient.barge_in.missed), (Some(0), Some(2)));
    // It did not stop for these.
    let found = replay(&backchannels, "responsive");
    let first = found.events.iter().find(|event| event.event == EventName::BargeIn).expect("a yield");
    assert!(found.barge_in.false_positives > Some(0), "{:?}", found.barge_in);
    assert_eq!(found.diverged_ms, Some(first.t_ms), "the agent went on");
    let patient = replay(&backchannels, "adaptive");
    assert_eq!((patient.barge_in.false_positives, patient.diverged_ms), (Some(0), None));
}

/// What was made by hand stays, unless it is asked for.
#[test]
fn labels_made_by_hand_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let tape = tape(folder.path(), "greeting", false);
    let path = tape.to_str().expect("a path");
    let before = json(&tape);
    let output = label(&[path]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("kept, labelled by hand"));
    assert_eq!(json(&tape), before);
    assert!(label(&[path, "--force"]).status.success());
    assert!(json(&tape)["labels"]["by"].as_str().expect("a maker").starts_with("kav-auto"));
}

/// To Audacity and back: the same spans, Hebrew, words and all; a second time the same bytes.
#[test]
fn a_label_track_goes_there_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    for call in ["booking", "short_answers", "side_speech"] {
        let tape = tape(folder.path(), call, false);
        let track = folder.path().join("labels.txt");
        let (path, file) = (tape.to_str().expect("a path"), track.to_str().expect("a path"));
        let before = json(&tape);
        assert!(label(&[path, "--to-audacity", file]).status.success());
        let text = std::fs::read_to_string(&track).expect("a track");
        assert!(text.lines().all(|line| line.split('\t').count() == 3), "{text}");
        let refused = label(&[path, "--from-audacity", file]);
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("--force replaces them"));
        let output = label(&[path, "--from-audacity", file, "--force"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let after = json(&tape);
        let spans = |file: &Value| -> Vec<Value> {
            let mut spans = file["caller"].as_array().expect("spans").clone();
            for span in &mut spans {
                let span = span.as_object_mut().expect("a span");
                span.entry("text").or_insert_with(|| "".into());
            }
            spans
        };
        assert_eq!(spans(&after), spans(&before), "{call}");
        assert_eq!(after["labels"]["by"], "audacity");
        // Corrected once more, without ado.
        let edited = text.replacen("turn:", "interruption:", 1);
        std::fs::write(&track, &edited).expect("written");
        assert!(label(&[path, "--from-audacity", file]).status.success());
        assert!(label(&[path, "--to-audacity", file]).status.success());
        assert_eq!(std::fs::read_to_string(&track).expect("a track"), edited);
    }
}

/// A track that cannot be used changes nothing and is named with its line; so is a tape that is none.
#[test]
fn a_wrong_track_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let tape = tape(folder.path(), "greeting", true);
    let track = folder.path().join("labels.txt");
    let path = tape.to_str().expect("a path");
    let before = std::fs::read(tape.join("tape.json")).expect("a tape");
    for (text, named) in [("0\t1\tturn: x\n1\n", "line 2"), ("3\t2\tturn\n", "not after its start")] {
        std::fs::write(&track, text).expect("written");
        let output = label(&[path, "--from-audacity", track.to_str().expect("a path")]);
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("labels.txt") && said.contains(named), "{said}");
    }
    assert_eq!(std::fs::read(tape.join("tape.json")).expect("a tape"), before);
    std::fs::write(tape.join("caller.wav"), b"").expect("emptied");
    let output = label(&[path]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 of 1 tapes could not be labelled"));
    assert_eq!(std::fs::read_dir(&tape).expect("the tape").count(), 4, "something was left behind");
}
