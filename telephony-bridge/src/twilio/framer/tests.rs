use proptest::prelude::*;

use super::*;

fn run(messages: &[(Option<u64>, Vec<u8>)]) -> (Vec<WireFrame>, FramerStats) {
    let mut framer = Framer::new();
    let mut frames = Vec::new();
    for (timestamp, bytes) in messages {
        framer.push(*timestamp, bytes, |frame| frames.push(*frame));
    }
    framer.finish(|frame| frames.push(*frame));
    (frames, framer.stats())
}

fn seqs(frames: &[WireFrame]) -> Vec<u32> {
    frames.iter().map(|frame| frame.seq).collect()
}

/// The usual stream: one message, one frame, wherever its clock starts.
#[test]
fn whole_frames_pass_through() {
    let messages: Vec<_> = (0..5).map(|i| (Some(57 + 20 * i), vec![i as u8; 160])).collect();
    let (frames, stats) = run(&messages);
    assert_eq!(seqs(&frames), [0, 1, 2, 3, 4]);
    assert_eq!(frames.iter().map(|f| f.timestamp).collect::<Vec<_>>(), [0, 160, 320, 480, 640]);
    assert!(frames.iter().all(|f| f.len == 160 && f.payload == [f.seq as u8; 160]));
    assert_eq!(stats, FramerStats { frames: 5, ..FramerStats::default() });
}

#[test]
fn the_last_frame_is_filled_with_silence() {
    let (frames, _) = run(&[(None, vec![1; 200])]);
    assert_eq!((frames[1].len, frames[1].timestamp), (40, 160));
    assert_eq!(frames[1].payload[..40], [1; 40]);
    assert_eq!(frames[1].payload[40..], [ULAW_SILENCE; 120]);
}

#[test]
fn a_lost_message_is_a_hole_in_the_numbers() {
    let (frames, stats) = run(&[(Some(0), vec![1; 160]), (Some(40), vec![2; 160])]);
    assert_eq!(seqs(&frames), [0, 2]);
    assert_eq!((stats.gaps, stats.gap_samples), (1, 160));
}

#[test]
fn a_gap_inside_frames_is_filled_to_the_grid() {
    // 100 samples, then 10 + 30 ms missing... 12.5 ms of audio end at sample 100.
    let (frames, stats) = run(&[(Some(0), vec![1; 100]), (Some(60), vec![2; 160])]);
    assert_eq!(stats.gap_samples, 380);
    assert_eq!(seqs(&frames), [0, 3]);
    assert_eq!(frames[0].payload[..100], [1; 100]);
    assert_eq!(frames[0].payload[100..], [ULAW_SILENCE; 60]);
    assert_eq!(frames[1].payload, [2; 160]);

    let (frames, _) = run(&[(Some(0), vec![1; 160]), (Some(50), vec![2; 80])]);
    assert_eq!(seqs(&frames), [0, 2]);
    assert_eq!(frames[1].payload[..80], [ULAW_SILENCE; 80]);
    assert_eq!(frames[1].payload[80..], [2; 80]);
}

#[test]
fn jitter_of_the_stamps_is_not_a_gap() {
    let stamps = [0, 27, 33, 60, 98, 100, 120, 139];
    let messages: Vec<_> = stamps.iter().map(|&ms| (Some(ms), vec![0; 160])).collect();
    let (frames, stats) = run(&messages);
    assert_eq!(seqs(&frames), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!((stats.gaps, stats.clock_resets), (0, 0));
}

#[test]
fn a_reset_clock_is_followed() {
    for reset in [0, 3_600_000, u64::MAX] {
        let (frames, stats) = run(&[
            (Some(10_000), vec![0; 160]),
            (Some(reset), vec![0; 160]),
            (Some(reset.saturating_add(20)), vec![0; 160]),
        ]);
        assert_eq!(seqs(&frames), [0, 1, 2], "{reset}");
        assert_eq!((stats.gaps, stats.clock_resets), (0, 1), "{reset}");
    }
}

proptest! {
    /// However the bytes are cut, the same frames come out.
    #[test]
    fn cuts_do_not_matter(cuts in prop::collection::vec(0_usize..700, 0..40), stamped in any::<bool>()) {
        let mut messages = Vec::new();
        let mut sample = 0_usize;
        for cut in cuts {
            let bytes = (sample..sample + cut).map(|i| (i % 251) as u8).collect();
            messages.push((stamped.then_some(sample as u64 / 8), bytes));
            sample += cut;
        }
        let (frames, stats) = run(&messages);
        prop_assert_eq!((stats.gaps, stats.clock_resets), (0, 0));
        let audio: Vec<u8> =
            frames.iter().flat_map(|f| f.payload[..usize::from(f.len)].to_vec()).collect();
        let expected: Vec<u8> = (0..sample).map(|i| (i % 251) as u8).collect();
        prop_assert_eq!(audio, expected);
    }

    /// Whatever a sender claims, numbers rise and stay on the grid.
    #[test]
    fn numbers_rise_on_the_grid(
        messages in prop::collection::vec(
            (prop::option::of(0_u64..100_000), prop::collection::vec(any::<u8>(), 0..400)), 0..30)
    ) {
        let (frames, _) = run(&messages);
        prop_assert!(frames.windows(2).all(|pair| pair[0].seq < pair[1].seq));
        prop_assert!(frames.iter().all(|frame| frame.timestamp == frame.seq * 160));
    }
}
