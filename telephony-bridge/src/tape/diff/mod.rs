//! Two replays of the same calls side by side: which decisions changed, and what that did to the
//! counts.

mod align;

use std::collections::BTreeMap;

use align::align;
use serde::Serialize;

use super::measures::Measures;
use super::report::ReplayReport;
use super::timeline::{EventName, TimelineEvent};

/// Decisions farther apart than this are two decisions, not one that moved.
const SAME_WITHIN_MS: u64 = 1_000;

/// What is compared. What follows from them (the agent's audio, the state) is not.
const DECISIONS: [EventName; 7] = [
    EventName::SpeechStart,
    EventName::SpeechEnd,
    EventName::TurnEnd,
    EventName::Duck,
    EventName::Resume,
    EventName::BargeIn,
    EventName::Clear,
];

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Only B decides it.
    Added,
    /// Only A decides it.
    Removed,
    /// Both do, at other times.
    Moved,
    /// Both do at the same time, for another reason.
    OtherReason,
}

/// One decision that is not the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Tape.
    pub tape: String,
    /// Which decision.
    pub event: EventName,
    /// What became of it.
    pub change: ChangeKind,
    /// When A decided it, in ms.
    pub a_ms: Option<u64>,
    /// When B did.
    pub b_ms: Option<u64>,
    /// Why A decided it, if known.
    pub a_why: Option<String>,
    /// Why B did.
    pub b_why: Option<String>,
}

impl Change {
    /// When it first matters, in ms.
    pub fn at_ms(&self) -> u64 {
        self.a_ms.into_iter().chain(self.b_ms).min().unwrap_or(0)
    }
}

/// Everything that differs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diff {
    /// Changed decisions, by tape and time.
    pub changes: Vec<Change>,
    /// Tapes whose replays are equal.
    pub same_tapes: u32,
    /// Tapes whose decisions differ.
    pub changed_tapes: u32,
    /// Tapes that only A holds.
    pub only_a: Vec<String>,
    /// Tapes that only B holds.
    pub only_b: Vec<String>,
    /// Counts of A, over the tapes both hold.
    pub a: Measures,
    /// Counts of B.
    pub b: Measures,
}

impl Diff {
    /// Does nothing differ?
    pub const fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.only_a.is_empty() && self.only_b.is_empty()
    }

    /// Compares the replays of one call. `tolerance_ms`: a decision moved no farther is the same.
    pub fn add(&mut self, a: &ReplayReport, b: &ReplayReport, tolerance_ms: u64) {
        self.a += &Measures::of(a);
        self.b += &Measures::of(b);
        let mut changes: Vec<Change> =
            DECISIONS.into_iter().flat_map(|name| changes(name, a, b, tolerance_ms)).collect();
        changes.sort_by_key(|change| (change.at_ms(), change.event));
        match changes.is_empty() {
            true => self.same_tapes += 1,
            false => self.changed_tapes += 1,
        }
        self.changes.extend(changes);
    }

    /// Compares two sets of replays by the tapes' names; one of each is a pair whatever it is called.
    pub fn of(a: Vec<ReplayReport>, b: Vec<ReplayReport>, tolerance_ms: u64) -> Self {
        let mut diff = Self::default();
        if let ([a], [b]) = (&a[..], &b[..]) {
            diff.add(a, b, tolerance_ms);
            return diff;
        }
        let mut others: BTreeMap<String, Vec<ReplayReport>> = BTreeMap::new();
        for report in b.into_iter().rev() {
            others.entry(report.tape.clone()).or_default().push(report);
        }
        for report in a {
            match others.get_mut(&report.tape).and_then(Vec::pop) {
                Some(other) => diff.add(&report, &other, tolerance_ms),
                None => diff.only_a.push(report.tape),
            }
        }
        diff.only_b = others.into_values().flatten().map(|report| report.tape).collect();
        diff
    }
}

fn changes(name: EventName, a: &ReplayReport, b: &ReplayReport, tolerance_ms: u64) -> Vec<Change> {
    let of = |report: &'_ ReplayReport| -> Vec<TimelineEvent> {
        report.events.iter().filter(|event| event.event == name).cloned().collect()
    };
    let (left, right) = (of(a), of(b));
    let times = |events: &[TimelineEvent]| -> Vec<u64> { events.iter().map(|event| event.t_ms).collect() };
    let pairs = align(&times(&left), &times(&right), SAME_WITHIN_MS);
    let changed = pairs.into_iter().filter_map(|(i, j)| {
        let (x, y) = (i.and_then(|i| left.get(i)), j.and_then(|j| right.get(j)));
        let change = match (x, y) {
            (Some(x), Some(y)) if x.t_ms.abs_diff(y.t_ms) > tolerance_ms => ChangeKind::Moved,
            (Some(x), Some(y)) if (&x.words, &x.reason) != (&y.words, &y.reason) => ChangeKind::OtherReason,
            (Some(_), Some(_)) | (None, None) => return None,
            (Some(_), None) => ChangeKind::Removed,
            (None, Some(_)) => ChangeKind::Added,
        };
        Some(Change {
            tape: a.tape.clone(),
            event: name,
            change,
            a_ms: x.map(|event| event.t_ms),
            b_ms: y.map(|event| event.t_ms),
            a_why: x.and_then(why),
            b_why: y.and_then(why),
        })
    });
    changed.collect()
}

/// What tipped it: as a replay in this process knows it, or as much as a saved report holds.
fn why(event: &TimelineEvent) -> Option<String> {
    let saved = || {
        let words = event.words.as_ref().map(|words| format!("the words {}", super::timeline::quoted(words)));
        let reasons = event.reasons.as_ref().map(|reasons| {
            let each: Vec<String> = reasons
                .iter()
                .map(|(name, value)| format!("{name} {:.2}", value.as_f64().unwrap_or(0.0)))
                .collect();
            each.join(", ")
        });
        words.or(reasons).or_else(|| event.reason.map(|reason| format!("{reason:?}").to_lowercase()))
    };
    event.why.clone().or_else(saved)
}

#[cfg(test)]
mod tests;
