//! What the far end still has to play of the agent, as far as the caller's line can tell.
//!
//! The far end plays 20 ms for every 20 ms that it sends: so the agent's frames are taken one per
//! caller frame, however early they were sent and however late the caller's arrive. Both lines are
//! thus compared in media time, and a recorded call runs again exactly.

use crate::frame::Dbfs;

/// Frames that may be on their way: a second and more, what a stalled network holds back.
const CAPACITY: usize = 64;

/// One frame of the agent: which reply it belongs to, and its level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) reply: (u32, u32),
    pub(super) level: Dbfs,
}

/// Frames sent and not yet heard, oldest first.
#[derive(Clone, Debug)]
pub(super) struct FarEnd {
    frames: [Sent; CAPACITY],
    first: usize,
    len: usize,
}

impl FarEnd {
    pub(super) const fn new() -> Self {
        let none = Sent { reply: (0, 0), level: Dbfs::SILENCE };
        Self { frames: [none; CAPACITY], first: 0, len: 0 }
    }

    /// A frame was sent. With too many on their way the oldest is forgotten.
    pub(super) fn push(&mut self, sent: Sent) {
        if self.len == CAPACITY {
            self.pop();
        }
        self.frames[(self.first + self.len) % CAPACITY] = sent;
        self.len += 1;
    }

    /// The frame heard next.
    pub(super) fn pop(&mut self) -> Option<Sent> {
        let sent = (self.len > 0).then(|| self.frames[self.first])?;
        self.first = (self.first + 1) % CAPACITY;
        self.len -= 1;
        Some(sent)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) const fn clear(&mut self) {
        self.len = 0;
    }
}
