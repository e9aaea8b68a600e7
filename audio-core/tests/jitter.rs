//! The reorder buffer: nothing doubled, nothing out of order, everything accounted for.

use audio_core::frame::WireFrame;
use audio_core::jitter::{JitterConfig, ReorderBuffer};
use proptest::prelude::*;

/// Waits for three later frames from the first gap on.
fn buffer() -> ReorderBuffer {
    let mut config = JitterConfig::default();
    config.min_deadline_frames = 3;
    ReorderBuffer::new(config).expect("valid")
}

/// Learns what to wait for.
fn learning() -> ReorderBuffer {
    ReorderBuffer::new(JitterConfig::default()).expect("defaults are valid")
}

/// Pushes the numbers one by one and returns what came out, in order.
fn play(buffer: &mut ReorderBuffer, numbers: &[u32]) -> Vec<u32> {
    let mut out = Vec::new();
    for &seq in numbers {
        buffer.push(&WireFrame { seq, ..WireFrame::SILENCE });
        out.extend(core::iter::from_fn(|| buffer.pop()).map(|frame| frame.seq));
    }
    out
}

#[test]
fn frames_in_order_leave_at_once() {
    let mut buffer = buffer();
    for seq in 0..100 {
        assert_eq!(play(&mut buffer, &[seq]), [seq]);
    }
}

#[test]
fn a_gap_is_waited_for_and_filled() {
    assert_eq!(play(&mut buffer(), &[0, 2, 3, 1, 4]), [0, 1, 2, 3, 4]);
}

#[test]
fn a_gap_is_given_up_at_the_deadline() {
    let mut buffer = buffer();
    assert_eq!(play(&mut buffer, &[0, 2, 3]), [0]);
    assert_eq!(play(&mut buffer, &[4]), [2, 3, 4]);
    assert!(play(&mut buffer, &[1, 3]).is_empty());
    let stats = buffer.stats();
    assert_eq!((stats.lost, stats.late, stats.duplicate), (1, 1, 1));
}

#[test]
fn the_deadline_is_learned_from_what_comes_late() {
    let mut buffer = learning();
    assert_eq!(play(&mut buffer, &[0, 2, 1, 3]), [0, 2, 3], "the first reordering costs a frame");
    assert_eq!(buffer.deadline_frames(), 2);
    assert_eq!(play(&mut buffer, &[5, 4, 6]), [4, 5, 6], "the next one does not");
    assert_eq!(play(&mut buffer, &[8]), [0; 0], "a loss now costs one frame of waiting");
    assert_eq!(play(&mut buffer, &[9]), [8, 9]);
    let steady: Vec<u32> = (10..2_500).collect();
    assert_eq!(play(&mut buffer, &steady), steady);
    assert_eq!(buffer.deadline_frames(), 0);
    assert_eq!(play(&mut buffer, &[2_501]), [2_501]);
    buffer.reset();
    assert_eq!(buffer.deadline_frames(), 0);
}

#[test]
fn numbers_wrap() {
    let start = u32::MAX - 1;
    let numbers = [start, start + 1, 1, 0, 2];
    assert_eq!(play(&mut buffer(), &numbers), [start, start + 1, 0, 1, 2]);
}

#[test]
fn a_jump_larger_than_the_buffer_is_a_new_beginning() {
    let mut buffer = buffer();
    assert_eq!(play(&mut buffer, &[0, 2, 500, 501]), [0, 2, 500, 501]);
    let stats = buffer.stats();
    assert_eq!((stats.resyncs, stats.lost), (1, 1 + 497));
}

#[test]
fn a_stream_that_begins_again_is_followed_after_two_frames() {
    let mut buffer = buffer();
    let old: Vec<u32> = (0..200).collect();
    assert_eq!(play(&mut buffer, &old).len(), 200);
    assert_eq!(play(&mut buffer, &[0, 1, 2, 3]), [1, 2, 3]);
    assert_eq!((buffer.stats().resyncs, buffer.stats().late), (1, 1));
}

#[test]
fn a_stray_old_number_changes_nothing() {
    let mut buffer = buffer();
    let old: Vec<u32> = (0..200).collect();
    play(&mut buffer, &old);
    assert_eq!(play(&mut buffer, &[7, 200, 8, 201]), [200, 201]);
}

