//! What operators are given names only what there is.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of metrics in a text; the parts of a histogram are its name.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("kav_bridge_") && !word.ends_with('_'));
    ours.map(|word| word.strip_suffix("_bucket").unwrap_or(word).to_owned()).collect()
}

/// S-HLT-001: every number that a dashboard, an alert or the runbook asks for is one that the bridge gives.
#[test]
fn every_metric_that_is_asked_for_exists() {
    let sources = ["src/metrics.rs", "src/server/driver/numbers.rs", "src/server/driver/publish.rs"];
    let given: BTreeSet<String> = sources.iter().flat_map(|file| metrics(&read(file))).collect();
    for file in ["deploy/dashboard.json", "deploy/alerts.yaml", "deploy/RUNBOOK.md"] {
        let asked = metrics(&read(file));
        assert!(asked.len() >= 5, "{file} asks for {asked:?}");
        let unknown: Vec<&String> = asked.difference(&given).collect();
        assert!(unknown.is_empty(), "{file} asks for {unknown:?}");
    }
}

/// Every alert has its paragraph, and every paragraph its alert.
#[test]
fn every_alert_is_in_the_runbook() {
    let alerts = read("deploy/alerts.yaml");
    let alerts: BTreeSet<&str> =
        alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let runbook = read("deploy/RUNBOOK.md");
    let paragraphs: BTreeSet<&str> = runbook.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(alerts, paragraphs);
}

/// Settings in the deployment files are settings of the two services.
#[test]
fn every_setting_of_a_deployment_exists() {
    let known: BTreeSet<&str> = telephony_bridge::config::SETTINGS.iter().map(|(name, ..)| *name).collect();
    let of_others =
        ["DATABASE_URL", "CRM_LISTEN", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "REDIS_PASSWORD"];
    let compose = read("deploy/compose.yaml");
    let names = compose.lines().filter_map(|line| line.trim().split_once(": ")).map(|(name, _)| name);
    let names: Vec<&str> = names
        .filter(|name| name.len() > 3 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        assert!(known.contains(name) || of_others.contains(&name), "{name} is no setting");
    }
    let dashboard: serde_json::Value = serde_json::from_str(&read("deploy/dashboard.json")).expect("JSON");
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() >= 10));
}
