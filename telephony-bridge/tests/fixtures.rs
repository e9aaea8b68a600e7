//! The committed recordings are the ones the manifest describes, and every tape loads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use audio_core::tape::Tape;
use sha2::{Digest as _, Sha256};
use telephony_bridge::providers::embedded::VoiceLibrary;
use telephony_bridge::session::SessionConfig;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a folder of fixtures") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn every_file_is_in_the_manifest_with_its_hash() {
    let manifest = std::fs::read(fixtures().join("MANIFEST.json")).expect("MANIFEST.json");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
    let listed: BTreeMap<String, String> = manifest["files"]
        .as_array()
        .expect("a list of files")
        .iter()
        .map(|file| {
            let text = |key: &str| file[key].as_str().unwrap_or_else(|| panic!("{key} of {file}")).to_owned();
            assert!(!text("source").is_empty() && !text("licence").is_empty(), "{file}");
            (text("path"), text("sha256"))
        })
        .collect();
    let mut found = Vec::new();
    files(&fixtures().join("calls"), &mut found);
    files(&fixtures().join("voice"), &mut found);
    let found: BTreeMap<String, String> = found
        .iter()
        .map(|path| {
            let name = path.strip_prefix(fixtures()).expect("inside").to_string_lossy().into_owned();
            let hash = Sha256::digest(std::fs::read(path).expect("readable"));
            (name, hash.iter().map(|byte| format!("{byte:02x}")).collect())
        })
        .collect();
    assert_eq!(found, listed);
}

#[test]
fn every_tape_loads_and_is_long_enough_for_its_labels() {
    for entry in std::fs::read_dir(fixtures().join("calls")).expect("calls") {
        let tape = Tape::load(entry.expect("an entry").path()).expect("a tape");
        let length_ms = tape.caller.len() as u64 / 8;
        for span in &tape.file.caller {
            assert!(span.end_ms <= length_ms, "{}: a label ends after the recording: {span:?}", tape.name);
        }
    }
}

/// What the agent says by itself has a recording; none of it is a beep.
#[test]
fn the_clip_library_holds_the_stock_phrases() {
    let library = VoiceLibrary::load(&fixtures().join("voice")).expect("the clip library");
    let config = SessionConfig::default();
    for line in [&config.reprompt, &config.apology, &config.goodbye] {
        assert!(library.find(&line.text).is_some(), "no recording of {}", line.text);
    }
    assert!(library.find(telephony_bridge::server::fallback::NEUTRAL_GREETING).is_some());
}
