//! What a setting does to a set of calls, in the few numbers it is judged by.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::report::ReplayReport;
use super::timeline::EventName;

/// Sums over one or more replays. Numbers that need ground truth cover the labelled tapes alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measures {
    /// Replays.
    pub tapes: u32,
    /// Replays without ground truth: they count for none of the numbers that need it.
    pub unlabelled: u32,
    /// Length of the calls, in ms.
    pub call_ms: u64,
    /// How long the caller heard the agent in labelled calls, in ms.
    pub agent_ms: u64,
    /// Yields, right or wrong, labelled or not.
    pub yields: u32,
    /// Times the agent was turned down.
    pub ducks: u32,
    /// Yields to interruptions.
    pub hits: u32,
    /// Yields to anything else.
    pub false_yields: u32,
    /// Interruptions not yielded to.
    pub missed: u32,
    /// Labelled start → yield, in ms, sorted.
    pub yield_latency_ms: Vec<u64>,
    /// Replies that began inside a labelled turn.
    pub cut_off_turns: u32,
    /// Turns whose end was not noticed in time.
    pub missed_turns: u32,
    /// Labelled end of a turn → its end decided, in ms, sorted; negative where it was decided too soon.
    pub turn_end_latency_ms: Vec<i64>,
    /// Calls with a decision after which the recording is no longer true.
    pub untrue_tapes: u32,
    /// What of those calls comes after it, in ms.
    pub untrue_ms: u64,
}

impl Measures {
    /// Of one replay.
    pub fn of(report: &ReplayReport) -> Self {
        let count = |name| report.events.iter().filter(|event| event.event == name).count() as u32;
        let labelled = report.barge_in.false_positives.is_some();
        let mut yield_latency_ms = report.barge_in.latency_ms.clone().unwrap_or_default();
        yield_latency_ms.sort_unstable();
        let turns = report.turns.iter();
        let mut turn_end_latency_ms: Vec<i64> =
            turns.filter_map(|turn| Some(turn.detected_end_ms as i64 - turn.caller_end_ms? as i64)).collect();
        turn_end_latency_ms.sort_unstable();
        Self {
            tapes: 1,
            unlabelled: u32::from(!labelled),
            call_ms: report.duration_ms,
            agent_ms: if labelled { agent_ms(report) } else { 0 },
            yields: count(EventName::BargeIn),
            ducks: count(EventName::Duck),
            hits: report.barge_in.true_positives.unwrap_or(0),
            false_yields: report.barge_in.false_positives.unwrap_or(0),
            missed: report.barge_in.missed.unwrap_or(0),
            yield_latency_ms,
            cut_off_turns: report.cut_off_turns.unwrap_or(0),
            missed_turns: report.missed_turns.unwrap_or(0),
            turn_end_latency_ms,
            untrue_tapes: u32::from(report.diverged_ms.is_some()),
            untrue_ms: report.diverged_ms.map_or(0, |at| report.duration_ms.saturating_sub(at)),
        }
    }

    /// Is there any ground truth to judge by?
    pub const fn is_judged(&self) -> bool {
        self.unlabelled < self.tapes
    }

    /// Of interruptions, how many were missed; `None` without ground truth.
    pub fn missed(&self) -> Option<u32> {
        self.is_judged().then_some(self.missed)
    }

    /// Wrong yields a minute of the agent's speech; `None` without ground truth or without speech.
    pub fn false_per_minute(&self) -> Option<f64> {
        (self.agent_ms > 0).then(|| f64::from(self.false_yields) * 60_000.0 / self.agent_ms as f64)
    }

    /// A percentile of the time from an interruption's start to the yield, in ms.
    pub fn yield_latency(&self, percent: usize) -> Option<u64> {
        percentile(&self.yield_latency_ms, percent)
    }

    /// A percentile of the time from a turn's end to its end decided, in ms.
    pub fn turn_end_latency(&self, percent: usize) -> Option<i64> {
        percentile(&self.turn_end_latency_ms, percent)
    }
}

impl AddAssign<&Self> for Measures {
    fn add_assign(&mut self, other: &Self) {
        self.tapes += other.tapes;
        self.unlabelled += other.unlabelled;
        self.call_ms += other.call_ms;
        self.agent_ms += other.agent_ms;
        self.yields += other.yields;
        self.ducks += other.ducks;
        self.hits += other.hits;
        self.false_yields += other.false_yields;
        self.missed += other.missed;
        self.yield_latency_ms.extend(&other.yield_latency_ms);
        self.yield_latency_ms.sort_unstable();
        self.cut_off_turns += other.cut_off_turns;
        self.missed_turns += other.missed_turns;
        self.turn_end_latency_ms.extend(&other.turn_end_latency_ms);
        self.turn_end_latency_ms.sort_unstable();
        self.untrue_tapes += other.untrue_tapes;
        self.untrue_ms += other.untrue_ms;
    }
}

/// How long the caller heard the agent.
fn agent_ms(report: &ReplayReport) -> u64 {
    let (mut sum, mut since) = (0, None);
    for event in &report.events {
        match event.event {
            EventName::AgentAudioStart => since = Some(event.t_ms),
            EventName::AgentAudioEnd => sum += since.take().map_or(0, |start| event.t_ms - start),
            _ => {}
        }
    }
    sum + since.map_or(0, |start| report.duration_ms.saturating_sub(start))
}

/// The smallest of the sorted values that is no less than `percent` of them.
fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        assert_eq!(percentile(&[1, 2, 3, 4], 50), Some(2));
        assert_eq!(percentile(&[1, 2, 3, 4], 95), Some(4));
        assert_eq!(percentile(&[7], 50), Some(7));
        assert_eq!(percentile::<u64>(&[], 50), None);
    }

    #[test]
    fn without_labels_nothing_is_judged() {
        let unlabelled = Measures { tapes: 2, unlabelled: 2, yields: 3, ..Measures::default() };
        assert_eq!((unlabelled.missed(), unlabelled.false_per_minute()), (None, None));
        let mut both = Measures { tapes: 1, agent_ms: 30_000, false_yields: 1, ..Measures::default() };
        both += &unlabelled;
        assert_eq!((both.missed(), both.false_per_minute(), both.yields), (Some(0), Some(2.0), 3));
    }
}
