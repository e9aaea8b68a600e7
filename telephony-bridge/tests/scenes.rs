//! The generator of scenes (`fixtures/scenes.py`): same seed, same scenes, in the tape format, each event
//! where its kind wants it. Needs python3 with numpy and scipy, and espeak-ng.

mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use audio_core::barge_in::Preset;
use audio_core::tape::{CallerSpan, SpanKind, Tape};
use audio_core::vad::{VadConfig, VadKind};
use telephony_bridge::providers::embedded::VoiceLibrary;
use telephony_bridge::session::SessionConfig;
use telephony_bridge::tape::{EventName, ReplayOptions, replay};
use tempfile::TempDir;

const KINDS: [&str; 6] = ["backchannel", "echo", "interruption", "noise", "side_speech", "turn"];

/// What generates scenes, if this machine has everything: `PYTHON`, or python3.
fn python() -> Option<String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let runs = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let complete = runs(Command::new(&python).args(["-c", "import numpy, scipy"]))
        && runs(Command::new("espeak-ng").arg("--version"));
    if !complete {
        eprintln!("SKIPPED: scenes need espeak-ng and {python} with numpy and scipy (PYTHON names another)");
    }
    complete.then_some(python)
}

/// Two events of each kind, and whatever else is asked for.
fn generate(python: &str, split: &str, more: &[&str]) -> TempDir {
    let out = TempDir::new().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenes.py");
    let mut command = Command::new(python);
    command.arg(script).arg(out.path()).args(["--split", split, "--events", "2"]).args(more);
    let done = command.output().expect("runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    out
}

fn scenes(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the scenes").flatten().map(|entry| entry.path());
    let mut scenes: Vec<PathBuf> = entries.filter(|path| path.join("tape.json").exists()).collect();
    scenes.sort();
    scenes
}

fn length(span: &CallerSpan) -> u64 {
    span.end_ms - span.start_ms
}

/// A-AUD-003: interruptions are judged on these.
#[test]
fn scenes_are_the_same_again_and_hold_what_their_names_say() {
    let Some(python) = python() else { return };
    let (folder, again) = (generate(&python, "test", &[]), generate(&python, "test", &[]));
    let scenes = scenes(folder.path());
    let mut kinds = Vec::new();
    for scene in &scenes {
        let name = scene.file_name().and_then(|name| name.to_str()).expect("a name");
        for file in ["tape.json", "caller.wav"] {
            let bytes = |root: &Path| fs::read(root.join(name).join(file)).expect("a file");
            assert_eq!(bytes(folder.path()), bytes(again.path()), "{name}/{file}");
        }
        let json = fs::read(scene.join("tape.json")).expect("a tape");
        let json = serde_json::from_slice(&json).expect("JSON");
        schema::check("tape", &json).unwrap_or_else(|error| panic!("{name}: {error}"));

        let tape = Tape::load(scene).unwrap_or_else(|error| panic!("{error}"));
        let kind = name.rsplit_once('_').map_or(name, |(kind, _)| kind);
        kinds.push(kind.to_owned());
        let count = |kind| tape.file.caller.iter().filter(|span| span.kind == kind).count();
        let event = tape.file.caller.iter().find(|span| span.kind != SpanKind::Turn);
        let fits = match (kind, event) {
            ("turn", None) => count(SpanKind::Turn) == 2,
            ("echo", None) => count(SpanKind::Turn) <= 1,
            ("interruption", Some(e)) => {
                e.kind == SpanKind::Interruption && (1_000..=2_500).contains(&length(e))
            }
            ("backchannel", Some(e)) => e.kind == SpanKind::Backchannel && (150..=600).contains(&length(e)),
            ("noise", Some(e)) => e.kind == SpanKind::Noise && e.text.is_empty(),
            ("side_speech", Some(e)) => e.kind == SpanKind::SideSpeech,
            _ => false,
        };
        assert!(fits, "{name}: {:?}", tape.file.caller);
        let words = tape.file.caller.iter().flat_map(|span| span.words.iter().flatten());
        for word in words {
            assert!(!word.text.ends_with(['.', ',', '?', '…']), "{name}: nobody hears {:?}", word.text);
        }
    }
    kinds.dedup();
    assert_eq!(kinds, KINDS);
}

/// A-AUD-003: of several events under one reply each ends before the next begins, and nothing follows an interruption.
#[test]
fn several_events_come_one_after_the_other() {
    let Some(python) = python() else { return };
    let folder = generate(&python, "dev", &["--several", "--seed", "3"]);
    let mut most = 0;
    for scene in scenes(folder.path()) {
        let tape = Tape::load(&scene).unwrap_or_else(|error| panic!("{error}"));
        let kind = tape.name.rsplit_once('_').map_or("", |(kind, _)| kind);
        let events: Vec<_> = tape.file.caller.iter().filter(|span| span.kind != SpanKind::Turn).collect();
        let apart = tape.file.caller.windows(2).all(|pair| pair[0].end_ms + 200 < pair[1].start_ms);
        assert!(apart, "{}: {:?}", tape.name, tape.file.caller);
        let named = |span: &&CallerSpan| format!("{:?}", span.kind).to_lowercase() == kind.replace('_', "");
        assert_eq!(
            events.iter().any(named),
            !matches!(kind, "echo" | "turn"),
            "{}: {:?}",
            tape.name,
            tape.file.caller
        );
        let interruptions = events.iter().filter(|span| span.kind == SpanKind::Interruption).count();
        assert!(kind != "interruption" || interruptions == 1 && events.last().is_some_and(named));
        most = most.max(events.len());
    }
    assert!(most > 2, "one event a reply is no several");
}

/// A-AUD-003: where the caller telephones from changes what is behind them and nothing that is labelled.
#[test]
fn places_lie_behind_the_same_events() {
    let Some(python) = python() else { return };
    let at = |place: &str| generate(&python, "test", &["--kinds", "echo,interruption", "--places", place]);
    let line = at("line");
    for place in ["radio", "cafe", "television"] {
        let (folder, again) = (at(place), at(place));
        let made = fs::read_to_string(folder.path().join("scenes.csv")).expect("a list");
        assert!(made.lines().skip(1).all(|scene| scene.contains(&format!(",{place},"))), "{made}");
        let scenes = scenes(folder.path());
        assert_eq!(scenes.len(), 4);
        for scene in scenes {
            let name = scene.file_name().expect("a name");
            let bytes = |root: &TempDir, file| fs::read(root.path().join(name).join(file)).expect("a file");
            assert_eq!(
                bytes(&folder, "caller.wav"),
                bytes(&again, "caller.wav"),
                "{place}: another at each time"
            );
            assert_eq!(bytes(&folder, "tape.json"), bytes(&line, "tape.json"), "{place}");
            assert_ne!(bytes(&folder, "caller.wav"), bytes(&line, "caller.wav"), "{place}: nothing behind");
        }
    }
}

/// Under rules that let the agent finish, it is speaking when the event comes.
#[test]
fn events_fall_into_the_agents_speech() {
    let Some(python) = python() else { return };
    let folder = generate(&python, "dev", &[]);
    let options = ReplayOptions {
        barge_in: Preset::Polite.config(),
        detector: VadKind::default(),
        vad: VadConfig::default(),
        session: SessionConfig::default(),
        timing: false,
        library: VoiceLibrary::default(),
    };
    for scene in scenes(folder.path()) {
        let tape = Tape::load(&scene).unwrap_or_else(|error| panic!("{error}"));
        let report = replay(&tape, &options).expect("replays");
        assert_eq!(report, replay(&tape, &options).expect("replays"), "two runs, two answers");
        for event in tape.file.caller.iter().filter(|span| span.kind != SpanKind::Turn) {
            let speaking =
                report.events.iter().filter(|e| e.t_ms <= event.start_ms).fold(false, |speaking, e| match e
                    .event
                {
                    EventName::AgentAudioStart => true,
                    EventName::AgentAudioEnd => false,
                    _ => speaking,
                });
            assert!(speaking, "{}: nobody is interrupted at {} ms", tape.name, event.start_ms);
        }
    }
}
