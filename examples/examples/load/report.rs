//! The result: a table, or the JSON object that measurements read.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::fleet::Outcome;
use super::metrics::{Percentiles, Snapshot};
use super::process::Usage;
use super::run::Use;

/// The keys are a contract. What is not known is null.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    calls: u32,
    seconds: u64,
    frames_sent: u64,
    frames_lost: Option<u64>,
    calls_refused: u64,
    in_to_provider_ms: Percentiles,
    provider_to_out_ms: Percentiles,
    greeting_ms: Percentiles,
    bridge_cpu_percent_per_call: Option<f64>,
    /// For the table alone.
    #[serde(skip)]
    audio_cpu_percent_per_call: Option<f64>,
    bridge_rss_kb_per_call: Option<f64>,
    allocations_on_audio_threads: Option<u64>,
    ticks_missed: Option<u64>,
}

impl Report {
    /// Of so many calls and seconds.
    pub(super) fn new(
        (calls, seconds): (u32, u64),
        used: &Use,
        outcome: &Outcome,
        change: Option<&Snapshot>,
    ) -> Self {
        let latency = |name| change.map(|change| rounded(change.percentiles(name))).unwrap_or_default();
        let lost = change.and_then(|change| {
            let on_the_way = outcome.frames_sent as f64 - change.frames_in()?;
            // More than was sent: the bridge has other callers, and nothing can be said.
            (on_the_way >= 0.0).then_some(on_the_way + change.lost_behind()?)
        });
        let carried = used.carried as f64;
        let per_call = |sum: f64| (carried > 0.0).then(|| round(sum / carried));
        let percent = |of: fn(&Usage) -> Duration| {
            let (from, to) = (of(used.started.as_ref()?), of(used.full.as_ref()?));
            per_call(to.saturating_sub(from).as_secs_f64() / used.measured.as_secs_f64() * 100.0)
        };
        let rss =
            used.idle.zip(used.full).and_then(|(from, to)| per_call(to.rss_kb as f64 - from.rss_kb as f64));
        Self {
            calls,
            seconds,
            frames_sent: outcome.frames_sent,
            frames_lost: lost.map(|frames| frames as u64),
            calls_refused: outcome.refused(),
            in_to_provider_ms: latency(telephony_bridge::metrics::IN_TO_PROVIDER),
            provider_to_out_ms: latency(telephony_bridge::metrics::PROVIDER_TO_OUT),
            greeting_ms: latency(telephony_bridge::metrics::GREETING),
            bridge_cpu_percent_per_call: percent(|usage| usage.cpu),
            audio_cpu_percent_per_call: percent(|usage| usage.audio),
            bridge_rss_kb_per_call: rss,
            allocations_on_audio_threads: change.and_then(Snapshot::allocations).map(|n| n as u64),
            ticks_missed: change.and_then(Snapshot::ticks_missed).map(|n| n as u64),
        }
    }

    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }
}

/// Three decimals: finer than any of it is measured.
fn round(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

fn rounded(p: Percentiles) -> Percentiles {
    Percentiles { p50: p.p50.map(round), p99: p.p99.map(round), p999: p.p999.map(round) }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
        let whole = |value: Option<u64>| known(value.map(|value| value.to_string()));
        let unit = |value: Option<f64>, unit| known(value.map(|value| format!("{value:.2} {unit}")));
        writeln!(f, "\n  {} calls, measured for {} s\n", self.calls, self.seconds)?;
        let rows = [
            ("frames sent", self.frames_sent.to_string()),
            ("frames lost", whole(self.frames_lost)),
            ("calls refused", self.calls_refused.to_string()),
            ("bridge CPU per call", unit(self.bridge_cpu_percent_per_call, "% of a core")),
            ("  of it the audio threads", unit(self.audio_cpu_percent_per_call, "%")),
            ("bridge memory per call", unit(self.bridge_rss_kb_per_call, "KiB")),
            ("allocations on audio threads", whole(self.allocations_on_audio_threads)),
            ("ticks missed", whole(self.ticks_missed)),
        ];
        for (what, value) in rows {
            writeln!(f, "  {what:<30} {value}")?;
        }
        writeln!(f, "\n  {:<30} {:>10} {:>10} {:>10}", "ms", "p50", "p99", "p99.9")?;
        let latencies = [
            ("socket to speech recognition", self.in_to_provider_ms),
            ("synthesised audio to socket", self.provider_to_out_ms),
            ("greeting", self.greeting_ms),
        ];
        for (what, Percentiles { p50, p99, p999 }) in latencies {
            let ms = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.2}"));
            writeln!(f, "  {what:<30} {:>10} {:>10} {:>10}", ms(p50), ms(p99), ms(p999))?;
        }
        Ok(())
    }
}
