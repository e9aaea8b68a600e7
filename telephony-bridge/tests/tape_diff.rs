//! `telephony-bridge tape diff` on the calls of the fixtures.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn calls() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls")
}

fn bridge(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_telephony-bridge")).args(args).output().expect("runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A tape with itself, and all tapes under one setting: nothing, and exit code 0.
#[test]
fn nothing_differs_from_itself() {
    let all = calls();
    let all = all.to_str().expect("a path");
    let one = format!("{all}/interruption");
    for args in [
        vec!["tape", "diff", &one, &one],
        vec!["tape", "diff", all, all],
        vec!["tape", "diff", all, "--a", "responsive", "--b", "responsive"],
        vec!["tape", "diff", all, "--a", "own", "--b", "adaptive"],
    ] {
        let output = bridge(&args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stdout));
        assert!(text(&output.stdout).contains("no decision differs"), "{}", text(&output.stdout));
    }
}

/// Polite against adaptive: each changed decision of the timelines is listed, none other, and the counts
/// are those of the replays.
#[test]
fn each_changed_decision_is_listed() {
    let call = calls().join("backchannels");
    let call = call.to_str().expect("a path");
    let output = bridge(&["tape", "diff", call, "--a", "polite", "--b", "adaptive", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let diff: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&diff["a_name"], &diff["b_name"]), (&"polite".into(), &"adaptive".into()));
    let replay = |preset: &str| -> Value {
        serde_json::from_slice(&bridge(&["replay", "--json", "--preset", preset, call]).stdout).expect("JSON")
    };
    let (polite, adaptive) = (replay("polite"), replay("adaptive"));
    // `polite` never ducks: what `adaptive` does of that kind is all of it added.
    let ducks = |report: &Value| -> Vec<u64> {
        let events = report["events"].as_array().expect("events").iter();
        events.filter(|e| e["event"] == "duck").map(|e| e["t_ms"].as_u64().expect("a time")).collect()
    };
    assert!(ducks(&polite).is_empty() && !ducks(&adaptive).is_empty());
    let changes = diff["changes"].as_array().expect("changes");
    let added: Vec<u64> = changes
        .iter()
        .filter(|change| change["event"] == "duck" && change["change"] == "added")
        .map(|change| change["b_ms"].as_u64().expect("a time"))
        .collect();
    assert_eq!(added, ducks(&adaptive));
    for (side, report) in [("a", &polite), ("b", &adaptive)] {
        assert_eq!(diff[side]["false_yields"], report["barge_in"]["false_positives"]);
        assert_eq!(diff[side]["missed"], report["barge_in"]["missed"]);
        assert_eq!(diff[side]["hits"], report["barge_in"]["true_positives"]);
    }
    let table = text(&bridge(&["tape", "diff", call, "--a", "polite", "--b", "adaptive"]).stdout);
    assert!(table.contains("duck") && table.contains("only B") && table.contains("B − A"), "{table}");
}

/// Two versions: what one saved against what the other replays, and against what it saved.
#[test]
fn saved_reports_compare() {
    let folder = tempfile::tempdir().expect("a folder");
    let call = |name: &str| calls().join(name).display().to_string();
    let (one, two) = (call("interruption"), call("side_speech"));
    let save = |name: &str, preset: &str| -> String {
        let output = bridge(&["replay", "--json", "--preset", preset, &one, &two]);
        let path = folder.path().join(name);
        std::fs::write(&path, output.stdout).expect("written");
        path.display().to_string()
    };
    let (old, new) = (save("old.jsonl", "adaptive"), save("new.jsonl", "responsive"));
    assert_eq!(bridge(&["tape", "diff", &old, &old]).status.code(), Some(0));
    let output = bridge(&["tape", "diff", &old, &new, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let saved: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let live = bridge(&["tape", "diff", "--a", "adaptive", "--b", "responsive", "--json", &one, &two]).stdout;
    let live: Value = serde_json::from_slice(&live).expect("JSON");
    let places = |diff: &Value| -> Vec<String> {
        let changes = diff["changes"].as_array().expect("changes").iter();
        changes
            .map(|c| format!("{} {} {} {} {}", c["tape"], c["event"], c["change"], c["a_ms"], c["b_ms"]))
            .collect()
    };
    assert_eq!(places(&saved), places(&live));
    assert_eq!((&saved["a"], &saved["b"]), (&live["a"], &live["b"]));
    // A golden file of one call against the call itself.
    let output = bridge(&["tape", "diff", &old, &one]);
    assert!(text(&output.stdout).contains("only in A: side_speech"), "{}", text(&output.stdout));
    assert_eq!(output.status.code(), Some(1));
}

/// A decision that moved by no more than the tolerance is the same.
#[test]
fn small_moves_may_be_let_pass() {
    let call = calls().join("greeting");
    let call = call.to_str().expect("a path");
    let code = |tolerance: &str| {
        let b = "adaptive,hangover_ms=320";
        bridge(&["tape", "diff", call, "--a", "adaptive", "--b", b, "--tolerance", tolerance]).status.code()
    };
    assert_eq!((code("0"), code("40")), (Some(1), Some(0)));
}

/// What cannot be compared is one sentence and exit code 2.
#[test]
fn what_cannot_be_compared_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let nothing = folder.path().display().to_string();
    let bad = folder.path().join("bad.jsonl");
    std::fs::write(&bad, "{\"tape\":1}\n").expect("written");
    let bad = bad.display().to_string();
    let call = calls().join("greeting").display().to_string();
    for (args, named) in [
        (vec!["tape", "diff", &nothing, &call], "holds no tape"),
        (vec!["tape", "diff", &bad, &call], "line 1: no replay report"),
        (vec!["tape", "diff", &call], "two paths to compare"),
        (vec!["tape", "diff", &call, "--a", "rude"], "`rude` is no setting"),
        (vec!["tape", "diff", &call, "--a-config", &bad], "bad.jsonl"),
    ] {
        let output = bridge(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let complaint = text(&output.stderr);
        assert!(complaint.contains(named), "{args:?}: {complaint}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}
