use super::*;
use crate::tape::{BargeInCounts, CrmCounts};

fn report(tape: &str, events: &[(u64, EventName)]) -> ReplayReport {
    let events = events.iter().map(|&(t_ms, event)| TimelineEvent::new(t_ms, event)).collect();
    ReplayReport {
        tape: tape.to_owned(),
        duration_ms: 10_000,
        turns: Vec::new(),
        barge_in: BargeInCounts::default(),
        cut_off_turns: None,
        missed_turns: None,
        allocations_in_pipeline: 0,
        us_per_frame_p50: None,
        us_per_frame_p99: None,
        diverged_ms: None,
        final_state: crate::session::State::Ended,
        crm: CrmCounts::default(),
        events,
    }
}

#[test]
fn a_replay_does_not_differ_from_itself() {
    let run = report("x", &[(100, EventName::Duck), (300, EventName::BargeIn), (300, EventName::State)]);
    let diff = Diff::of(vec![run.clone()], vec![run], 0);
    assert!(diff.is_empty());
    assert_eq!((diff.same_tapes, diff.changed_tapes), (1, 0));
}

#[test]
fn each_change_is_named_once_by_time() {
    let a = report("x", &[(100, EventName::Duck), (300, EventName::BargeIn), (5_000, EventName::TurnEnd)]);
    let b = report("x", &[(120, EventName::Duck), (900, EventName::BargeIn), (2_000, EventName::Resume)]);
    let diff = Diff::of(vec![a], vec![b], 20);
    let found: Vec<_> = diff.changes.iter().map(|c| (c.event, c.change, c.a_ms, c.b_ms)).collect();
    assert_eq!(
        found,
        [
            (EventName::BargeIn, ChangeKind::Moved, Some(300), Some(900)),
            (EventName::Resume, ChangeKind::Added, None, Some(2_000)),
            (EventName::TurnEnd, ChangeKind::Removed, Some(5_000), None),
        ]
    );
}

#[test]
fn tapes_are_paired_by_name() {
    let (x, y, z) = (report("x", &[]), report("y", &[]), report("z", &[]));
    let diff = Diff::of(vec![x, y.clone()], vec![y, z], 0);
    assert_eq!((diff.only_a, diff.only_b, diff.same_tapes), (vec!["x".to_owned()], vec!["z".to_owned()], 1));
}
