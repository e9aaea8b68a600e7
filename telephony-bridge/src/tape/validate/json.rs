//! `tape.json`: every field by itself, then what they say together.

use std::path::{Component, Path};

use audio_core::tape::{
    AgentLine, CallerSpan, Echo, Greeting, Labels, Latency, SpanKind, TAPE_VERSION, TapeFile,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Findings;

/// The file, if it can be read as one.
pub(super) fn check(dir: &Path, findings: &mut Findings) -> Option<TapeFile> {
    let text = match std::fs::read_to_string(dir.join("tape.json")) {
        Ok(text) => text,
        Err(error) => {
            findings.add("tape.json", error.to_string());
            return None;
        }
    };
    let value: Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(error) => {
            findings.add("tape.json", error.to_string());
            return None;
        }
    };
    let Value::Object(object) = &value else {
        findings.add("tape.json", "is no JSON object");
        return None;
    };
    match object.get("version") {
        Some(version) if *version == TAPE_VERSION => {}
        Some(version) => {
            findings.field("version", format!("is {version}: this build reads version {TAPE_VERSION}"));
            return None;
        }
        None => findings.field("version", "is missing"),
    }
    for (name, value) in object {
        field(name, value, findings);
    }
    for name in ["greeting", "caller", "agent"] {
        if !object.contains_key(name) {
            findings.field(name, "is missing");
        }
    }
    let file: TapeFile = serde_json::from_value(value.clone()).ok()?;
    if let Ok(known) = serde_json::to_value(&file) {
        unknown_keys("", &value, &known, findings);
    }
    together(&file, findings);
    Some(file)
}

/// One field alone.
fn field(name: &str, value: &Value, findings: &mut Findings) {
    match name {
        "caller" => each::<CallerSpan>(name, value, findings),
        "agent" => each::<AgentLine>(name, value, findings),
        "greeting" => is::<Greeting>(name, value, "a clip's path, or text with a clip", findings),
        "echo" => {
            is::<Option<Echo>>(name, value, "\"recorded\", or an object with delay_ms and gain_db", findings);
        }
        "latency" => is::<Latency>(name, value, "an object of times in ms", findings),
        "hang_up_ms" => is::<Option<u64>>(name, value, "a time in ms", findings),
        "business" => is::<Option<String>>(name, value, "text", findings),
        "from" | "to" => {
            is::<Option<String>>(name, value, "a number such as +97233763805", findings);
            if value.as_str().is_some_and(|number| !is_e164(number)) {
                findings.field(name, format!("is {value}: expected a number such as +97233763805"));
            }
        }
        "started_at" => {
            is::<Option<String>>(name, value, "a time such as 2026-11-22T10:00:00+02:00", findings);
            if value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_err()) {
                findings
                    .field(name, format!("is {value}: expected a time such as 2026-11-22T10:00:00+02:00"));
            }
        }
        "labels" => is::<Option<Labels>>(name, value, "an object with `by`", findings),
        "consent" => is::<Option<bool>>(name, value, "true or false", findings),
        "redacted" => is::<bool>(name, value, "true or false", findings),
        _ => {}
    }
}

fn is<T: DeserializeOwned>(name: &str, value: &Value, expected: &str, findings: &mut Findings) {
    if serde_json::from_value::<T>(value.clone()).is_err() {
        findings.field(name, format!("is {}: expected {expected}", shown(value)));
    }
}

fn each<T: DeserializeOwned>(name: &str, value: &Value, findings: &mut Findings) {
    let Value::Array(items) = value else {
        return findings.field(name, format!("is {}: expected a list", shown(value)));
    };
    for (i, item) in items.iter().enumerate() {
        if let Err(error) = serde_json::from_value::<T>(item.clone()) {
            findings.field(&format!("{name}[{i}]"), error.to_string());
        }
    }
}

/// A datum in a sentence, cut to what can be read.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (2..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}

/// Keys that no part of the program reads: what is written back lacks them.
fn unknown_keys(at: &str, given: &Value, known: &Value, findings: &mut Findings) {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            for (key, value) in given {
                let place = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                match known.get(key) {
                    Some(known) => unknown_keys(&place, value, known, findings),
                    // What is at its default may be left out.
                    None if value.is_null() || *value == Value::Bool(false) => {}
                    None => findings.field(&place, "is not a key of a tape"),
                }
            }
        }
        (Value::Array(given), Value::Array(known)) => {
            for (i, (given, known)) in given.iter().zip(known).enumerate() {
                unknown_keys(&format!("{at}[{i}]"), given, known, findings);
            }
        }
        _ => {}
    }
}

/// What fields that are right by themselves may have wrong together.
fn together(file: &TapeFile, findings: &mut Findings) {
    let mut last_start = 0;
    for (i, span) in file.caller.iter().enumerate() {
        let at = |part: &str| format!("caller[{i}].{part}");
        let (start, end) = (span.start_ms, span.end_ms);
        if end <= start {
            findings.field(&at("end_ms"), format!("is {end}: not after start_ms {start}"));
        }
        if start < last_start {
            findings.field(&at("start_ms"), format!("is {start}: before that of caller[{}]", i - 1));
        }
        last_start = last_start.max(start);
        if span.kind == SpanKind::Noise && !span.text.trim().is_empty() {
            findings.field(&at("text"), "is not empty: nobody speaks in noise");
        }
        for (w, word) in span.words.iter().flatten().enumerate() {
            if word.t_ms < start || word.t_ms > end {
                let problem = format!("is {}: outside the span {start}..{end}", word.t_ms);
                findings.field(&format!("caller[{i}].words[{w}].t_ms"), problem);
            }
        }
    }
    // A recording holds what the agent said; only a script must say what it answers.
    let recorded = matches!(file.echo, Some(Echo::Recorded(_)));
    if file.agent.is_empty() && !file.caller.is_empty() && !recorded {
        findings.field("agent", "is empty: the agent needs one line at least");
    }
    if let Some(Echo::Path(echo)) = &file.echo {
        if !(0.0..=2_000.0).contains(&echo.delay_ms) {
            findings.field("echo.delay_ms", format!("is {}: must be 0 to 2000", echo.delay_ms));
        }
        if !(-120.0..=20.0).contains(&echo.gain_db) {
            findings.field("echo.gain_db", format!("is {}: must be -120 to 20", echo.gain_db));
        }
    }
    for (field, path) in clips(file) {
        if !stays_inside(&path) {
            findings.field(&field, format!("is {path:?}: must be a path inside the tape"));
        }
    }
}

/// Fields that name recordings, and what they name.
pub(super) fn clips(file: &TapeFile) -> Vec<(String, String)> {
    let greeting = file.greeting.line().clip.map(|clip| ("greeting.clip".to_owned(), clip));
    let agent = file.agent.iter().enumerate();
    let agent = agent.filter_map(|(i, line)| Some((format!("agent[{i}].clip"), line.clip.clone()?)));
    greeting.into_iter().chain(agent).collect()
}

/// Does the path stay inside the tape's folder?
pub(super) fn stays_inside(path: &str) -> bool {
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    !path.is_empty() && !path.contains('\\') && Path::new(path).components().all(inside)
}
