//! The reorder buffer beyond `jitter`: where the numbers start does not matter, nor what was before
//! a reset; nothing that is handed out was changed; settings.

use audio_core::frame::WireFrame;
use audio_core::jitter::{JitterConfig, JitterStats, ReorderBuffer};
use proptest::prelude::*;

use crate::{cases, field};

fn config() -> impl Strategy<Value = JitterConfig> {
    (1u32..=64, any::<u32>(), any::<u32>()).prop_map(|(capacity, deadline, least)| {
        let mut config = JitterConfig::default();
        config.capacity_frames = capacity;
        config.deadline_frames = deadline % (capacity + 1);
        config.min_deadline_frames = least % (config.deadline_frames + 1);
        config
    })
}

/// Numbers that mostly rise, at times jump and at times come back; each polled or not.
fn arrivals() -> impl Strategy<Value = Vec<(u32, bool)>> {
    let step = prop_oneof![8 => 1i32..2, 2 => -6i32..8, 1 => -200i32..200, 1 => any::<i32>()];
    prop::collection::vec((step, prop::bool::weighted(0.8)), 0..150).prop_map(|steps| {
        let mut seq = 0u32;
        let next = |(step, polled): (i32, bool)| {
            seq = seq.wrapping_add_signed(step);
            (seq, polled)
        };
        steps.into_iter().map(next).collect()
    })
}

/// Timestamp and distance from `start` of every frame out, and the counters.
fn play(buffer: &mut ReorderBuffer, arrivals: &[(u32, bool)], start: u32) -> (Vec<(u32, u32)>, JitterStats) {
    let mut out = Vec::new();
    for (n, &(seq, polled)) in arrivals.iter().enumerate() {
        let (timestamp, seq) = (n as u32, seq.wrapping_add(start));
        buffer.push(&WireFrame { seq, timestamp, ..WireFrame::SILENCE });
        while let Some(frame) = polled.then(|| buffer.pop()).flatten() {
            out.push((frame.timestamp, frame.seq.wrapping_sub(start)));
        }
    }
    (out, buffer.stats())
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn the_first_number_does_not_matter(config in config(), arrivals in arrivals(), start in any::<u32>()) {
        let mut buffer = ReorderBuffer::new(config).expect("in range");
        let from_zero = play(&mut buffer, &arrivals, 0);
        buffer.reset();
        prop_assert_eq!(buffer.stats(), JitterStats::default());
        prop_assert_eq!(buffer.deadline_frames(), config.min_deadline_frames);
        prop_assert_eq!(play(&mut buffer, &arrivals, start), from_zero, "elsewhere, or after a reset");
    }

    /// Every frame out is one that came in, unchanged and once.
    #[test]
    fn nothing_is_invented_or_doubled(config in config(), arrivals in arrivals()) {
        let mut buffer = ReorderBuffer::new(config).expect("in range");
        let (out, stats) = play(&mut buffer, &arrivals, 0);
        let mut seen = vec![false; arrivals.len()];
        for &(index, seq) in &out {
            prop_assert_eq!(arrivals[index as usize].0, seq);
            prop_assert!(!core::mem::replace(&mut seen[index as usize], true), "twice");
        }
        prop_assert_eq!((stats.received, stats.released), (arrivals.len() as u64, out.len() as u64));
        prop_assert!(stats.released + stats.late + stats.duplicate <= stats.received);
        let deadlines = config.min_deadline_frames..=config.deadline_frames;
        prop_assert!(deadlines.contains(&buffer.deadline_frames()));
    }

    /// Polled as the documentation asks, every frame is released, late or a duplicate; what waits,
    /// waits no longer than the deadline, and a frame far ahead pushes it out.
    #[test]
    fn every_frame_is_accounted_for(config in config(), mut arrivals in arrivals()) {
        arrivals.iter_mut().for_each(|(_, polled)| *polled = true);
        let mut buffer = ReorderBuffer::new(config).expect("in range");
        let (out, stats) = play(&mut buffer, &arrivals, 0);
        let waiting = stats.received - stats.released - stats.late - stats.duplicate;
        prop_assert!(waiting <= u64::from(buffer.deadline_frames()), "{waiting} wait");
        if let Some(&(_, last)) = out.last() {
            let (rest, stats) = play(&mut buffer, &[(last.wrapping_add(1_000), true)], 0);
            prop_assert_eq!(rest.len() as u64, waiting + 1);
            prop_assert_eq!(stats.released + stats.late + stats.duplicate, stats.received);
        }
    }

    #[test]
    fn settings_are_taken_or_named(capacity in 0u32..70, deadline in 0u32..70, least in 0u32..70) {
        let mut config = JitterConfig::default();
        config.capacity_frames = capacity;
        config.deadline_frames = deadline;
        config.min_deadline_frames = least;
        let wrong = if !(1..=64).contains(&capacity) {
            Some("jitter.capacity_frames")
        } else if deadline > capacity {
            Some("jitter.deadline_frames")
        } else {
            (least > deadline).then_some("jitter.min_deadline_frames")
        };
        prop_assert_eq!(field(config.validate()), wrong);
        prop_assert_eq!(field(ReorderBuffer::new(config).map(|_| ())), wrong);
    }
}
