//! Numbers that are asked for, and alerts that are explained.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{read, yaml};

/// Names of metrics in a text; the parts of a histogram are its name.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("kav_bridge_") && !word.ends_with('_'));
    ours.map(|word| word.strip_suffix("_bucket").unwrap_or(word).to_owned()).collect()
}

/// S-HLT-001: every number that a dashboard, an alert or the runbook asks for is one that the bridge gives.
#[test]
fn every_metric_that_is_asked_for_exists() {
    let sources = [
        "src/metrics.rs",
        "src/server/driver/numbers.rs",
        "src/server/driver/publish.rs",
        "src/providers/net/numbers.rs",
    ];
    let given: BTreeSet<String> = sources.iter().flat_map(|file| metrics(&read(file))).collect();
    for file in ["deploy/dashboard.json", "deploy/alerts.yaml", "deploy/RUNBOOK.md"] {
        let asked = metrics(&read(file));
        assert!(asked.len() >= 5, "{file} asks for {asked:?}");
        let unknown: Vec<&String> = asked.difference(&given).collect();
        assert!(unknown.is_empty(), "{file} asks for {unknown:?}");
    }
}

/// Every alert is one that Prometheus reads, and has its paragraph, and every paragraph its alert.
#[test]
fn every_alert_is_in_the_runbook() {
    let file = yaml::parse(&read("deploy/alerts.yaml"));
    let mut alerts = BTreeSet::new();
    for rule in file["groups"][0]["rules"].as_array().expect("rules") {
        let name = rule["alert"].as_str().expect("a name").to_owned();
        let known = ["alert", "expr", "for", "labels", "annotations"];
        let unknown = rule.as_object().expect("a rule").keys().find(|key| !known.contains(&key.as_str()));
        assert_eq!(unknown, None, "{name}");
        let expression = rule["expr"].as_str().expect("an expression");
        assert_eq!(expression.matches('(').count(), expression.matches(')').count(), "{name}: {expression}");
        assert!(
            ["page", "ticket"].contains(&rule["labels"]["severity"].as_str().unwrap_or_default()),
            "{name}"
        );
        assert!(rule["annotations"]["summary"].is_string(), "{name}");
        assert!(alerts.insert(name.clone()), "{name} is there twice");
    }
    let runbook = read("deploy/RUNBOOK.md");
    let paragraphs = runbook.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned);
    assert_eq!(alerts, paragraphs.collect());
}

/// S-AUD-015: panels of the dashboard lie beside each other, each with an id of its own; interruptions and speech to
/// speech have theirs.
#[test]
fn the_dashboard_is_whole() {
    let dashboard: Value = serde_json::from_str(&read("deploy/dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels {
        let title = panel["title"].as_str().expect("a title");
        assert!(ids.insert(panel["id"].as_u64()), "{title}: its id is another's");
        let [x, y, w] = ["x", "y", "w"].map(|key| panel["gridPos"][key].as_u64().expect("a number"));
        assert!(x + w <= 24 && places.insert((y, x)), "{title} lies on another");
        assert!(panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()), "{title}");
    }
    let text = dashboard.to_string();
    for asked in
        ["barge_ins_total", "realtime_sessions_total", "realtime_cut_off_total", "role=\\\"realtime\\\""]
    {
        assert!(text.contains(asked), "{asked} is not shown");
    }
}
