//! Counts decisions against a tape's ground truth. The rules are those of the replay contract.

use audio_core::tape::{CallerSpan, SpanKind};

use super::report::BargeInCounts;

/// An overlap shorter than this, or an agent that ends by itself within it, does not count.
const MIN_OVERLAP_MS: u64 = 300;
/// A yield this long after an item's end still belongs to it.
const YIELD_SLACK_MS: u64 = 1_000;
/// A turn's end must be noticed within this time.
const TURN_END_LIMIT_MS: u64 = 3_000;

/// What is counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    /// When the caller heard the agent: start, end, ended by a yield.
    pub(super) agent: Vec<(u64, u64, bool)>,
    /// When the agent yielded.
    pub(super) yields: Vec<u64>,
    /// When turns were declared over.
    pub(super) turn_ends: Vec<u64>,
    /// End of the call.
    pub(super) end_ms: u64,
}

impl Observed {
    /// Interruptions and overlapping turns.
    pub(super) fn barge_in(&self, labels: &[CallerSpan]) -> BargeInCounts {
        let (mut hits, mut missed, mut void) = (0, 0, 0);
        let mut latency_ms = Vec::new();
        let mut claimed = vec![false; self.yields.len()];
        let mut claim = |item: &CallerSpan, slack_ms: u64| {
            let window = item.start_ms..=item.end_ms + slack_ms;
            let hit = (0..self.yields.len()).find(|&i| !claimed[i] && window.contains(&self.yields[i]))?;
            claimed[hit] = true;
            Some(self.yields[hit] - item.start_ms)
        };
        let items = || labels.iter().filter(|l| matches!(l.kind, SpanKind::Interruption | SpanKind::Turn));
        let counted: Vec<&CallerSpan> = items().filter(|i| self.overlap(i) == Overlap::Counts).collect();
        // A yield within an item is that item's, before it can be the late one of another.
        let inside: Vec<Option<u64>> = counted.iter().map(|item| claim(item, 0)).collect();
        for (item, inside) in counted.into_iter().zip(inside) {
            match inside.or_else(|| claim(item, YIELD_SLACK_MS)) {
                None => missed += 1,
                Some(latency) => {
                    hits += 1;
                    latency_ms.push(latency);
                }
            }
        }
        for item in items().filter(|i| self.overlap(i) == Overlap::Void) {
            void += 1;
            claim(item, YIELD_SLACK_MS);
        }
        BargeInCounts {
            true_positives: Some(hits),
            false_positives: Some(claimed.iter().filter(|claimed| !**claimed).count() as u32),
            missed: Some(missed),
            void_items: Some(void),
            latency_ms: Some(latency_ms),
        }
    }

    fn overlap(&self, item: &CallerSpan) -> Overlap {
        let mut audible_ms = 0;
        let mut over_start = false;
        for &(start, end, yielded) in &self.agent {
            audible_ms += end.min(item.end_ms).saturating_sub(start.max(item.start_ms));
            let at_start = start <= item.start_ms && item.start_ms < end;
            let ended_by_itself = !yielded && end <= item.start_ms + MIN_OVERLAP_MS;
            over_start |= at_start && !ended_by_itself;
        }
        match audible_ms {
            0 => Overlap::None,
            _ if over_start || audible_ms >= MIN_OVERLAP_MS => Overlap::Counts,
            _ => Overlap::Void,
        }
    }

    /// Replies that began inside a labelled turn.
    pub(super) fn cut_off_turns(&self, labels: &[CallerSpan]) -> u32 {
        let inside = |t: u64| turns(labels).any(|turn| turn.start_ms <= t && t < turn.end_ms);
        self.agent.iter().filter(|&&(start, ..)| inside(start)).count() as u32
    }

    /// Labelled turns whose end was not declared before the next one, or within 3 s. A turn that
    /// the end of the call left no time for does not count.
    pub(super) fn missed_turns(&self, labels: &[CallerSpan]) -> u32 {
        let all: Vec<&CallerSpan> = turns(labels).collect();
        let missed = all.iter().enumerate().filter(|&(i, turn)| {
            let limit = turn.end_ms + TURN_END_LIMIT_MS;
            let limit = all.get(i + 1).map_or(limit, |next| limit.min(next.start_ms));
            let noticed = self.turn_ends.iter().any(|&t| turn.start_ms < t && t <= limit);
            !noticed && self.end_ms >= limit
        });
        missed.count() as u32
    }
}

