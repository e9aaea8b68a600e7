//! What was said. The agent's side holds what the caller heard, not what was written.

use crm_api::Speaker;

use super::id::CallTime;

/// One thing said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub speaker: Speaker,
    /// What; for the agent, what was heard of it.
    pub text: String,
    /// Start.
    pub start: CallTime,
    /// End.
    pub end: CallTime,
    /// Was the agent cut off?
    pub interrupted: bool,
}

/// The conversation so far.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    entries: Vec<Entry>,
}

impl Transcript {
    /// In order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last thing that side said.
    pub fn last_of(&self, speaker: Speaker) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.speaker == speaker)
    }

    /// Adds an entry; returns its number, counted from 1.
    pub(super) fn push(&mut self, entry: Entry) -> u32 {
        self.entries.push(entry);
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }
}

/// The words of `text` that fit into `heard` of `total`: whole words, by their share of letters.
pub(super) fn heard_words(text: &str, heard_ms: u64, total_ms: u64) -> String {
    if total_ms == 0 || heard_ms >= total_ms {
        return text.to_owned();
    }
    let letters = text.chars().filter(|c| !c.is_whitespace()).count() as u64;
    let budget = letters * heard_ms / total_ms;
    let mut used = 0;
    let mut heard = String::new();
    for word in text.split_whitespace() {
        used += word.chars().count() as u64;
        if used > budget {
            break;
        }
        if !heard.is_empty() {
            heard.push(' ');
        }
        heard.push_str(word);
    }
    heard
}
