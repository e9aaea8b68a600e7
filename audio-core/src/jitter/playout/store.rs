//! The frames that wait, in order of media time.

use std::collections::VecDeque;

use crate::codec::ulaw;
use crate::frame::{FRAME_SAMPLES, WireFrame};

/// Frames that may wait: 4 s of whole ones.
pub(super) const CAPACITY: usize = 200;

#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    /// Media time of the first sample, since the stream began.
    pub(super) start: i64,
    /// When it came, in samples of the clock.
    pub(super) arrival: i64,
    len: u16,
    payload: [u8; FRAME_SAMPLES],
}

impl Waiting {
    /// One past the last sample.
    pub(super) const fn end(&self) -> i64 {
        self.start + self.len as i64
    }
}

/// Sorted by `start`, no two the same.
#[derive(Debug)]
pub(super) struct Store {
    frames: VecDeque<Waiting>,
}

impl Store {
    pub(super) fn new() -> Self {
        Self { frames: VecDeque::with_capacity(CAPACITY) }
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
    }

    pub(super) fn is_full(&self) -> bool {
        self.frames.len() == CAPACITY
    }

    /// Is there a frame that begins here?
    pub(super) fn contains(&self, start: i64) -> bool {
        // Mostly it would be one of the newest.
        self.frames.iter().rev().find(|waiting| waiting.start <= start).is_some_and(|at| at.start == start)
    }

    pub(super) fn front(&self) -> Option<&Waiting> {
        self.frames.front()
    }

    pub(super) fn pop(&mut self) -> Option<Waiting> {
        self.frames.pop_front()
    }

    /// Puts a frame in its place. False if one with this start is there already or all is full.
    pub(super) fn insert(&mut self, start: i64, arrival: i64, frame: &WireFrame) -> bool {
        // Mostly the newest: look from the back.
        let later = self.frames.iter().rev().take_while(|waiting| waiting.start > start).count();
        let at = self.frames.len() - later;
        if self.is_full() || at > 0 && self.frames[at - 1].start == start {
            return false;
        }
        let len = frame.len.min(FRAME_SAMPLES as u16);
        self.frames.insert(at, Waiting { start, arrival, len, payload: frame.payload });
        true
    }

    /// Decodes what follows `position` without a gap; how many samples that was.
    pub(super) fn peek(&self, position: i64, out: &mut [i16]) -> usize {
        let mut done = 0;
        for frame in &self.frames {
            let at = position + done as i64;
            if frame.start > at || done == out.len() {
                break;
            }
            // Overlapping frames: the earlier one counts.
            let skip = usize::try_from(at - frame.start).unwrap_or(usize::MAX);
            if let Some(codes) = frame.payload[..usize::from(frame.len)].get(skip..) {
                done += ulaw::decode_slice(codes, &mut out[done..]);
            }
        }
        done
    }

    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Samples of media from `position` on that are there.
    pub(super) fn waiting(&self, position: i64) -> u64 {
        let mut from = position;
        let mut waiting = 0;
        for frame in &self.frames {
            waiting += (frame.end() - frame.start.max(from)).max(0) as u64;
            from = from.max(frame.end());
        }
        waiting
    }
}
