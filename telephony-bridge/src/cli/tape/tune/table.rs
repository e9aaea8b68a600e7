//! The trade-offs as a table for people and as JSON lines.

use std::fmt::Write as _;

use crate::tape::tune::{front, letters, points};
use crate::tape::{Measures, Setting};

/// One line a setting.
pub(super) fn text(settings: &[Setting], measures: &[Measures]) -> String {
    let points = points(measures);
    let front = front(&points);
    let letters = letters(&points, &front);
    let names: Vec<String> = settings.iter().map(ToString::to_string).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(7);
    let untrue = measures.iter().any(|m| m.untrue_tapes > 0);
    let mut text = String::new();
    let _ = write!(
        text,
        "{:<4}{:<width$} {:>9} {:>9} {:>14} {:>6} {:>8} {:>12} {:>14}",
        "",
        "setting",
        "false/min",
        "missed",
        "yield p50/p95",
        "ducks",
        "cut off",
        "turns missed",
        "end p50/p95"
    );
    text.push_str(if untrue { "   untrue\n" } else { "\n" });
    for (i, (name, m)) in names.iter().zip(measures).enumerate() {
        let current = if i == 0 { "*" } else { "" };
        let letter = letters.get(&i).map(String::as_str).unwrap_or_default();
        let judged = |n: u32| if m.is_judged() { n.to_string() } else { "null".to_owned() };
        let per_minute = m.false_per_minute().map_or_else(|| "null".to_owned(), |x| format!("{x:.2}"));
        let missed = match m.missed() {
            Some(missed) => format!("{missed} of {}", missed + m.hits),
            None => "null".to_owned(),
        };
        let pair = |a: Option<i64>, b: Option<i64>| match a.zip(b) {
            Some((a, b)) => format!("{a} / {b}"),
            None => "–".to_owned(),
        };
        let ms = |percent| m.yield_latency(percent).map(|ms| ms as i64);
        let _ = write!(
            text,
            "{:<4}{name:<width$} {per_minute:>9} {missed:>9} {:>14} {:>6} {:>8} {:>12} {:>14}",
            format!("{letter}{current}"),
            pair(ms(50), ms(95)),
            m.ducks,
            judged(m.cut_off_turns),
            judged(m.missed_turns),
            pair(m.turn_end_latency(50), m.turn_end_latency(95)),
        );
        if untrue {
            let _ = write!(text, "   {} tapes, {:.0} s", m.untrue_tapes, m.untrue_ms as f64 / 1e3);
        }
        text.push('\n');
    }
    text.push_str("\n* the current setting. Letters: nothing else is better in one of false yields, latency and misses without being worse in another.\n");
    let _ = writeln!(text, "Pareto front: {}", named(&names, &front, &letters));
    let beaten_by: Vec<&str> = front
        .iter()
        .filter(|&&i| points[i].zip(points[0]).is_some_and(|(a, b)| a.beats(&b)))
        .map(|&i| names[i].as_str())
        .collect();
    let _ = match (front.contains(&0), beaten_by.first()) {
        (true, _) => writeln!(text, "The current setting, {}, is on it.", names[0]),
        (false, Some(_)) => {
            writeln!(text, "The current setting, {}, is beaten by {}.", names[0], beaten_by.join(" and "))
        }
        (false, None) => Ok(()),
    };
    notes(&mut text, measures, untrue);
    text
}

fn named(names: &[String], front: &[usize], letters: &std::collections::BTreeMap<usize, String>) -> String {
    if front.is_empty() {
        return "none: there is no labelled speech of the agent to judge by".to_owned();
    }
    let each: Vec<String> =
        front.iter().map(|i| format!("{} {}", letters.get(i).map_or("", |l| l), names[*i])).collect();
    each.join("; ")
}

/// What the numbers do not cover.
fn notes(text: &mut String, measures: &[Measures], untrue: bool) {
    let Some(m) = measures.first() else { return };
    if m.unlabelled > 0 {
        let null = if m.is_judged() {
            "They count"
        } else {
            "false/min, missed, latencies and turns are null: they count"
        };
        let _ = writeln!(
            text,
            "{} of {} tapes have no labels. {null} for ducks alone; `telephony-bridge tape label` labels them.",
            m.unlabelled, m.tapes
        );
    }
    if untrue {
        text.push_str(
            "untrue: tapes with the agent's echo in the recording in which a decision differs from the one it was made \
             with, and the seconds after it: the agent would have been silent there, or speaking, and its echo with it.\n",
        );
    }
}

/// One JSON object a setting.
pub(super) fn json(settings: &[Setting], measures: &[Measures]) -> anyhow::Result<String> {
    let points = points(measures);
    let front = front(&points);
    let mut text = String::new();
    for (i, (setting, m)) in settings.iter().zip(measures).enumerate() {
        let line = serde_json::json!({
            "setting": setting.to_string(),
            "current": i == 0,
            "pareto": front.contains(&i),
            "tapes": m.tapes,
            "unlabelled": m.unlabelled,
            "agent_ms": m.agent_ms,
            "false_per_minute": m.false_per_minute(),
            "false_yields": m.is_judged().then_some(m.false_yields),
            "hits": m.is_judged().then_some(m.hits),
            "missed": m.missed(),
            "yield_latency_p50_ms": m.yield_latency(50),
            "yield_latency_p95_ms": m.yield_latency(95),
            "yields": m.yields,
            "ducks": m.ducks,
            "cut_off_turns": m.is_judged().then_some(m.cut_off_turns),
            "missed_turns": m.is_judged().then_some(m.missed_turns),
            "turn_end_latency_p50_ms": m.turn_end_latency(50),
            "turn_end_latency_p95_ms": m.turn_end_latency(95),
            "untrue_tapes": m.untrue_tapes,
            "untrue_ms": m.untrue_ms,
        });
        writeln!(text, "{line}")?;
    }
    Ok(text)
}
