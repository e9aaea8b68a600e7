//! What the model is told of the conversation: what was heard, the last turns word for word, the earlier
//! ones as a summary.

use std::collections::VecDeque;

use crm_api::Speaker;
use serde_json::{Value, json};

/// Entries kept word for word: ten turns of both.
const KEPT: usize = 20;
/// Older entries are summed up so many at a time.
const BATCH: usize = 8;
/// Longest summary kept, in characters.
const MAX_SUMMARY: usize = 1_200;

/// Something of the conversation.
#[derive(Clone, Debug, PartialEq)]
enum Entry {
    Caller(String),
    /// What was heard of it.
    Agent(String),
    /// Tool calls and their results, as messages.
    Tools(Vec<Value>),
}

/// The conversation as the model knows it.
#[derive(Debug, Default)]
pub(super) struct Memory {
    summary: String,
    /// Being summed up; told word for word until then.
    folding: Vec<Entry>,
    entries: VecDeque<Entry>,
    /// Tools used for a turn that is not part of the conversation yet.
    used: Vec<Value>,
}

impl Memory {
    /// Something was heard.
    pub(super) fn said(&mut self, speaker: Speaker, text: &str, interrupted: bool) {
        match speaker {
            Speaker::Caller => {
                self.entries.push_back(Entry::Caller(text.to_owned()));
                if !self.used.is_empty() {
                    self.entries.push_back(Entry::Tools(std::mem::take(&mut self.used)));
                }
            }
            Speaker::Agent => {
                let text = if interrupted { format!("{text} [הופסק]") } else { text.to_owned() };
                self.entries.push_back(Entry::Agent(text));
            }
        }
    }

    /// Tools were used for the turn that is being answered.
    pub(super) fn used(&mut self, messages: Vec<Value>) {
        self.used.extend(messages);
    }

    /// Instructions, what was said, and what the caller says now.
    pub(super) fn messages(&self, instructions: &str, now: &str) -> Vec<Value> {
        let mut messages = vec![json!({ "role": "system", "content": instructions })];
        if !self.summary.is_empty() {
            let summary = format!("סיכום השיחה עד כה: {}", self.summary);
            messages.push(json!({ "role": "system", "content": summary }));
        }
        for entry in self.folding.iter().chain(&self.entries) {
            match entry {
                Entry::Caller(text) => messages.push(json!({ "role": "user", "content": text })),
                Entry::Agent(text) => messages.push(json!({ "role": "assistant", "content": text })),
                Entry::Tools(calls) => messages.extend(calls.iter().cloned()),
            }
        }
        // A turn whose first answer broke off is part of the conversation already.
        if self.entries.back() != Some(&Entry::Caller(now.to_owned())) {
            messages.push(json!({ "role": "user", "content": now }));
        }
        messages.extend(self.used.iter().cloned());
        messages
    }

    /// What to ask for a summary, if it is time for one.
    pub(super) fn take_old_turns(&mut self) -> Option<Vec<Value>> {
        if !self.folding.is_empty() || self.entries.len() < KEPT + BATCH {
            return None;
        }
        self.folding = self.entries.drain(..BATCH).collect();
        let instructions = "סכמו בעברית בשלושה משפטים לכל היותר את מה שנאמר בשיחה. רק עובדות שנאמרו: \
                            שמות, מספרים, בקשות, החלטות.";
        let text = format!("{}\n{}", self.summary, self.told());
        Some(vec![
            json!({ "role": "system", "content": instructions }),
            json!({ "role": "user", "content": text.trim() }),
        ])
    }

    /// The summary, or `None` where there is none to be had: then the caller's own words must do.
    pub(super) fn summed_up(&mut self, summary: Option<&str>) {
        let summary = match summary.map(str::trim).filter(|summary| !summary.is_empty()) {
            Some(summary) => summary.to_owned(),
            None => format!("{} {}", self.summary, self.told()),
        };
        // The latest is worth most.
        let extra = summary.chars().count().saturating_sub(MAX_SUMMARY);
        self.summary = summary.chars().skip(extra).collect::<String>().trim().to_owned();
        self.folding.clear();
    }

    fn told(&self) -> String {
        let lines = self.folding.iter().filter_map(|entry| match entry {
            Entry::Caller(text) => Some(format!("לקוח: {text}")),
            Entry::Agent(text) => Some(format!("נציגה: {text}")),
            Entry::Tools(_) => None,
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(memory: &Memory) -> Vec<String> {
        let messages = memory.messages("הוראות", "עכשיו");
        messages.iter().map(|m| format!("{} {}", m["role"], m["content"]).replace('"', "")).collect()
    }

    /// Only what was heard enters the history; tools stay where they were used.
    #[test]
    fn what_was_heard_is_told() {
        let mut memory = Memory::default();
        memory.said(Speaker::Agent, "שלום", false);
        memory.used(vec![json!({ "role": "tool", "content": "t" })]);
        assert_eq!(contents(&memory), ["system הוראות", "assistant שלום", "user עכשיו", "tool t"]);
        memory.said(Speaker::Caller, "דנה", false);
        memory.said(Speaker::Agent, "נעים", true);
        let told =
            ["system הוראות", "assistant שלום", "user דנה", "tool t", "assistant נעים [הופסק]", "user עכשיו"];
        assert_eq!(contents(&memory), told);
    }

    /// S-AUD-014: a turn that is answered once more, for the first answer broke off, was said once.
    #[test]
    fn a_turn_that_is_answered_again_is_told_once() {
        let mut memory = Memory::default();
        memory.said(Speaker::Caller, "עכשיו", false);
        assert_eq!(contents(&memory), ["system הוראות", "user עכשיו"]);
        memory.said(Speaker::Agent, "נעים", true);
        assert_eq!(contents(&memory).len(), 4);
    }

    #[test]
    fn old_turns_become_a_summary() {
        let mut memory = Memory::default();
        for n in 0..KEPT + BATCH {
            assert_eq!(memory.take_old_turns(), None);
            memory.said(Speaker::Caller, &format!("משפט {n}"), false);
        }
        let asked = memory.take_old_turns().expect("time for a summary");
        assert!(asked[1]["content"].as_str().is_some_and(|text| text.contains("לקוח: משפט 7")));
        // Until it is there, nothing is missing.
        assert_eq!(contents(&memory).len(), KEPT + BATCH + 2);
        assert_eq!(memory.take_old_turns(), None);
        memory.summed_up(Some(" קצר "));
        let told = contents(&memory);
        assert_eq!((told.len(), told[1].as_str()), (KEPT + 3, "system סיכום השיחה עד כה: קצר"));
        assert_eq!(told[2], "user משפט 8");
    }

    #[test]
    fn without_a_model_the_callers_words_do() {
        let mut memory = Memory::default();
        (0..60).for_each(|n| memory.said(Speaker::Caller, &format!("{n} {}", "מילה ".repeat(40)), false));
        while memory.take_old_turns().is_some() {
            memory.summed_up(None);
        }
        assert!(memory.summary.chars().count() <= MAX_SUMMARY);
        assert!(memory.summary.contains("39 מילה"), "{}", memory.summary);
    }
}
