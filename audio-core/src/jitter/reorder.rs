//! The reorder buffer (the receiver's half of RFC 3550 sequence numbers, at 32 bits).

use crate::Error;
use crate::frame::WireFrame;
use crate::jitter::deadline::ReorderDeadline;

/// How many released sequence numbers are remembered to tell a duplicate from a late frame, and
/// how far back a number must lie to be read as a restarted stream.
const HISTORY: u32 = 64;
/// Frames that a jump may stand for, at 20 ms each: a minute.
const MAX_LOST: u32 = 3_000;

/// Settings of a [`ReorderBuffer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct JitterConfig {
    /// Frames the buffer holds; a larger jump in sequence numbers is a new beginning. 1 to 64.
    pub capacity_frames: u32,
    /// The reorder deadline: a missing frame is waited for until a frame this many numbers later
    /// has arrived. It is learned from the stream's own reorderings between
    /// [`min_deadline_frames`](Self::min_deadline_frames) and this. At most the capacity.
    pub deadline_frames: u32,
    /// What the reorder deadline begins with and never falls below. 0, right for TCP and for
    /// steady networks, gives the first gap up at once: the first frame that does come late is
    /// lost. At most [`deadline_frames`](Self::deadline_frames); equal to it, nothing is learned.
    pub min_deadline_frames: u32,
}

impl JitterConfig {
    /// Checks every field; the error names the first one out of range.
    pub fn validate(&self) -> Result<(), Error> {
        Error::check(
            (1..=64).contains(&self.capacity_frames),
            "jitter.capacity_frames",
            self.capacity_frames.into(),
            "1 to 64",
        )?;
        Error::check(
            self.deadline_frames <= self.capacity_frames,
            "jitter.deadline_frames",
            self.deadline_frames.into(),
            "at most jitter.capacity_frames",
        )?;
        Error::check(
            self.min_deadline_frames <= self.deadline_frames,
            "jitter.min_deadline_frames",
            self.min_deadline_frames.into(),
            "at most jitter.deadline_frames",
        )
    }
}

impl Default for JitterConfig {
    /// 16 frames of room; a gap is given up at once until frames come late, then up to 60 ms later.
    fn default() -> Self {
        Self { capacity_frames: 16, deadline_frames: 3, min_deadline_frames: 0 }
    }
}

/// What a [`ReorderBuffer`] has seen. Every pushed frame is released, late or a duplicate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JitterStats {
    /// Frames pushed.
    pub received: u64,
    /// Frames handed out.
    pub released: u64,
    /// Sequence numbers given up.
    pub lost: u64,
    /// Frames that came after they had been given up; not released.
    pub late: u64,
    /// Frames that came twice; not released again.
    pub duplicate: u64,
    /// Times the sequence began anew.
    pub resyncs: u64,
}

/// Puts frames in order by [`WireFrame::seq`].
#[derive(Debug)]
pub struct ReorderBuffer {
    config: JitterConfig,
    /// The frame `expected`, if it came in order: one place that stays warm, where the slots' memory changes from
    /// frame to frame.
    first: Option<WireFrame>,
    /// Frame `seq` waits at `seq % len`.
    slots: Box<[Option<WireFrame>]>,
    /// The next number to release; `None` before the first frame.
    expected: Option<u32>,
    /// Highest number seen plus one, at least `expected`.
    end: u32,
    deadline: ReorderDeadline,
    /// Bit i: was `expected - 1 - i` released?
    history: u64,
    /// An old number that would be a restart if its successor follows.
    restart: Option<u32>,
    /// The stream continues here once everything below `end` has gone out.
    jump: Option<WireFrame>,
    stats: JitterStats,
}

impl ReorderBuffer {
    /// Allocates the slots.
    pub fn new(config: JitterConfig) -> Result<Self, Error> {
        config.validate()?;
        // A power of two, so that slots stay apart when the numbers wrap.
        let len = config.capacity_frames.next_power_of_two() as usize;
        Ok(Self {
            config,
            deadline: ReorderDeadline::new(config.min_deadline_frames, config.deadline_frames),
            first: None,
            slots: vec![None; len].into_boxed_slice(),
            expected: None,
            end: 0,
            history: 0,
            restart: None,
            jump: None,
            stats: JitterStats::default(),
        })
    }

