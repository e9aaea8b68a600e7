//! The buffer: its state, and the way in.

use super::arrivals::Arrivals;
use super::config::PlayoutConfig;
use super::pace::Governor;
use super::stats::PlayoutStats;
use super::store::Store;
use crate::Error;
use crate::frame::{FRAME_SAMPLES, WireFrame};
use crate::jitter::conceal::Concealer;
use crate::jitter::stretch::MAX_PERIOD;

/// µs in a sample of the clock.
const SAMPLE_US: u64 = 125;
/// A frame that comes further from its time than this, early or late, is of another stream.
const MAX_EARLY: i64 = 2 * 8_000;
const MAX_LATE: i64 = 4 * 8_000;
/// The second frame of another stream lies at most this far after its first.
const SUCCESSOR: i32 = 8 * FRAME_SAMPLES as i32;
/// Frames behind the playhead that are remembered to know a duplicate.
const HISTORY: usize = 64;
/// Frame starts that one pull can report.
const STARTS: usize = 16;

/// Where a frame begins in the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameStart {
    /// Media timestamp of its first sample that is played, as it was on the wire.
    pub timestamp: u32,
    /// When that sample is played, on the clock that `pull` is given.
    pub at_us: u64,
}

/// Packets in at any pace, samples out at a steady one.
///
/// All times inside are in samples of 125 µs. The *lag* of a moment is its time on the receiver's
/// clock less its media time: what is played late has a large lag.
#[derive(Debug)]
pub struct PlayoutBuffer {
    pub(super) config: PlayoutConfig,
    pub(super) store: Store,
    pub(super) arrivals: Arrivals,
    pub(super) concealer: Concealer,
    pub(super) governor: Governor,
    pub(super) stats: PlayoutStats,
    /// The latest time anyone told.
    clock: i64,
    /// Time and length of the last pull.
    tick: Option<(i64, i64)>,
    /// Media time of the next sample to play.
    pub(super) position: i64,
    /// Wire timestamp and media time of the newest frame.
    anchor: Option<(u32, i64)>,
    /// Does this stream play?
    pub(super) started: bool,
    /// Has any?
    pub(super) ever: bool,
    /// Samples concealed in the gap under way, and the lag when it began.
    pub(super) run: i64,
    pub(super) held: i64,
    /// Samples concealed more than were lost.
    pub(super) debt: i64,
    /// No period is looked for before this time.
    pub(super) retry_at: i64,
    /// Stretched samples on their way out.
    pub(super) ready: [i16; 2 * MAX_PERIOD],
    pub(super) ready_at: usize,
    pub(super) ready_end: usize,
    starts: [FrameStart; STARTS],
    starts_len: usize,
    /// The frame that began last.
    begun: Option<i64>,
    history: [i64; HISTORY],
    history_at: usize,
    /// A frame that may be the first of another stream, and when it came.
    stray: Option<(WireFrame, i64)>,
}

