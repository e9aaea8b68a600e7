//! A call as one page of HTML that needs nothing else: no network, no other file.

mod talk;

use audio_core::tape::read_wav_8k;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::ReplayError;
use super::player::{Playable, Player};
use super::report::ReplayReport;
use super::setting::Setting;
use super::timeline::{EventName, TimelineEvent};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: [&str; 2] = [include_str!("draw.js"), include_str!("page.js")];

/// Values of an envelope, at most; longer calls have longer steps.
const MAX_STEPS: u64 = 240_000;
/// Shortest step of an envelope, in ms.
const STEP_MS: u64 = 5;

/// The page of a tape under a setting.
///
/// # Errors
/// [`ReplayError`].
pub fn view(tape: &Playable, player: &Player, setting: &Setting) -> Result<String, ReplayError> {
    let (report, mut trace) = player.traced(tape, setting)?;
    let path = tape.tape.dir.join("agent.wav");
    if trace.agent.is_empty() && path.exists() {
        trace.agent = read_wav_8k(path).map_err(ReplayError::Agent)?;
    }
    let file = &tape.tape.file;
    let rules = setting.barge_in(tape.own());
    let length_ms = report.duration_ms.max(trace.caller.len() as u64 / 8).max(1);
    let step_ms = length_ms.div_ceil(MAX_STEPS).max(STEP_MS);
    let labels = file
        .caller
        .iter()
        .map(|span| json!({"from": span.start_ms, "to": span.end_ms, "kind": span.kind, "text": span.text}));
    let unit = |x: f32| (x.clamp(0.0, 1.0) * 255.0).round() as u8;
    let frames = |of: fn(&super::TraceFrame) -> f32| {
        STANDARD.encode(trace.frames.iter().map(|frame| unit(of(frame))).collect::<Vec<_>>())
    };
    let turns = report.turns.iter().map(|turn| {
        json!({"end": turn.caller_end_ms, "decided": turn.detected_end_ms, "heard": turn.agent_start_ms})
    });
    let data = json!({
        "name": report.tape,
        "about": about(tape, setting, &report),
        "facts": facts(&report),
        "duration": length_ms,
        "wave": {
            "step_ms": step_ms,
            "caller": envelope(&trace.caller, step_ms),
            "agent": envelope(&trace.agent, step_ms),
        },
        "voice": frames(|frame| frame.voice),
        "score": frames(|frame| frame.barge_in),
        "thresholds": {"duck": rules.duck_score, "yield": rules.yield_score},
        "labels": labels.collect::<Vec<_>>(),
        "speech": between(&report, EventName::SpeechStart, &[EventName::SpeechEnd]),
        "audible": between(&report, EventName::AgentAudioStart, &[EventName::AgentAudioEnd]),
        "ducked": between(&report, EventName::Duck, &[EventName::Resume, EventName::BargeIn, EventName::Clear]),
        "turns": turns.collect::<Vec<_>>(),
        "events": report.events.iter().map(event).collect::<Vec<_>>(),
        "talk": talk::talk(tape, &report),
    });
    Ok(page(&report.tape, &data))
}

/// Whatever is in the data, it ends neither the script it stands in nor the title.
fn page(name: &str, data: &Value) -> String {
    let data = data
        .to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    let title = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let parts = [
        ("{{title}}", format!("{title} – tape")),
        ("{{css}}", STYLE.to_owned()),
        ("{{data}}", data),
        ("{{js}}", SCRIPT.concat()),
    ];
    // One pass over the page: what is put in is not looked at again.
    let (mut html, mut rest) = (String::new(), PAGE);
    for (place, text) in parts {
        let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
        html.push_str(before);
        html.push_str(&text);
        rest = after;
    }
    html + rest
}

