//! The result: a row for each path, beside what is asked of it.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::facts::{Facts, Paths, Times};
use super::script;

/// What is asked of a path, in ms.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) enum Bar {
    /// Nothing of its own: it holds paths that have a bar.
    None,
    /// Median and 99th percentile.
    Percentiles(f64, f64),
    /// Of every single one.
    Each(f64),
}

/// A path.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    path: &'static str,
    n: usize,
    /// So often it was gone.
    expected: usize,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    max_ms: Option<f64>,
    bar_ms: Bar,
}

impl Row {
    fn new(path: &'static str, expected: usize, mut times: Times, bar_ms: Bar) -> Self {
        times.sort_unstable();
        let ms = |time: &Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
        let rank = |percent: usize| (times.len() * percent).div_ceil(100).saturating_sub(1);
        let at = |percent| times.get(rank(percent)).map(ms);
        Self {
            path,
            n: times.len(),
            expected,
            p50_ms: at(50),
            p99_ms: at(99),
            max_ms: times.last().map(ms),
            bar_ms,
        }
    }

    #[cfg(test)]
    pub(super) const fn count(&self) -> usize {
        self.n
    }

    fn is_met(&self) -> bool {
        let within = |value: Option<f64>, bar: f64| value.is_some_and(|value| value <= bar);
        match self.bar_ms {
            Bar::None => true,
            Bar::Percentiles(p50, p99) => within(self.p50_ms, p50) && within(self.p99_ms, p99),
            Bar::Each(bar) => within(self.max_ms, bar),
        }
    }
}

/// All rows.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    calls: u32,
    rounds: u32,
    paths: Vec<Row>,
    frames_after_clear: usize,
}

impl Table {
    pub(super) fn new(calls: u32, rounds: u32, facts: &Facts) -> Self {
        let paths = Paths::of(facts);
        let all = (calls * rounds) as usize;
        let (cold, cached) = (calls as usize, (calls * (rounds - 1)) as usize);
        let stay = (0..calls).filter(|caller| script::stays(*caller)).count() * rounds as usize;
        let quick = Bar::Percentiles(2.0, 10.0);
        let greeting = Bar::Percentiles(10.0, 30.0);
        let row = Row::new;
        let rows = vec![
            row("webhook -> greeting's first byte, cold cache", cold, paths.webhook_cold, Bar::None),
            row("webhook -> greeting's first byte, cached", cached, paths.webhook_cached, Bar::None),
            row("`start` -> greeting's first byte, cached", cached, paths.start_cached, greeting),
            row("turn's end -> recogniser told to finish", 2 * all, paths.turn_to_finalise, Bar::Each(20.0)),
            row("last words -> model asked", 2 * all, paths.words_to_model, quick),
            row("first sentence -> voice asked", all, paths.sentence_to_voice, quick),
            row("agent yields -> `clear`", all, paths.yield_to_clear, quick),
            row("last mark -> hang-up", stay, paths.mark_to_hang_up, Bar::Each(250.0)),
            row("stream over -> its task gone", all, paths.close_to_gone, Bar::Each(2_000.0)),
        ];
        Self { calls, rounds, paths: rows, frames_after_clear: paths.stale }
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> &[Row] {
        &self.paths
    }

    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// What makes the run worthless, in sentences. How long something took is no problem of this kind.
    pub(super) fn problems(&self) -> Vec<String> {
        let missing = self.paths.iter().filter(|row| row.n != row.expected);
        let mut problems: Vec<String> =
            missing.map(|row| format!("{}: {} times, not {}", row.path, row.n, row.expected)).collect();
        if self.frames_after_clear > 0 {
            problems.push(format!("{} frames after `clear`", self.frames_after_clear));
        }
        problems
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, rounds, .. } = self;
        writeln!(f, "\n  {calls} calls at once, {rounds} times; providers answer at once\n")?;
        writeln!(f, "  {:<42} {:>5} {:>8} {:>8} {:>8}   bar", "ms", "n", "p50", "p99", "max")?;
        for row in &self.paths {
            let ms = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.2}"));
            let bar = match row.bar_ms {
                Bar::None => String::new(),
                Bar::Percentiles(p50, p99) => format!("{p50} / {p99}"),
                Bar::Each(bar) => format!("{bar}"),
            };
            let verdict = if row.is_met() { "" } else { "  missed" };
            writeln!(
                f,
                "  {:<42} {:>5} {:>8} {:>8} {:>8}   {bar}{verdict}",
                row.path,
                row.n,
                ms(row.p50_ms),
                ms(row.p99_ms),
                ms(row.max_ms),
            )?;
        }
        writeln!(f, "\n  frames of the agent after `clear`: {}", self.frames_after_clear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let times = || (1..=200).rev().map(Duration::from_millis).collect::<Times>();
        let row = Row::new("a path", 200, times(), Bar::Percentiles(100.0, 198.0));
        assert_eq!((row.p50_ms, row.p99_ms, row.max_ms), (Some(100.0), Some(198.0), Some(200.0)));
        assert!(row.is_met());
        assert!(!Row::new("a path", 200, times(), Bar::Percentiles(99.0, 198.0)).is_met());
        assert!(!Row::new("a path", 200, times(), Bar::Each(199.0)).is_met());
        assert!(!Row::new("a path", 1, Times::new(), Bar::Each(199.0)).is_met(), "nothing was measured");
    }
}
