//! `telephony-bridge tape import|validate|info|redact|minimise|export|retain` as a user runs them.

mod bad;
mod derived;
mod import;
mod redact;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use audio_core::tape::{WavSpec, WavWriter};

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
