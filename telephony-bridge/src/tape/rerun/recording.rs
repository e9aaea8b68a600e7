//! What a live call left on its tape.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::providers::SttResult;
use crate::tape::error::WireError;
use crate::tape::wire::{Decision, Wire, WireInput, WireLine};

/// Words of a turn begin at most this long before it is known to have begun.
const ONSET_MS: u64 = 500;

/// A final transcript and the time in which its words were said, in ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// From the turn's first sample.
    pub start_ms: u64,
    /// To when it was final.
    pub end_ms: u64,
    /// The words.
    pub text: String,
}

/// What was recorded, in the order of `wire.jsonl`.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Barge-in preset of the call.
    pub preset: String,
    /// Barge-in sensitivity of the call, beside the preset.
    pub sensitivity: f32,
    pub(super) lines: Vec<WireLine>,
}

impl Recording {
    /// Reads a tape's `wire.jsonl`; `None` if it has none.
    ///
    /// # Errors
    /// [`WireError`], with the line.
    pub fn load(tape_dir: &Path) -> Result<Option<Self>, WireError> {
        let path = tape_dir.join("wire.jsonl");
        if !path.exists() {
            return Ok(None);
        }
        let read = |source| WireError::Read { path: path.clone(), source };
        let mut lines = Vec::new();
        let text = std::fs::read_to_string(&path).map_err(read)?;
        for (i, line) in text.split_inclusive('\n').enumerate() {
            match serde_json::from_str(line) {
                Ok(parsed) => lines.push(parsed),
                // Torn: the recording process was killed while it wrote the last line.
                Err(_) if !line.ends_with('\n') => break,
                Err(source) => {
                    return Err(WireError::Line { path: path.clone(), line: i + 1, source });
                }
            }
        }
        let Some(WireLine { what: Wire::Setup { preset, sensitivity }, .. }) = lines.first() else {
            return Err(WireError::Setup { path });
        };
        Ok(Some(Self { preset: preset.clone(), sensitivity: *sensitivity, lines }))
    }

    /// What the session decided then.
    pub fn decisions(&self) -> Vec<Decision> {
        let decisions = self.lines.iter().filter_map(|line| match &line.what {
            Wire::Decision { decision } => Some(decision.clone()),
            _ => None,
        });
        decisions.collect()
    }

    /// What was recognised then: the final words of each turn, and when they were said.
    pub fn transcripts(&self) -> Vec<Transcript> {
        let mut begun = BTreeMap::new();
        let mut transcripts = Vec::new();
        for line in &self.lines {
            match &line.what {
                Wire::Decision { decision: Decision::TurnStart(turn) } => {
                    begun.insert(turn.0, line.t_us.as_ms().saturating_sub(ONSET_MS));
                }
                Wire::Input { input: WireInput::Stt(turn, SttResult::Final(text)) } => {
                    if let Some(&start_ms) = begun.get(&turn.0) {
                        let end_ms = line.t_us.as_ms();
                        transcripts.push(Transcript { start_ms, end_ms, text: text.clone() });
                    }
                }
                _ => {}
            }
        }
        transcripts
    }

    /// When the far end began to get each utterance, in ms, in the order in which they were said.
    pub fn spoken(&self) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let first = self.lines.iter().filter_map(|line| match line.what {
            Wire::MediaOut { utterance, .. } => seen.insert(utterance.0).then(|| line.t_us.as_ms()),
            _ => None,
        });
        first.collect()
    }

    /// How far the session had followed the signal chain; absent if the recording does not say.
    pub(super) fn followed(&self) -> Option<u64> {
        self.lines.iter().rev().find_map(|line| match line.what {
            Wire::Followed { at } => Some(at),
            _ => None,
        })
    }
}
