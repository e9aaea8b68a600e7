//! `telephony-bridge replay` over every call of the fixtures.

mod schema;

use std::path::{Path, PathBuf};
use std::process::Command;

use audio_core::barge_in::Preset;
use audio_core::tape::Tape;
use audio_core::vad::{VadConfig, VadKind};
use serde_json::Value;
use telephony_bridge::config::{Config, Source};
use telephony_bridge::providers::embedded::VoiceLibrary;
use telephony_bridge::server::LiveRunner;
use telephony_bridge::session::SessionConfig;
use telephony_bridge::tape::ReplayOptions;

fn calls() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls");
    let mut calls: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("tape.json").exists())
        .collect();
    calls.sort();
    assert!(!calls.is_empty());
    calls
}

/// What the command prints, and whether it found everything in order.
fn replay(args: &[&str], tapes: &[PathBuf]) -> (String, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
    let output = command.arg("replay").args(args).args(tapes).output().expect("runs");
    (String::from_utf8(output.stdout).expect("UTF-8"), output.status.success())
}

/// Same tape, same bytes, as the schema says, one line a tape in argument order.
#[test]
fn every_tape_replays_as_the_contract_says() {
    let mut calls = calls();
    calls.reverse();
    let (lines, done) = replay(&["--json"], &calls);
    assert!(done);
    assert_eq!(replay(&["--json"], &calls), (lines.clone(), true), "two runs, two answers");
    assert_eq!(lines.lines().count(), calls.len());
    for (line, call) in lines.lines().zip(&calls) {
        let value: Value = serde_json::from_str(line).expect("JSON");
        schema::check("replay", &value).unwrap_or_else(|error| panic!("{}: {error}", call.display()));
        // serde_json's map is sorted: what was not would come out otherwise.
        assert_eq!(value.to_string(), line, "keys are not sorted");
        assert_eq!(value["tape"].as_str(), call.file_name().and_then(|name| name.to_str()));
        let state = value["final_state"].as_str().expect("a state");
        assert!(["listening", "ended"].contains(&state), "{} ends {state}", call.display());
        assert_eq!(value["allocations_in_pipeline"], 0);
        assert_eq!((&value["us_per_frame_p50"], &value["us_per_frame_p99"]), (&Value::Null, &Value::Null));
    }
}

/// Every preset gives an answer, and measured times where they are asked for.
#[test]
fn presets_and_timing() {
    let calls = calls();
    let (lines, done) = replay(&["--json", "--preset", "polite", "--timing"], &calls[..1]);
    assert!(done);
    let value: Value = serde_json::from_str(&lines).expect("JSON");
    schema::check("replay", &value).expect("as the schema says");
    assert!(value["us_per_frame_p50"].is_number() && value["us_per_frame_p99"].is_number(), "{lines}");
    assert!(!replay(&["--json", "--preset", "rude"], &calls[..1]).1);
}

/// A-AUD-003: more sensitive rules yield sooner, less sensitive ones later; 0 is the preset.
#[test]
fn sensitivity_moves_the_preset() {
    let calls: Vec<_> = calls().into_iter().filter(|call| call.ends_with("interruption")).collect();
    let lines = |sensitivity: &str| {
        let (lines, done) =
            replay(&["--json", "--preset", "responsive", "--sensitivity", sensitivity], &calls);
        assert!(done, "{sensitivity}");
        lines
    };
    let first_yield = |sensitivity: &str| {
        let report: Value = serde_json::from_str(&lines(sensitivity)).expect("JSON");
        let events = report["events"].as_array().expect("events");
        let first = events.iter().find(|event| event["event"] == "barge_in");
        first.and_then(|event| event["t_ms"].as_u64()).expect("a yield")
    };
    assert_eq!(lines("0"), replay(&["--json", "--preset", "responsive"], &calls).0);
    let [more, same, less] = ["1", "0", "-1"].map(first_yield);
    assert!(more < same && same < less, "{more}, {same}, {less}");
    for wrong in ["1.1", "-2", "NaN", "much"] {
        assert!(!replay(&["--json", "--sensitivity", wrong], &calls).1, "{wrong}");
    }
}

