//! The reorder buffer under any order of pushes and polls: no frame is invented or doubled, numbers
//! rise unless a resynchronisation was counted, and the counters account for every frame.
#![no_main]

use arbitrary::Arbitrary;
use audio_core::frame::WireFrame;
use audio_core::jitter::{JitterConfig, JitterStats, ReorderBuffer};
use fuzz_kit::names_a_field;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    capacity: u32,
    /// The longest and the shortest.
    deadline: [u32; 2],
    wild: bool,
    start: u32,
    /// Poll until `None` after every push, as the documentation asks.
    polite: bool,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// The next number of the sender's.
    Next,
    /// The sender's counter moves first.
    Skip(i8),
    /// One frame off the sender's counter, which does not move.
    Stray(i8),
    /// The sender starts over anywhere.
    Jump(u32),
    Poll,
    PollAll,
    Reset,
}

struct Check {
    buffer: ReorderBuffer,
    config: JitterConfig,
    /// What is known of each pushed frame; the timestamp is the index.
    pushed: Vec<Pushed>,
    released: u64,
    /// Number of the last frame out, and what had been given up by then.
    last: Option<(u32, u64)>,
    polite: bool,
}

struct Pushed {
    seq: u32,
    inside: bool,
    /// With this frame the numbers began anew.
    anew: bool,
}

fuzz_target!(|input: Input| {
    let mut config = JitterConfig::default();
    config.capacity_frames = input.capacity;
    [config.deadline_frames, config.min_deadline_frames] = input.deadline;
    if !input.wild {
        config.capacity_frames = input.capacity % 64 + 1;
        config.deadline_frames = input.deadline[0] % (config.capacity_frames + 1);
        config.min_deadline_frames = input.deadline[1] % (config.deadline_frames + 1);
    }
    let buffer = match ReorderBuffer::new(config) {
        Ok(buffer) => buffer,
        Err(error) => return names_a_field(&error, "jitter."),
    };
    let polite = input.polite;
    let mut check = Check { buffer, config, pushed: Vec::new(), released: 0, last: None, polite };
    let mut seq = input.start;
    for step in input.steps {
        match step {
            Step::Next => check.push(advance(&mut seq, 1)),
            Step::Skip(by) => check.push(advance(&mut seq, i32::from(by))),
            Step::Stray(by) => check.push(seq.wrapping_add_signed(i32::from(by))),
            Step::Jump(to) => {
                seq = to;
                check.push(seq);
            }
            Step::Poll => {
                check.poll();
            }
            Step::PollAll => check.poll_all(),
            Step::Reset => check.reset(),
        }
        check.balance();
    }
    check.drain();
});

fn advance(seq: &mut u32, by: i32) -> u32 {
    *seq = seq.wrapping_add_signed(by);
    *seq
}

impl Check {
    fn push(&mut self, seq: u32) {
        let timestamp = self.pushed.len() as u32;
        let before = self.buffer.stats().resyncs;
        self.buffer.push(&WireFrame { seq, timestamp, ..WireFrame::SILENCE });
        let anew = self.buffer.stats().resyncs > before;
        self.pushed.push(Pushed { seq, inside: true, anew });
        if self.polite {
            self.poll_all();
        }
    }

    fn poll(&mut self) -> bool {
        let Some(frame) = self.buffer.pop() else { return false };
        let pushed = &mut self.pushed[frame.timestamp as usize];
        assert_eq!(pushed.seq, frame.seq, "a frame was changed");
        assert!(core::mem::take(&mut pushed.inside), "frame {} came out twice", frame.seq);
        self.released += 1;
        let lost = self.buffer.stats().lost;
        if let Some((before, lost_then)) = self.last.filter(|_| !pushed.anew) {
            let step = frame.seq.wrapping_sub(before);
            assert!(0 < step && step <= i32::MAX as u32, "{} after {before}", frame.seq);
            assert_eq!(u64::from(step - 1), lost - lost_then, "every number between was given up");
        }
        self.last = Some((frame.seq, lost));
        true
    }

    /// Afterwards a gap is being waited for, and not longer than the deadline.
    fn poll_all(&mut self) {
        while self.poll() {}
        let (waiting, deadline) = (self.waiting(), self.buffer.deadline_frames());
        assert!((self.config.min_deadline_frames..=self.config.deadline_frames).contains(&deadline));
        if self.polite {
            assert!(waiting <= u64::from(deadline), "{waiting} wait");
        }
    }

    fn reset(&mut self) {
        self.buffer.reset();
        assert_eq!(self.buffer.stats(), JitterStats::default());
        assert_eq!(self.buffer.deadline_frames(), self.config.min_deadline_frames);
        assert_eq!(self.buffer.pop(), None);
        (self.released, self.last) = (0, None);
        self.pushed.clear();
    }

    /// What was neither handed out nor refused.
    fn waiting(&self) -> u64 {
        let stats = self.buffer.stats();
        stats.received - stats.released - stats.late - stats.duplicate
    }

    fn balance(&self) {
        let stats = self.buffer.stats();
        assert_eq!((stats.received, stats.released), (self.pushed.len() as u64, self.released));
        // A frame that is not polled before a jump is lost, and counted as that.
        let most = u64::from(self.config.capacity_frames) + 1 + if self.polite { 0 } else { stats.lost };
        assert!(self.waiting() <= most, "{stats:?}");
    }

    /// A frame far ahead pushes out everything that waits.
    fn drain(&mut self) {
        self.poll_all();
        let before = self.buffer.stats();
        let Some((last, _)) = self.last else { return };
        let waiting = self.waiting();
        self.push(last.wrapping_add(1_000));
        while self.poll() {}
        if self.polite {
            assert_eq!(self.buffer.stats().released, before.released + waiting + 1);
        }
    }
}