impl PlayoutBuffer {
    /// Allocates all it will ever need.
    pub fn new(config: PlayoutConfig) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self {
            config,
            store: Store::new(),
            arrivals: Arrivals::new(&config),
            concealer: Concealer::new(),
            governor: Governor::new(&config),
            stats: PlayoutStats::default(),
            clock: 0,
            tick: None,
            position: 0,
            anchor: None,
            started: false,
            ever: false,
            run: 0,
            held: 0,
            debt: 0,
            retry_at: i64::MIN,
            ready: [0; 2 * MAX_PERIOD],
            ready_at: 0,
            ready_end: 0,
            starts: [FrameStart::default(); STARTS],
            starts_len: 0,
            begun: None,
            history: [i64::MIN; HISTORY],
            history_at: 0,
            stray: None,
        })
    }

    /// Takes a frame that arrived at `now_us`. Its timestamp places it; its number is not looked
    /// at. Times that go back count as the latest one.
    pub fn push(&mut self, frame: &WireFrame, now_us: u64) {
        let now = self.tell(now_us);
        if frame.len == 0 {
            return;
        }
        let Some((timestamp, anchor)) = self.anchor else {
            self.begin(frame, now);
            return;
        };
        let start = anchor + i64::from(frame.timestamp.wrapping_sub(timestamp) as i32);
        let lag = self.seen_at(now) - start;
        let base = self.arrivals.base().unwrap_or(lag);
        if (base - MAX_EARLY..=base + MAX_LATE).contains(&lag) {
            self.stray = None;
            self.take(frame, start, now);
        } else {
            self.take_stray(frame, now);
        }
    }

    /// Fills `out` with what is played from `now_us` on. Pulls should follow each other without
    /// gap or overlap: the next one at `now_us` and the length of this one.
    pub fn pull(&mut self, now_us: u64, out: &mut [i16]) {
        let now = self.tell(now_us);
        self.tick = Some((now, (out.len() as i64).max(1)));
        self.starts_len = 0;
        let mut done = 0;
        while done < out.len() {
            let piece = self.step(now + done as i64, &mut out[done..]);
            debug_assert!(piece > 0, "a step without progress");
            done += piece.max(1);
        }
        self.stats.output += out.len() as u64;
    }

    /// The frames that began in the last pull; at most 16.
    pub fn frame_starts(&self) -> &[FrameStart] {
        &self.starts[..self.starts_len]
    }

    /// Delay of the next sample in ms, over the fastest frame of late; 0 before the start.
    pub fn delay_ms(&self) -> f32 {
        let (Some(base), true, Some((at, len))) = (self.arrivals.base(), self.started, self.tick) else {
            return 0.0;
        };
        let ready = (self.ready_end - self.ready_at) as i64;
        (at + len + ready - self.position - base) as f32 / 8.0
    }

    /// The delay aimed at, in ms over the fastest frame of late; 0 before the first frame.
    pub fn target_ms(&self) -> f32 {
        self.arrivals.base().map_or(0.0, |base| (self.arrivals.target() - base) as f32 / 8.0)
    }

    /// Counters since `new` or the last `reset`.
    pub fn stats(&self) -> PlayoutStats {
        PlayoutStats { waiting: self.store.waiting(self.position), ..self.stats }
    }

    /// Back to the state after `new`. Does not allocate.
    pub fn reset(&mut self) {
        self.store.clear();
        self.arrivals.reset();
        self.concealer.reset();
        self.governor.reset();
        self.stats = PlayoutStats::default();
        (self.clock, self.tick, self.anchor, self.stray) = (0, None, None, None);
        (self.position, self.started, self.ever) = (0, false, false);
        (self.run, self.held, self.debt, self.retry_at) = (0, 0, 0, i64::MIN);
        (self.ready_at, self.ready_end, self.starts_len) = (0, 0, 0);
        (self.begun, self.history) = (None, [i64::MIN; HISTORY]);
    }

    fn tell(&mut self, now_us: u64) -> i64 {
        self.clock = self.clock.max((now_us / SAMPLE_US) as i64);
        self.clock
    }

    /// When a pull will see what arrives now.
    fn seen_at(&self, now: i64) -> i64 {
        self.tick.map_or(now, |(tick, len)| tick + ((now - tick).max(0) + len - 1) / len * len)
    }

    /// A stream begins with this frame.
    fn begin(&mut self, frame: &WireFrame, now: i64) {
        self.anchor = Some((frame.timestamp, 0));
        (self.position, self.started, self.begun) = (0, false, None);
        self.take(frame, 0, now);
    }

    /// One frame far from its time is a stray; two in a row are another stream.
    fn take_stray(&mut self, frame: &WireFrame, now: i64) {
        let Some((first, arrival)) = self.stray.replace((*frame, now)) else { return };
        let after = frame.timestamp.wrapping_sub(first.timestamp) as i32;
        if !(1..=SUCCESSOR).contains(&after) {
            return;
        }
        self.stray = None;
        self.stats.resyncs += 1;
        self.stats.discarded += self.store.waiting(self.position);
        self.store.clear();
        self.history = [i64::MIN; HISTORY];
        self.arrivals.rebase();
        self.begin(&first, arrival);
        self.take(frame, i64::from(after), now);
    }

    fn take(&mut self, frame: &WireFrame, start: i64, now: i64) {
        let end = start + i64::from(frame.len.min(FRAME_SAMPLES as u16));
        if self.history.contains(&start) || self.store.contains(start) {
            self.stats.duplicate_frames += 1;
            return;
        }
        let seen = self.seen_at(now);
        if self.started && end <= self.position {
            self.arrivals.observe(start, seen);
            self.stats.late_frames += 1;
            self.remember(start);
            return;
        }
        if self.store.is_full() {
            self.drop_oldest();
        }
        let before = self.store.waiting(self.position);
        if !self.store.insert(start, now, frame) {
            self.stats.duplicate_frames += 1;
            return;
        }
        if !self.started {
            self.position = self.position.min(start);
        }
        self.stats.received += self.store.waiting(self.position) - before;
        self.arrivals.observe(start, seen);
        if self.anchor.is_none_or(|(_, newest)| start > newest) {
            self.anchor = Some((frame.timestamp, start));
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.store.front().map(|frame| frame.end()) {
            let before = self.store.waiting(self.position);
            self.position = self.position.max(oldest);
            self.forget_played();
            self.stats.discarded += before - self.store.waiting(self.position);
        }
    }

    /// Drops what lies wholly behind the position.
    pub(super) fn forget_played(&mut self) {
        while let Some((start, end)) = self.store.front().map(|frame| (frame.start, frame.end())) {
            if end > self.position {
                break;
            }
            self.remember(start);
            self.store.pop();
        }
    }

    fn remember(&mut self, start: i64) {
        self.history[self.history_at] = start;
        self.history_at = (self.history_at + 1) % HISTORY;
    }

    /// The frame at `start` is heard from media time `from` on, at `at`.
    pub(super) fn note_start(&mut self, start: i64, from: i64, at: i64) {
        if self.begun == Some(start) {
            return;
        }
        self.begun = Some(start);
        if let (Some((timestamp, anchor)), Some(slot)) = (self.anchor, self.starts.get_mut(self.starts_len)) {
            let timestamp = timestamp.wrapping_add((from - anchor) as u32);
            *slot = FrameStart { timestamp, at_us: (at.max(0) as u64).saturating_mul(SAMPLE_US) };
            self.starts_len += 1;
        }
    }
}