/// A-AUD-003: word lists and timings come from files, for calls and for replays; one that
/// makes no sense is named in one sentence, with the exit code of any other wrong setting.
#[test]
fn words_and_timings_come_from_files() {
    let calls: Vec<_> = calls().into_iter().filter(|call| call.ends_with("interruption")).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let plain = replay(&["--json"], &calls);
    let none = file("none.toml", "# as it is\n");
    assert_eq!(replay(&["--json", "--words", &none, "--session", &none], &calls), plain);
    // Both interruptions begin with a word that no longer stops an agent who is polite.
    let words = file("words.toml", "stops = []\n");
    let polite = replay(&["--json", "--preset", "polite"], &calls);
    let (other, done) = replay(&["--json", "--preset", "polite", "--words", &words], &calls);
    assert!(done && other != polite.0, "{other}");
    let session = file("session.toml", "endpointing_complete_ms = 700\n");
    let (other, done) = replay(&["--json", "--session", &session], &calls);
    assert!(done && other != plain.0, "{other}");

    let complaint = |setting: &str, path: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
        command.arg("serve").env("MOCK_TWILIO", "true").env("BRIDGE_LISTEN", "127.0.0.1:0");
        let output = command.env(setting, path).output().expect("runs");
        (String::from_utf8(output.stderr).expect("UTF-8"), output.status.code())
    };
    let (other, code) = complaint("CLOCK_SPEED", "fast");
    assert_eq!(other.lines().count(), 1, "{other}");
    let bad = file("bad.toml", "silence_ms = 5\n");
    let sentence =
        format!("telephony-bridge: SESSION_FILE {bad}: silence_ms is `5`: expected 1000 to 600000 ms\n");
    assert_eq!(complaint("SESSION_FILE", &bad), (sentence, code));
    let (said, same) = complaint("WORDS_FILE", &file("bad.toml", "stops = [\"רגע\",\n 3]\n"));
    assert!(said.starts_with(&format!("telephony-bridge: WORDS_FILE {bad}: stops has `3`: ")), "{said}");
    assert_eq!((said.lines().count(), same), (1, code), "{said}");
    assert!(!replay(&["--json", "--words", &bad], &calls).1);
}

/// A-AUD-003: a session configuration that a program made is checked where it enters, live and in replays.
#[test]
fn a_session_configuration_is_checked_where_it_enters() {
    let wrong = SessionConfig { phrase_words: 0, ..SessionConfig::default() };
    let sentence = "session configuration: phrase_words is `0`: expected 1 to 100";

    let source = Source::from_pairs([("MOCK_TWILIO", "true")]).expect("known");
    let mut config = Config::from_source(&source).expect("complete");
    config.session = wrong.clone();
    let refused = LiveRunner::new(&config).err().expect("refused").to_string();
    assert_eq!(refused, sentence);

    let tape = Tape::load(&calls()[0]).expect("a tape");
    let options = ReplayOptions {
        barge_in: Preset::Adaptive.config(),
        detector: VadKind::default(),
        vad: VadConfig::default(),
        session: wrong,
        timing: false,
        library: VoiceLibrary::default(),
    };
    assert_eq!(telephony_bridge::tape::replay(&tape, &options).expect_err("refused").to_string(), sentence);
}

/// A tape that is none costs itself alone, and the exit code says so.
#[test]
fn a_missing_tape_is_an_error() {
    let mut calls = calls();
    calls.truncate(1);
    calls.insert(0, PathBuf::from("no-such-tape"));
    let (lines, done) = replay(&["--json"], &calls);
    assert!(!done);
    assert_eq!(lines.lines().count(), 1);
}

/// The fixtures' own tapes are as their schema says.
#[test]
fn every_tape_is_as_its_schema_says() {
    for call in calls() {
        let text = std::fs::read_to_string(call.join("tape.json")).expect("readable");
        let value = serde_json::from_str(&text).expect("JSON");
        schema::check("tape", &value).unwrap_or_else(|error| panic!("{}: {error}", call.display()));
    }
}

/// A-AUD-003: `--explain` says of every duck, resume, yield and turn end what tipped it, in
/// a line each, and leaves the JSON as it is.
#[test]
fn every_decision_explains_itself() {
    let calls = calls();
    let explained = |preset: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
        let arguments = ["replay", "--json", "--explain", "--preset", preset];
        let output = command.args(arguments).args(&calls).output().expect("runs");
        assert!(output.status.success());
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (text(output.stderr), text(output.stdout))
    };
    // Who is polite goes by words.
    let (words, _) = explained("polite");
    let yields: Vec<&str> = words.lines().filter(|line| line.contains(" s  barge_in score")).collect();
    assert!(
        !yields.is_empty() && yields.iter().all(|line| line.contains(": the words \u{2068}")),
        "{yields:?}"
    );

    let (explained, json) = explained("adaptive");
    let lines = |name: &str| -> Vec<&str> {
        explained.lines().filter(|line| line.contains(&format!(" s  {name}"))).collect()
    };
    let sound = ["voice ", "level ", "duration ", "echo "];
    for (name, needed) in [
        ("duck score", &sound[..]),
        ("barge_in score", &sound),
        ("turn_end: ", &[" ms after the voice"]),
        ("resume: ", &["; "]),
    ] {
        let found = lines(name);
        assert!(!found.is_empty(), "{name} in {explained}");
        // Words may be what the agent yields to.
        let by_words = |line: &str| name == "barge_in score" && line.contains(": the words \u{2068}");
        let by_sound = |line: &str| needed.iter().all(|part| line.contains(part));
        assert!(found.iter().any(|line| by_sound(line)), "{name} in {explained}");
        for line in found {
            assert!(by_sound(line) || by_words(line), "{line}");
        }
    }
    for event in ["duck", "barge_in", "turn_end", "resume"] {
        assert!(lines(event).iter().all(|line| line.contains(": ")), "{event} without a reason");
    }
    assert!(lines("turn_end").iter().any(|line| line.ends_with("sounds complete")));
    let plain = replay(&["--json"], &calls).0;
    assert_eq!(json, plain);
}

