//! Labels a tape by listening to all of it: twice in each direction, with what comes later known.
//!
//! A live call is decided causally, 20 ms at a time. Here nobody waits: the detector hears the line
//! forwards and backwards, so that its latency at onsets and ends cancels out, edges are moved to where
//! the sound begins and ends, and a span's kind is judged by what follows it.

mod agreement;
pub mod audacity;
mod kinds;
mod listen;
mod spans;
mod words;

use audio_core::tape::{CallerSpan, Labels, TapeFile};

pub use agreement::Agreement;
use kinds::kinds;
pub use listen::{Line, listen};
use spans::spans;
pub use words::Transcript;

use super::error::ReplayError;
use super::player::{Playable, Player, agent_of};
use super::setting::Setting;
use super::timeline::EventName;

/// Who made the labels, without the version.
const MAKER: &str = "kav-auto";

/// When somebody is heard, in ms.
pub type Span = (u64, u64);

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
        Some(agent) => (listen(&listen::without_echo(&tape.tape.caller, &agent.samples)?), agent.speech),
        None => (listen(&tape.tape.caller), agent_of_replay(tape, player)?),
    };
    let mut labels = kinds(&spans(&line), &agent);
    if let Some(recording) = &tape.recording {
        words::give(&mut labels, &recording.transcripts());
    }
    Ok(labels)
}

/// When somebody is heard on a line.
pub fn speech(samples: &[i16]) -> Vec<Span> {
    let heard = spans(&listen(samples)).into_iter().filter(|span| span.voice);
    heard.map(|span| (span.start_ms, span.end_ms)).collect()
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
