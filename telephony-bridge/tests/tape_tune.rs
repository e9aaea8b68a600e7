//! `telephony-bridge tape tune` on the calls of the fixtures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

fn call(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls").join(name)
}

/// `tape tune` in `folder`, with what is left out of the paths and the grid.
fn tune(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
    command.current_dir(folder).args(["tape", "tune"]).args(args);
    command
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Copies a tape's files. The same call under another name is the same work.
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

/// The numbers are those of `replay`, the front is named, the picture is there.
#[test]
fn the_table_is_what_replay_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let tapes = ["backchannels", "interruption"].map(call);
    let paths = tapes.each_ref().map(|path| path.to_str().expect("a path"));
    let output = tune(folder.path(), &[paths[0], paths[1], "--json"]).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found = lines(&output.stdout);
    assert_eq!(
        found.iter().map(|line| line["setting"].as_str()).collect::<Vec<_>>(),
        [Some("adaptive"), Some("polite"), Some("responsive")]
    );
    for line in &found {
        let preset = line["setting"].as_str().expect("a setting");
        let mut replay = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
        let replay =
            replay.args(["replay", "--json", "--preset", preset]).args(paths).output().expect("runs");
        let reports = lines(&replay.stdout);
        let sum = |key: &str| -> u64 {
            reports.iter().map(|r| r["barge_in"][key].as_u64().expect("a count")).sum()
        };
        assert_eq!(line["hits"], sum("true_positives"), "{preset}");
        assert_eq!(line["false_yields"], sum("false_positives"), "{preset}");
        assert_eq!(line["missed"], sum("missed"), "{preset}");
    }
    assert!(found.iter().any(|line| line["pareto"] == true));
    let svg = std::fs::read_to_string(folder.path().join("tune.svg")).expect("a picture");
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    // Again: nothing to do, and the same bytes.
    let again = tune(folder.path(), &[paths[0], paths[1], "--json"]).output().expect("runs");
    assert_eq!(again.stdout, output.stdout);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("6 of them done before") && said.contains("0 replayed"), "{said}");
    assert_eq!(std::fs::read_to_string(folder.path().join("tune.svg")).expect("a picture"), svg);
    let table = tune(folder.path(), &[paths[0], paths[1]]).output().expect("runs").stdout;
    let table = String::from_utf8(table).expect("UTF-8");
    assert!(
        table.contains("Pareto front: ") && table.contains("The current setting, adaptive, is"),
        "{table}"
    );
}

/// kill -9 in the middle: what was finished is not done again, and the end is the same.
#[test]
fn a_killed_run_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    for n in 0..6 {
        copy(&call("greeting"), &folder.path().join(format!("tapes/{n}")));
        // Not the same work.
        let json = folder.path().join(format!("tapes/{n}/tape.json"));
        let text = std::fs::read_to_string(&json).expect("a tape");
        std::fs::write(&json, format!("{text}{}", " ".repeat(n))).expect("written");
    }
    let args = [
        "tapes",
        "--json",
        "--jobs",
        "1",
        "--grid",
        "confirm_ms=600,700,800,900",
        "--grid",
        "hangover_ms=200,260,300",
    ];
    let all = 6 * 13;
    let state = folder.path().join("tune.jsonl");
    let saved = || std::fs::read_to_string(&state).map_or(0, |text| text.matches('\n').count());
    let mut child =
        tune(folder.path(), &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    while saved() < 5 {
        std::thread::sleep(Duration::from_millis(2));
        assert!(child.try_wait().expect("a child").is_none(), "it ended before it was killed");
    }
    child.kill().expect("killed");
    child.wait().expect("dead");
    let before = saved();
    assert!(before < all, "too late to kill it");

    let output = tune(folder.path(), &args).output().expect("runs");
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&format!("{before} of them done before")), "{said}");
    assert!(said.contains(&format!("{} replayed", all - before)), "{said}");
    let keys: Vec<String> = lines(&std::fs::read(&state).expect("the state"))
        .iter()
        .map(|line| line["key"].as_str().expect("a key").to_owned())
        .collect();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), all);
    assert_eq!(keys.len(), all, "something was done twice");

    std::fs::remove_file(&state).expect("removed");
    let whole = tune(folder.path(), &args).output().expect("runs");
    assert_eq!(whole.stdout, output.stdout, "not as if it had never been killed");
}

