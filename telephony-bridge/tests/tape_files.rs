//! `telephony-bridge tape import|validate|info|redact|minimise|export|retain` as a user runs them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use audio_core::codec::ulaw;
use audio_core::frame::{Dbfs, FRAME_SAMPLES};
use audio_core::tape::{Tape, TapeFile, WavEncoding, WavSpec, WavWriter, read_wav_8k, read_wav_8k_stereo};
use serde_json::Value;
use telephony_bridge::tape::validate::validate;
use telephony_bridge::words::{Kind, Lexicon};
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls").join(name)
}

/// Standard output, standard error, and whether the exit code is 0.
fn run<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> (String, String, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
    let output = command.arg("tape").args(args).output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.success())
}

fn good<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> String {
    let (out, error, success) = run(args);
    assert!(success, "{error}");
    out
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A tone of this amplitude and frequency.
fn tone(rate: u32, seconds: f64, hz: f64, amplitude: f64) -> Vec<i16> {
    let samples = (f64::from(rate) * seconds) as usize;
    let at = |i: usize| std::f64::consts::TAU * hz * i as f64 / f64::from(rate);
    (0..samples).map(|i| (amplitude * at(i).sin()) as i16).collect()
}

fn wav(to: &Path, spec: WavSpec, sides: &[Vec<i16>]) {
    let mut wav = WavWriter::create(to, spec).expect("created");
    match sides {
        [mono] => wav.write(mono).expect("written"),
        [left, right] => {
            let both: Vec<i16> = left.iter().zip(right).flat_map(|(l, r)| [*l, *r]).collect();
            wav.write(&both).expect("written");
        }
        _ => panic!("one side or two"),
    }
    wav.finish().expect("whole");
}

/// Every file below a folder, hidden ones too.
fn tree(dir: &Path) -> BTreeSet<String> {
    fn walk(root: &Path, dir: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            found.insert(path.strip_prefix(root).expect("inside").display().to_string());
            if path.is_dir() {
                walk(root, &path, found);
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(dir, dir, &mut found);
    found
}

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

/// The largest normalised correlation of a frame with what took its place, within ±10 ms, on average
/// over the frames that are heard.
fn likeness(then: &[i16], now: &[i16]) -> f64 {
    let energy = |x: &[i16]| x.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>();
    let (mut sum, mut frames) = (0.0, 0);
    for at in (FRAME_SAMPLES..then.len().min(now.len()) - 2 * FRAME_SAMPLES).step_by(FRAME_SAMPLES * 3) {
        let was = &then[at..at + 2 * FRAME_SAMPLES];
        if Dbfs::of(was).0 < -35.0 {
            continue;
        }
        let best = (0..FRAME_SAMPLES).map(|lag| {
            let is = &now[at + lag - FRAME_SAMPLES / 2..][..2 * FRAME_SAMPLES];
            let product: f64 = was.iter().zip(is).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            product.abs() / (energy(was) * energy(is)).sqrt().max(1.0)
        });
        sum += best.fold(0.0, f64::max);
        frames += 1;
    }
    sum / f64::from(frames.max(1))
}

/// Voices, words and numbers are gone; levels stay, and so does every count of the replays.
#[test]
fn a_redacted_tape_decides_alike_and_says_nothing() {
    let dir = TempDir::new().expect("a folder");
    let out = dir.path().join("redacted");
    good(["redact", path(&fixture("")), path(&out)]);
    good(["validate", path(&out)]);
    let counts = |calls: &Path| -> Vec<Value> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
        let output = command.args(["replay", "--json"]).arg(calls).output().expect("runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines
            .map(|mut line| {
                let turns = line["turns"].as_array().map(Vec::len);
                let barge_in = line["barge_in"].take();
                let counted =
                    ["true_positives", "false_positives", "missed"].map(|key| barge_in[key].clone());
                serde_json::json!([line["tape"], turns, line["cut_off_turns"], line["missed_turns"], counted])
            })
            .collect()
    };
    let (then, now) = (counts(&fixture("")), counts(&out));
    assert_eq!(then.len(), 11);
    let lexicon = Lexicon::hebrew();
    let differ: Vec<_> = then.iter().zip(&now).filter(|(then, now)| then != now).collect();
    println!("{} of {} calls are counted otherwise: {differ:?}", differ.len(), then.len());
    assert_eq!(differ, []);
    for entry in fs::read_dir(fixture("")).expect("the fixtures") {
        let was_dir = entry.expect("an entry").path();
        let is_dir = out.join(was_dir.file_name().expect("a name"));
        let (was, is) = (Tape::load(&was_dir).expect("a tape"), Tape::load(&is_dir).expect("a tape"));
        assert!(is.file.redacted);
        assert_eq!(is.caller.len(), was.caller.len());
        let apart = (Dbfs::of(&is.caller).0 - Dbfs::of(&was.caller).0).abs();
        assert!(apart < 1.0, "{}: {apart} dB", was.name);
        let json = fs::read_to_string(is_dir.join("tape.json")).expect("readable");
        let texts = was.file.caller.iter().map(|span| &span.text);
        let texts = texts.chain(was.file.agent.iter().map(|line| &line.text));
        let letters = |word: &str| word.chars().filter(|c| c.is_alphabetic()).collect::<String>();
        let left: BTreeSet<String> =
            json.split(|c: char| c.is_whitespace() || c == '"').map(letters).collect();
        // Shorter ones may be made up by chance.
        let words = texts.flat_map(|text| text.split_whitespace().map(letters));
        for word in words.filter(|word| word.chars().count() > 3) {
            let listed = lexicon.kind(&word).1 != Kind::Other;
            assert!(listed || !left.contains(&word), "{word} in {}", was.name);
        }
        if let Some(number) = was.file.from {
            assert!(!json.contains(&number[6..]), "{number}");
        }
        if was.caller.iter().any(|sample| sample.unsigned_abs() > 3_000) {
            let (like, itself) = (likeness(&was.caller, &is.caller), likeness(&was.caller, &was.caller));
            println!("{}: likeness {like:.2}, with itself {itself:.2}", was.name);
            assert!(itself > 0.95 && like < 0.5, "{}: {like} {itself}", was.name);
        }
    }
    let said = good(["retain", path(&out), "--older-than", "0m"]);
    assert_eq!(said, "", "redacted tapes stay");
}

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
        assert!(length_ms < 4_000, "{kind}: {length_ms} ms");
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