fn about(tape: &Playable, setting: &Setting, report: &ReplayReport) -> String {
    let file = &tape.tape.file;
    // `2026-11-22T10:00:00+02:00`: the minute is enough.
    let started = file.started_at.iter().map(|at| at.chars().take(16).collect::<String>().replace('T', " "));
    let mut parts: Vec<String> = file.business.iter().cloned().chain(started).collect();
    let preset = setting.preset.or(tape.own().map(|(preset, _)| preset)).unwrap_or_default();
    let mut resolved = setting.clone();
    resolved.preset = Some(preset);
    parts.push(format!("replayed with {resolved}"));
    parts.push(match (&file.labels, file.ground_truth()) {
        (Some(labels), _) => format!("labels by {}", labels.by),
        (None, Some(_)) => "labels as made".to_owned(),
        (None, None) => "not labelled".to_owned(),
    });
    if let Some(at) = report.diverged_ms {
        parts.push(format!("decides otherwise than recorded from {:.1} s on", at as f64 / 1e3));
    }
    parts.join(" · ")
}

/// Names and numbers for the head of the page.
fn facts(report: &ReplayReport) -> Vec<[String; 2]> {
    let count = |name| report.events.iter().filter(|event| event.event == name).count();
    let seconds = report.duration_ms / 1_000;
    let mut facts = vec![
        ["long".to_owned(), format!("{}:{:02}", seconds / 60, seconds % 60)],
        ["turns".to_owned(), report.turns.len().to_string()],
        ["yields".to_owned(), count(EventName::BargeIn).to_string()],
        ["ducks".to_owned(), count(EventName::Duck).to_string()],
    ];
    if let (Some(wrong), Some(missed)) = (report.barge_in.false_positives, report.barge_in.missed) {
        facts.push(["wrong yields".to_owned(), wrong.to_string()]);
        facts.push(["missed".to_owned(), missed.to_string()]);
    }
    let mut lags: Vec<u64> = report
        .turns
        .iter()
        .filter_map(|turn| turn.agent_start_ms?.checked_sub(turn.caller_end_ms?))
        .collect();
    lags.sort_unstable();
    if let Some(median) = lags.get(lags.len() / 2) {
        facts.push(["median response".to_owned(), format!("{:.2} s", *median as f64 / 1e3)]);
    }
    facts
}

/// The greatest amplitude of each step, bent so that a byte holds 72 dB of it; base64.
fn envelope(samples: &[i16], step_ms: u64) -> String {
    let bent = |peak: u16| (255.0 * (f32::from(peak) / 32_768.0).powf(2.0 / 3.0)).round().min(255.0) as u8;
    let peak = |step: &[i16]| step.iter().map(|x| x.unsigned_abs()).max().unwrap_or(0);
    let bytes: Vec<u8> = samples.chunks((step_ms * 8) as usize).map(|step| bent(peak(step))).collect();
    STANDARD.encode(bytes)
}

/// From one event to the next that ends it, in ms.
fn between(report: &ReplayReport, from: EventName, to: &[EventName]) -> Vec<(u64, u64)> {
    let (mut spans, mut since) = (Vec::new(), None);
    for event in &report.events {
        if event.event == from {
            since = since.or(Some(event.t_ms));
        } else if to.contains(&event.event) {
            spans.extend(since.take().map(|start| (start, event.t_ms)));
        }
    }
    spans.extend(since.map(|start| (start, report.duration_ms)));
    spans
}

fn event(event: &TimelineEvent) -> Value {
    json!({
        "t": event.t_ms,
        "name": event.event.name(),
        "score": event.score,
        "why": event.why,
        "explained": event.explained().trim_start(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_no_script() {
        let hostile = "</script><script>alert(1)</script>{{js}}";
        let html = page(hostile, &json!({ "text": hostile }));
        assert_eq!(html.matches("</script>").count(), 2);
        assert_eq!(html.matches("<script").count(), 2);
        assert!(html.contains("\\u003c/script>\\u003cscript>alert(1)"));
        assert!(html.contains("<title>&lt;/script&gt;"));
    }

    #[test]
    fn an_envelope_is_a_byte_a_step() {
        let bytes = STANDARD.decode(envelope(&[0, 32_767, i16::MIN, 5], 5)).expect("base64");
        assert_eq!(bytes, [255]);
        assert_eq!(STANDARD.decode(envelope(&[0; 81], 5)).expect("base64"), [0, 0, 0]);
    }
}