/// A tape without labels counts for none of the numbers that need them; one that is broken counts for none
/// and is named.
#[test]
fn what_cannot_be_judged_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let tape = folder.path().join("tapes/live");
    copy(&call("greeting"), &tape);
    let mut file: Value =
        serde_json::from_slice(&std::fs::read(tape.join("tape.json")).expect("a tape")).expect("JSON");
    file["caller"] = Value::Array(Vec::new());
    file["echo"] = "recorded".into();
    std::fs::write(tape.join("tape.json"), file.to_string()).expect("written");
    let output = tune(folder.path(), &["tapes", "--json", "--presets", "polite"]).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for line in lines(&output.stdout) {
        for key in ["missed", "false_per_minute", "hits", "cut_off_turns"] {
            assert_eq!(line[key], Value::Null, "{key}");
        }
    }
    let table = tune(folder.path(), &["tapes", "--presets", "polite"]).output().expect("runs").stdout;
    assert!(String::from_utf8_lossy(&table).contains("1 of 1 tapes have no labels"));

    copy(&call("greeting"), &folder.path().join("tapes/whole"));
    std::fs::write(tape.join("caller.wav"), b"RIFF").expect("broken");
    let output = tune(folder.path(), &["tapes", "--json", "--presets", "polite"]).output().expect("runs");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("live") && said.contains("1 of 2 tapes could not be replayed"), "{said}");
    assert!(lines(&output.stdout).iter().all(|line| line["tapes"] == 1));
}

/// The agent's echo in a recording goes on where the agent would have fallen silent: said and counted.
#[test]
fn what_is_no_longer_true_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let tape = folder.path().join("tapes/live");
    copy(&call("interruption"), &tape);
    let mut file: Value =
        serde_json::from_slice(&std::fs::read(tape.join("tape.json")).expect("a tape")).expect("JSON");
    file["echo"] = "recorded".into();
    std::fs::write(tape.join("tape.json"), file.to_string()).expect("written");
    let args = ["tapes", "--presets", "polite", "--grid", "grace_ms=60000", "--grid", "confirm_ms=10000"];
    let output = tune(folder.path(), &[&args[..], &["--json"]].concat()).output().expect("runs");
    let found = lines(&output.stdout);
    let yields = |line: &Value| line["yields"].as_u64().expect("a count");
    for line in &found {
        assert_eq!(line["untrue_tapes"].as_u64(), Some(u64::from(yields(line) > 0)), "{line}");
        assert_eq!(line["untrue_ms"].as_u64() > Some(0), yields(line) > 0, "{line}");
    }
    assert!(yields(&found[0]) > 0);
    let table = tune(folder.path(), &args).output().expect("runs").stdout;
    let table = String::from_utf8(table).expect("UTF-8");
    assert!(table.contains("1 tapes, ") && table.contains("untrue: tapes with the agent's echo"), "{table}");
}

/// A setting that does not exist is named before anything runs.
#[test]
fn nonsense_is_named_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let tape = call("greeting");
    for (args, named) in [
        (["--grid", "confrim_ms=1"], "did you mean `confirm_ms`"),
        (["--grid", "confirm_ms=1"], "20 to 10000"),
        (["--presets", "rude"], "rude"),
        (["--jobs", "0"], "0"),
    ] {
        let output = tune(folder.path(), &[&[tape.to_str().expect("a path")], &args[..]].concat());
        let output = { output }.output().expect("runs");
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(named), "{args:?}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
    }
}
