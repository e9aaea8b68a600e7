//! The systemd units.

use std::collections::BTreeMap;
use std::process::Command;

use telephony_bridge::config::SETTINGS;

use crate::{default_of, read};

const UNITS: [&str; 2] = ["kav-bridge.service", "kav-crm.service"];

/// `key=value` lines of a unit; a key may be there more than once.
fn settings(unit: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for line in read(&format!("deploy/{unit}")).lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, value)) = line.split_once('=') {
            found.entry(key.to_owned()).or_default().push(value.to_owned());
        }
    }
    found
}

/// systemd itself reads the units, and has nothing to say about them: no unknown key, no wrong value.
#[test]
fn systemd_understands_the_units() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut paths = Vec::new();
    for unit in UNITS {
        // It looks for the program, which is not installed here.
        let text = read(&format!("deploy/{unit}"));
        let program = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("a program");
        let path = program.split(' ').next().expect("a path");
        assert!(
            ["telephony-bridge", "crm-service"].iter().any(|ours| path == format!("/usr/local/bin/{ours}"))
        );
        let here = std::env::current_exe().expect("this test");
        paths.push(folder.path().join(unit));
        let text = text.replace(path, &here.display().to_string());
        std::fs::write(folder.path().join(unit), text).expect("written");
    }
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--man=no"]).args(&paths);
    let Ok(output) = command.output() else {
        eprintln!("SKIPPED: systemd-analyze is not installed: the units are not verified");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let of_ours: Vec<&str> = said.lines().filter(|line| line.contains("kav-")).collect();
    assert!(of_ours.is_empty(), "{said}");
}

/// What a unit sets is a setting; what its service writes to is its own; a shutdown has the time it takes.
#[test]
fn units_fit_the_services() {
    let bridge = settings("kav-bridge.service");
    let environment = bridge["Environment"].join(" ");
    for pair in environment.split(' ') {
        let (name, value) = pair.split_once('=').expect("NAME=value");
        // The C library's own.
        let known = name == "GLIBC_TUNABLES" || SETTINGS.iter().any(|(known, ..)| *known == name);
        assert!(known, "{name} is no setting");
        if name == "DATA_DIR" {
            assert_eq!(value, format!("/var/lib/{}", bridge["StateDirectory"][0]));
        }
    }
    let seconds: u64 = bridge["TimeoutStopSec"][0].parse().expect("seconds");
    let drain_ms: u64 = default_of("DRAIN_TIMEOUT").parse().expect("ms");
    assert!(seconds * 1_000 > drain_ms, "{seconds} s for {drain_ms} ms");
    let crm = settings("kav-crm.service");
    // SQLite's file lies where the service is started.
    assert_eq!(crm["WorkingDirectory"][0], format!("/var/lib/{}", crm["StateDirectory"][0]));
    for unit in [&bridge, &crm] {
        assert!(unit.contains_key("EnvironmentFile") && unit["User"] == ["kav"], "{unit:?}");
    }
}