#[derive(PartialEq, Eq)]
enum Overlap {
    None,
    Void,
    Counts,
}

fn turns(labels: &[CallerSpan]) -> impl Iterator<Item = &CallerSpan> {
    labels.iter().filter(|label| label.kind == SpanKind::Turn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(kind: SpanKind, start_ms: u64, end_ms: u64) -> CallerSpan {
        CallerSpan { start_ms, end_ms, kind, text: String::new(), words: None }
    }

    fn heard(agent: &[(u64, u64, bool)], yields: &[u64]) -> Observed {
        Observed { agent: agent.to_vec(), yields: yields.to_vec(), turn_ends: Vec::new(), end_ms: 60_000 }
    }

    #[test]
    fn a_yield_to_an_interruption_is_a_true_positive_with_its_latency() {
        let labels = [span(SpanKind::Interruption, 5_000, 6_500)];
        let counts = heard(&[(2_000, 5_340, true)], &[5_340]).barge_in(&labels);
        assert_eq!(
            (counts.true_positives, counts.false_positives, counts.missed),
            (Some(1), Some(0), Some(0))
        );
        assert_eq!(counts.latency_ms, Some(vec![340]));
    }

    #[test]
    fn a_yield_to_a_backchannel_or_to_nothing_is_false() {
        let labels = [span(SpanKind::Backchannel, 5_000, 5_400)];
        let counts = heard(&[(2_000, 5_300, true)], &[5_300, 9_000]).barge_in(&labels);
        assert_eq!((counts.true_positives, counts.false_positives), (Some(0), Some(2)));
    }

    #[test]
    fn an_agent_that_ends_by_itself_at_once_makes_the_overlap_void() {
        let labels = [span(SpanKind::Turn, 5_000, 7_000)];
        let counts = heard(&[(2_000, 5_200, false)], &[]).barge_in(&labels);
        assert_eq!((counts.void_items, counts.missed), (Some(1), Some(0)));
        let counts = heard(&[(2_000, 5_400, false)], &[]).barge_in(&labels);
        assert_eq!((counts.void_items, counts.missed), (Some(0), Some(1)));
    }

    #[test]
    fn one_yield_scores_one_item() {
        let labels = [span(SpanKind::Interruption, 5_000, 5_600), span(SpanKind::Interruption, 5_900, 7_000)];
        let counts = heard(&[(2_000, 8_000, false)], &[6_200]).barge_in(&labels);
        assert_eq!(
            (counts.true_positives, counts.missed, counts.false_positives),
            (Some(1), Some(1), Some(0))
        );
    }

    #[test]
    fn a_void_overlap_does_not_take_the_yield_of_an_item() {
        let labels = [span(SpanKind::Turn, 4_000, 5_000), span(SpanKind::Interruption, 5_500, 7_000)];
        let counts = heard(&[(4_900, 5_900, true)], &[5_900]).barge_in(&labels);
        assert_eq!((counts.void_items, counts.true_positives, counts.missed), (Some(1), Some(1), Some(0)));
    }

    #[test]
    fn a_reply_inside_a_turn_cuts_it_off() {
        let labels = [span(SpanKind::Turn, 5_000, 7_000)];
        assert_eq!(heard(&[(6_000, 8_000, false)], &[]).cut_off_turns(&labels), 1);
        assert_eq!(heard(&[(7_000, 8_000, false)], &[]).cut_off_turns(&labels), 0);
    }

    #[test]
    fn a_turn_end_must_come_in_time() {
        let labels = [span(SpanKind::Turn, 1_000, 2_000), span(SpanKind::Turn, 4_000, 5_000)];
        let with = |turn_ends: &[u64], end_ms| {
            Observed { turn_ends: turn_ends.to_vec(), end_ms, ..Observed::default() }.missed_turns(&labels)
        };
        assert_eq!(with(&[2_500, 5_500], 20_000), 0);
        assert_eq!(with(&[4_500, 5_500], 20_000), 1);
        assert_eq!(with(&[2_500], 6_000), 0, "the call ended first");
        assert_eq!(with(&[2_500], 20_000), 1);
    }
}