    /// Takes a frame as it arrived. Call [`pop`](Self::pop) until `None` afterwards.
    pub fn push(&mut self, frame: &WireFrame) {
        self.stats.received += 1;
        self.deadline.passed();
        if let Some(jump) = self.jump.take() {
            // Not polled since the jump: what waited before it has lost its turn.
            self.stats.lost += self.slots.iter().chain([&self.first]).flatten().count() as u64;
            self.begin(&jump);
        }
        let Some(expected) = self.expected else {
            self.begin(frame);
            return;
        };
        let ahead = frame.seq.wrapping_sub(expected);
        if ahead < self.config.capacity_frames {
            self.restart = None;
            self.store(frame, ahead);
        } else if ahead <= i32::MAX as u32 {
            self.restart = None;
            self.stats.resyncs += 1;
            self.jump = Some(*frame);
        } else {
            self.push_old(frame, expected);
        }
    }

    /// The next frame in order. Poll until `None` after every [`push`](Self::push).
    pub fn pop(&mut self) -> Option<WireFrame> {
        if let Some(frame) = self.first {
            self.first = None;
            self.advance(true);
            self.stats.released += 1;
            return Some(frame);
        }
        let mut expected = self.expected?;
        // Each turn passes one number; there are at most `capacity` between expected and end.
        while expected != self.end {
            if let Some(frame) = self.slot(expected).take() {
                self.advance(true);
                self.stats.released += 1;
                return Some(frame);
            }
            let waiting = self.end.wrapping_sub(1).wrapping_sub(expected);
            if self.jump.is_none() && waiting < self.deadline.frames() {
                return None;
            }
            self.advance(false);
            self.stats.lost += 1;
            expected = expected.wrapping_add(1);
        }
        let frame = self.jump.take()?;
        let ahead = frame.seq.wrapping_sub(expected);
        // A minute at most can have been lost; beyond that the numbers say nothing.
        if ahead <= MAX_LOST {
            self.stats.lost += u64::from(ahead);
        }
        self.begin(&frame);
        self.pop()
    }

    /// Counters since `new` or the last `reset`.
    pub const fn stats(&self) -> JitterStats {
        self.stats
    }

    /// The reorder deadline as learned so far, in frames.
    pub const fn deadline_frames(&self) -> u32 {
        self.deadline.frames()
    }

    /// Back to the state after `new`. Does not allocate.
    pub fn reset(&mut self) {
        self.first = None;
        self.slots.fill(None);
        self.expected = None;
        self.end = 0;
        self.history = 0;
        self.restart = None;
        self.jump = None;
        self.deadline.reset();
        self.stats = JitterStats::default();
    }

    fn begin(&mut self, frame: &WireFrame) {
        self.slots.fill(None);
        self.expected = Some(frame.seq);
        self.end = frame.seq.wrapping_add(1);
        self.history = 0;
        self.restart = None;
        self.first = Some(*frame);
    }

    fn store(&mut self, frame: &WireFrame, ahead: u32) {
        if ahead == 0 && self.expected == Some(self.end) {
            // In order, and none waits.
            self.first = Some(*frame);
            self.end = self.end.wrapping_add(1);
            return;
        }
        if ahead == 0 && self.first.is_some() {
            self.stats.duplicate += 1;
            return;
        }
        let slot = self.slot(frame.seq);
        if slot.is_some() {
            self.stats.duplicate += 1;
            return;
        }
        *slot = Some(*frame);
        // How far the numbers had gone past this one; beyond the capacity: it is ahead.
        let overtaken = self.end.wrapping_sub(frame.seq);
        if (1..=self.config.capacity_frames).contains(&overtaken) {
            self.deadline.needed(overtaken);
        }
        let span = self.end.wrapping_sub(self.expected.unwrap_or(self.end));
        self.end = self.end.wrapping_add((ahead + 1).saturating_sub(span));
    }

    /// A number already passed: late, a duplicate, or a stream that began again.
    fn push_old(&mut self, frame: &WireFrame, expected: u32) {
        let age = expected.wrapping_sub(1).wrapping_sub(frame.seq);
        if age < HISTORY {
            let was_released = self.history >> age & 1 == 1;
            if was_released {
                self.stats.duplicate += 1;
            } else {
                self.stats.late += 1;
                self.deadline.needed(self.end.wrapping_sub(frame.seq));
            }
        } else if self.restart == Some(frame.seq) {
            // Two old numbers in a row are no stray: the stream began again.
            self.stats.resyncs += 1;
            self.jump = Some(*frame);
        } else {
            self.stats.late += 1;
            self.restart = Some(frame.seq.wrapping_add(1));
        }
    }

    fn advance(&mut self, released: bool) {
        self.history = self.history << 1 | u64::from(released);
        self.expected = self.expected.map(|seq| seq.wrapping_add(1));
    }

    fn slot(&mut self, seq: u32) -> &mut Option<WireFrame> {
        let index = seq as usize & (self.slots.len() - 1);
        &mut self.slots[index]
    }
}
