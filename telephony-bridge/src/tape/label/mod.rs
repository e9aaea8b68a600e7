//! Labels a tape by listening to all of it (`hearing`): a span's kind is judged by what follows it too.

mod agreement;
pub mod audacity;
mod kinds;
mod words;

use audio_core::tape::{CallerSpan, Labels, TapeFile};

pub use agreement::Agreement;
use kinds::kinds;

use super::error::ReplayError;
use super::hearing::{Span, listen, spans, without_echo};
use super::player::{Playable, Player, agent_of};
use super::setting::Setting;
use super::timeline::EventName;

/// Who made the labels, without the version.
const MAKER: &str = "kav-auto";

/// Who makes the labels of this version.
pub fn maker() -> Labels {
    Labels { by: format!("{MAKER} {}", env!("CARGO_PKG_VERSION")) }
}

/// Was the tape labelled by hand, or made with its labels?
pub fn by_hand(file: &TapeFile) -> bool {
    match &file.labels {
        Some(labels) => !labels.by.starts_with(MAKER),
        None => file.ground_truth().is_some_and(|labels| !labels.is_empty()),
    }
}

/// What the caller's line of a tape holds, by ear. The agent is heard when `agent.wav` says so;
/// without one, as in a replay.
///
/// # Errors
/// [`ReplayError`].
pub fn label(tape: &Playable, player: &Player) -> Result<Vec<CallerSpan>, ReplayError> {
    let recorded = match &tape.agent {
        Some(agent) => Some(agent.clone()),
        None => agent_of(&tape.tape.dir)?,
    };
    let (line, agent) = match recorded {
        Some(agent) => (listen(&without_echo(&tape.tape.caller, &agent.samples)?), agent.speech),
        None => (listen(&tape.tape.caller), agent_of_replay(tape, player)?),
    };
    let mut labels = kinds(&spans(&line), &agent);
    if let Some(recording) = &tape.recording {
        words::give(&mut labels, &recording.transcripts());
    }
    Ok(labels)
}

/// When the agent is heard in a replay.
fn agent_of_replay(tape: &Playable, player: &Player) -> Result<Vec<Span>, ReplayError> {
    let report = player.replay(tape, &Setting::default())?;
    let mut agent = Vec::new();
    let mut since = None;
    for event in &report.events {
        match event.event {
            EventName::AgentAudioStart => since = Some(event.t_ms),
            EventName::AgentAudioEnd => agent.extend(since.take().map(|start| (start, event.t_ms))),
            _ => {}
        }
    }
    agent.extend(since.map(|start| (start, report.duration_ms)));
    Ok(agent)
}
