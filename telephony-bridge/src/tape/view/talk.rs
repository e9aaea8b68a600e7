//! Who said what, by time.

use serde_json::{Value, json};

use crate::tape::player::Playable;
use crate::tape::report::ReplayReport;

/// The conversation: what was recognised of the caller, and what the agent said.
pub(super) fn talk(tape: &Playable, report: &ReplayReport) -> Vec<Value> {
    let mut said: Vec<(u64, Value)> = callers(tape, report);
    said.extend(
        agents(tape, report)
            .into_iter()
            .filter(|(_, text, _)| !text.is_empty())
            .map(|(t, text, lag)| (t, json!({"t": t, "who": "agent", "text": text, "lag": lag}))),
    );
    said.sort_by_key(|(t, _)| *t);
    said.into_iter().map(|(_, said)| said).collect()
}

/// The caller's turns, each with the time from its end to its end decided.
fn callers(tape: &Playable, report: &ReplayReport) -> Vec<(u64, Value)> {
    let turns = report.turns.iter().filter(|turn| !turn.text.trim().is_empty());
    turns
        .map(|turn| {
            let label = tape.tape.file.caller.iter().find(|span| Some(span.end_ms) == turn.caller_end_ms);
            let t = label.map_or(turn.detected_end_ms, |span| span.start_ms);
            let lag = turn.caller_end_ms.map(|end| {
                format!("turn end {:+} ms after the voice", turn.detected_end_ms as i64 - end as i64)
            });
            (t, json!({"t": t, "who": "caller", "text": turn.text.trim(), "lag": lag}))
        })
        .collect()
}

/// The agent's lines: when, what, and how long the caller waited.
fn agents(tape: &Playable, report: &ReplayReport) -> Vec<(u64, String, Option<String>)> {
    let file = &tape.tape.file;
    let greeting = file.greeting.line().text;
    if let Some(recording) = &tape.recording {
        let lines = std::iter::once(greeting).chain(file.agent.iter().map(|line| line.text.clone()));
        return recording.spoken().into_iter().zip(lines).map(|(t, text)| (t, text, None)).collect();
    }
    let start = report.events.iter().find(|event| event.event == crate::tape::EventName::AgentAudioStart);
    let mut said: Vec<_> = start.map(|start| (start.t_ms, greeting, None)).into_iter().collect();
    for (i, turn) in report.turns.iter().enumerate() {
        let (Some(t), Some(line)) = (turn.agent_start_ms, file.agent.get(i).or(file.agent.last())) else {
            continue;
        };
        let lag = turn
            .caller_end_ms
            .map(|end| format!("heard {:+} ms after the caller's end", t as i64 - end as i64));
        said.push((t, line.text.clone(), lag));
    }
    said
}