#[test]
fn settings_out_of_range_are_named() {
    let mut config = JitterConfig::default();
    config.capacity_frames = 65;
    let error = ReorderBuffer::new(config).expect_err("too large").to_string();
    assert_eq!(error, "jitter.capacity_frames is 65: it must be 1 to 64");
    let mut config = JitterConfig::default();
    config.min_deadline_frames = 4;
    let error = ReorderBuffer::new(config).expect_err("above the deadline").to_string();
    assert_eq!(error, "jitter.min_deadline_frames is 4: it must be at most jitter.deadline_frames");
}

/// A stream with loss, doubles and reordering by less than the buffer holds.
fn disturbed() -> impl Strategy<Value = Vec<u32>> {
    let frame = (0..10u32, 0..10u32, 0..6u32);
    (any::<u32>(), prop::collection::vec(frame, 1..300)).prop_map(|(start, frames)| {
        let mut arrivals = Vec::new();
        for (n, &(fate, _, delay)) in frames.iter().enumerate() {
            let n = n as u32;
            let copies = match fate {
                0 => 0,
                1 => 2,
                _ => 1,
            };
            let late = if fate > 6 { delay } else { 0 };
            arrivals.extend((0..copies).map(|copy| (n + late + copy, start.wrapping_add(n))));
        }
        arrivals.sort_by_key(|&(when, _)| when);
        arrivals.into_iter().map(|(_, seq)| seq).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn order_rises_and_the_books_balance(numbers in disturbed(), deadline in 0u32..8, least in 0u32..8) {
        let mut config = JitterConfig::default();
        config.deadline_frames = deadline;
        config.min_deadline_frames = least.min(deadline);
        let mut buffer = ReorderBuffer::new(config).expect("valid");
        let out = play(&mut buffer, &numbers);
        for pair in out.windows(2) {
            let step = pair[1].wrapping_sub(pair[0]);
            prop_assert!(0 < step && step < 1 << 31, "{} after {}", pair[1], pair[0]);
        }
        let stats = buffer.stats();
        prop_assert_eq!(stats.received, numbers.len() as u64);
        prop_assert_eq!(stats.released, out.len() as u64);
        // What is neither out nor refused still waits, and never longer than the deadline.
        let waiting = stats.received - stats.released - stats.late - stats.duplicate;
        prop_assert!(waiting <= u64::from(deadline));
        // Every number between the first and the last out was released or counted as lost, and
        // none above the highest that came.
        if let (Some(first), Some(last)) = (out.first(), out.last()) {
            let span = |to: u32| u64::from(to.wrapping_sub(*first)) + 1;
            let ahead = |n: &u32| n.wrapping_sub(*first) as i32;
            let highest = numbers.iter().copied().max_by_key(ahead).unwrap_or(*last);
            let passed = stats.released + stats.lost;
            prop_assert!((span(*last)..=span(highest)).contains(&passed), "passed {}", passed);
        }
    }

    /// Over TCP frames come in order, some never (the sender discards when congested): each one
    /// that comes leaves with no delay, and when it came in a burst, in the burst.
    #[test]
    fn in_order_frames_are_never_held(start in any::<u32>(), gaps in prop::collection::vec(0u32..100, 1..300)) {
        let mut buffer = learning();
        let mut seq = start;
        for gap in gaps {
            // One in four is a loss.
            seq = seq.wrapping_add(1 + gap.saturating_sub(75));
            prop_assert_eq!(play(&mut buffer, &[seq]), vec![seq]);
        }
        prop_assert_eq!(buffer.stats().released, buffer.stats().received);
    }

    #[test]
    fn any_numbers_at_all_are_survived(numbers in prop::collection::vec(any::<u32>(), 0..200)) {
        let mut buffer = buffer();
        let out = play(&mut buffer, &numbers);
        let stats = buffer.stats();
        prop_assert_eq!(out.len() as u64, stats.released);
        prop_assert!(stats.released + stats.late + stats.duplicate <= stats.received);
        buffer.reset();
        prop_assert_eq!(play(&mut buffer, &[3]), vec![3]);
    }
}
