//! The result card.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;
use audio_core::tape::{SpanKind, Tape};
use crm_api::LeadView;
use provider_fakes::twilio_caller::{CallRecord, Event};

use super::Args;
use super::live::Held;

pub(super) fn print(tape: &Tape, record: &CallRecord, numbers: &BTreeMap<String, f64>, held: &Held) {
    let number = |name: &str| numbers.get(name).copied();
    let responses = response_times(tape, record);
    println!("\n  ── result ──────────────────────────────────────────────");
    row("turns", &format!("{} caller, {} agent", held.call.caller_turns, held.call.agent_turns));
    row("greeting heard after", &ms(greeting(record)));
    row("response time", &spread(&responses));
    row("barge-ins", &held.call.barge_ins.to_string());
    row("allocations on audio threads", &count(number("kav_bridge_audio_allocations")));
    row("frames lost", &count(number("kav_bridge_audio_frames_lost")));
    let frame = number("kav_bridge_audio_us_per_frame").map(|us| format!("{us:.1} µs"));
    row("audio thread per frame", &frame.unwrap_or_else(|| "-".to_owned()));
    println!("  ── the CRM now holds ───────────────────────────────────");
    row("calls", &held.calls.to_string());
    row("leads", &held.leads.len().to_string());
    row("caller turns", &held.call.caller_turns.to_string());
    for lead in &held.leads {
        row("lead", &describe(lead));
    }
}

pub(super) fn print_next(args: &Args, stereo: &Path, recorded: &Path) {
    let here = std::env::current_dir().unwrap_or_default();
    let short = |path: &Path| path.strip_prefix(&here).unwrap_or(path).display().to_string();
    println!("  ── left behind ─────────────────────────────────────────");
    row("recording", &format!("{} (caller left, agent right)", short(stereo)));
    row("tape", &short(recorded));
    println!("\n  Try next:");
    println!("    cargo run --release -p telephony-bridge -- replay {} --explain", short(recorded));
    println!("    cargo run --release -p telephony-bridge -- replay {} --preset polite", short(&args.tape));
    println!("    cargo demo -- --speed 4 --tape fixtures/calls/interruption");
}

/// The demo has failed if the call left nothing behind, or an audio thread broke its law.
pub(super) fn verdict(tape: &Tape, numbers: &BTreeMap<String, f64>, held: &Held) -> anyhow::Result<()> {
    if held.calls != 1 {
        bail!("crm-service holds {} calls instead of 1", held.calls);
    }
    let leads = usize::from(tape.file.from.is_some());
    if held.leads.len() < leads {
        bail!("crm-service holds no lead for the caller");
    }
    let spoken = tape.file.caller.iter().any(|span| span.kind == SpanKind::Turn);
    if spoken && held.call.caller_turns == 0 {
        bail!("crm-service holds no turn of the caller");
    }
    match numbers.get("kav_bridge_audio_allocations") {
        Some(0.0) => Ok(()),
        Some(n) => bail!("telephony-bridge: {n} allocations on audio threads"),
        None => bail!("telephony-bridge does not say what its audio threads allocate"),
    }
}

fn row(what: &str, value: &str) {
    println!("  {what:<30} {value}");
}

fn count(number: Option<f64>) -> String {
    number.map_or_else(|| "-".to_owned(), |n| n.to_string())
}

fn ms(ms: Option<u64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms} ms"))
}

fn greeting(record: &CallRecord) -> Option<u64> {
    record.log.iter().find(|logged| logged.what == Event::AgentAudible).map(|logged| logged.line_ms)
}

/// From the end of each labelled turn to the agent's voice in the caller's ear, in ms of the call;
/// turns that ended while the agent spoke, or were not answered before the next, are left out.
fn response_times(tape: &Tape, record: &CallRecord) -> Vec<u64> {
    let heard: Vec<u64> =
        record.log.iter().filter(|l| l.what == Event::AgentAudible).map(|l| l.line_ms).collect();
    let turns: Vec<_> = tape.file.caller.iter().filter(|span| span.kind == SpanKind::Turn).collect();
    let answered = turns.iter().enumerate().filter_map(|(i, turn)| {
        let next = turns.get(i + 1).map_or(u64::MAX, |next| next.start_ms);
        let reply = heard.iter().find(|&&at| at >= turn.end_ms && at < next)?;
        Some(reply - turn.end_ms)
    });
    answered.collect()
}

fn spread(times: &[u64]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let Some(last) = sorted.last() else { return "-".to_owned() };
    format!("{} ms median, {last} ms worst of {}", sorted[sorted.len() / 2], sorted.len())
}

fn describe(lead: &LeadView) -> String {
    let mut parts: Vec<String> = lead.phone.iter().cloned().collect();
    parts.extend(lead.fields.iter().map(|(name, value)| format!("{name} \u{2067}{value}\u{2069}")));
    parts.join(", ")
}
