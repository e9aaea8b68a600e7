//! `tape redact`: what goes and what stays.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use audio_core::frame::{Dbfs, FRAME_SAMPLES};
use audio_core::tape::Tape;
use serde_json::Value;
use telephony_bridge::words::{Kind, Lexicon};
use tempfile::TempDir;

use super::{fixture, good, path};

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
