//! What the bridge's log says of its decisions.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Deserialize;

/// A moment on both clocks.
pub(super) struct Clock {
    pub(super) at: Instant,
    wall: Timestamp,
}

impl Clock {
    pub(super) fn now() -> Self {
        Self { at: Instant::now(), wall: Timestamp::now() }
    }
}

/// When it was decided.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    pub(super) turn_ends: Vec<Instant>,
    pub(super) yields: Vec<Instant>,
    /// The call's task is gone, and with it all that belonged to it.
    pub(super) gone: Option<Instant>,
}

#[derive(Deserialize)]
struct Entry {
    timestamp: String,
    #[serde(default)]
    message: String,
    call_sid: Option<String>,
}

/// The decisions of each call. The wall clock may have been slewed: between the two moments it is taken to run
/// evenly.
pub(super) fn read(log: &str, began: &Clock, ended: &Clock) -> anyhow::Result<BTreeMap<String, Decisions>> {
    let wall = seconds(began.wall, ended.wall);
    let pace = if wall > 0.0 { (ended.at - began.at).as_secs_f64() / wall } else { 1.0 };
    let mut calls: BTreeMap<String, Decisions> = BTreeMap::new();
    for line in log.lines().filter(|line| !line.is_empty()) {
        let entry: Entry =
            serde_json::from_str(line).with_context(|| format!("a line of the log: `{line}`"))?;
        let Some(call_sid) = entry.call_sid else { continue };
        let written: Timestamp =
            entry.timestamp.parse().with_context(|| format!("a line of the log: `{line}`"))?;
        let since = seconds(began.wall, written) * pace;
        // What was before the first moment belongs to no call.
        if since < 0.0 {
            continue;
        }
        let at = began.at + Duration::from_secs_f64(since);
        let call = calls.entry(call_sid).or_default();
        match entry.message.as_str() {
            "the caller's turn is over" => call.turn_ends.push(at),
            "the agent yields" => call.yields.push(at),
            "the stream is over" => call.gone = Some(at),
            _ => {}
        }
    }
    Ok(calls)
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_read_off_the_log() {
        let at = Instant::now();
        let wall: Timestamp = "2026-11-26T10:00:00Z".parse().unwrap();
        let began = Clock { at, wall };
        // The wall clock ran a tenth too fast.
        let ended = Clock { at: at + Duration::from_secs(10), wall: "2026-11-26T10:00:11Z".parse().unwrap() };
        let log = r#"
{"timestamp":"2026-11-26T09:59:59.500000Z","level":"INFO","message":"the bridge is up"}
{"timestamp":"2026-11-26T10:00:01.100000Z","level":"DEBUG","message":"the agent yields","call_sid":"CA1","at_ms":7}
{"timestamp":"2026-11-26T10:00:02.200000Z","level":"INFO","message":"the stream is over","call_sid":"CA1"}
{"timestamp":"2026-11-26T10:00:05.500000Z","level":"INFO","message":"the caller's turn is over","call_sid":"CA2"}
"#;
        let calls = read(log, &began, &ended).unwrap();
        let ms = |at_ms: Instant| (at_ms - at).as_millis();
        assert_eq!(calls["CA1"].yields.iter().map(|at| ms(*at)).collect::<Vec<_>>(), [1_000]);
        assert_eq!((calls["CA1"].gone.map(ms), calls["CA1"].turn_ends.len()), (Some(2_000), 0));
        assert_eq!(calls["CA2"].turn_ends.iter().map(|at| ms(*at)).collect::<Vec<_>>(), [5_000]);
        let error = read("half a li", &began, &ended).expect_err("no JSON");
        assert!(error.to_string().contains("half a li"), "{error}");
    }
}