/// A-AUD-005: with replies begun early the caller hears each no later, and none before the last words are known;
/// turns end when they did, and two runs are the same bytes. Without it the tape's clock holds.
#[test]
fn replies_begun_early_are_heard_earlier() {
    let calls: Vec<_> = calls().into_iter().filter(|call| call.ends_with("booking")).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let early = folder.path().join("early.toml");
    std::fs::write(&early, "max_drafts = 2\n").expect("written");
    let arguments = ["--json", "--session", early.to_str().expect("UTF-8")];
    let (lines, done) = replay(&arguments, &calls);
    assert!(done);
    assert_eq!(replay(&arguments, &calls).0, lines, "two runs, two answers");
    let turns = |line: &str| {
        let report: Value = serde_json::from_str(line).expect("JSON");
        let turns = report["turns"].as_array().expect("turns").clone();
        turns.into_iter().map(|turn| {
            let ms = |name: &str| turn[name].as_u64().expect("a time");
            (turn["text"].to_string(), ms("detected_end_ms"), ms("agent_start_ms"))
        })
    };
    let latency = Tape::load(&calls[0]).expect("a tape").file.latency;
    let plain = replay(&["--json"], &calls).0;
    let mut saved = Vec::new();
    for (then, now) in turns(&plain).zip(turns(&lines)) {
        assert_eq!((&then.0, then.1), (&now.0, now.1), "the turn is the same");
        assert!(now.2 >= now.1 + latency.stt_ms + latency.tts_ms, "{now:?}");
        assert!(then.2 >= then.1 + latency.stt_ms + latency.llm_ms + latency.tts_ms, "{then:?}");
        saved.push(then.2.checked_sub(now.2).expect("no later"));
    }
    assert!(saved.len() > 3 && saved.iter().all(|ms| *ms > 0), "{saved:?}");
}

/// A-AUD-022: words of a caller whom the detector does not hear are a turn, and are answered.
#[test]
fn words_without_speech_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let call = folder.path().join("quiet");
    std::fs::create_dir(&call).expect("a folder");
    let samples = 8_000 * 14_u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + 2 * samples).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend((2 * samples).to_le_bytes());
    wav.resize(wav.len() + 2 * samples as usize, 0);
    std::fs::write(call.join("caller.wav"), wav).expect("written");
    let tape = serde_json::json!({
        "version": 1, "greeting": { "text": "שלום" }, "agent": [{ "text": "באיזה אזור?" }],
        "caller": [{ "start_ms": 6_500, "end_ms": 7_700, "kind": "turn", "text": "אני מחפש דירה בחיפה" }],
    });
    std::fs::write(call.join("tape.json"), tape.to_string()).expect("written");
    let (line, done) = replay(&["--json"], std::slice::from_ref(&call));
    assert!(done);
    let report: Value = serde_json::from_str(&line).expect("JSON");
    let turns = report["turns"].as_array().expect("turns");
    assert_eq!(turns.len(), 1, "{line}");
    assert_eq!(turns[0]["text"], "אני מחפש דירה בחיפה");
    assert!(turns[0]["agent_start_ms"].is_number(), "{line}");
    assert_eq!((&report["missed_turns"], &report["final_state"]), (&0.into(), &"listening".into()));
    let heard =
        report["events"].as_array().expect("events").iter().any(|event| event["event"] == "speech_start");
    assert!(!heard, "the detector hears nobody: {line}");
    // The same call where recognition listens to what the detector hears alone.
    let off = folder.path().join("off.toml");
    std::fs::write(&off, "unheard_ms = 600000\n").expect("written");
    let (line, _) = replay(&["--json", "--session", off.to_str().expect("UTF-8")], &[call]);
    let report: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(report["missed_turns"], 1, "{line}");
}
