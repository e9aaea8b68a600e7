//! What the far end still has to play of the agent, as far as the caller's line can tell.
//!
//! The far end plays 20 ms for every 20 ms that it sends: so the agent's frames are taken one per
//! caller frame, however early they were sent and however late the caller's arrive. Both lines are
//! thus compared in media time, and a recorded call runs again exactly.

/// Frames that may be on their way: a second and more, what a stalled network holds back.
const CAPACITY: usize = 64;
/// Places that are used as long as they are enough, as they are while the network is steady: the memory of
/// the others is not touched.
const USUAL: usize = 16;

/// Frames sent and not yet heard, oldest first; `T` is what is kept of each.
#[derive(Clone, Debug)]
pub(crate) struct FarEnd<T> {
    frames: [T; CAPACITY],
    first: usize,
    len: usize,
    /// Places in use, of which the frames are a ring.
    places: usize,
}

impl<T: Copy> FarEnd<T> {
    /// Nothing on its way; `filler` is never handed out.
    pub(crate) const fn new(filler: T) -> Self {
        Self { frames: [filler; CAPACITY], first: 0, len: 0, places: USUAL }
    }

    /// A frame was sent. With too many on their way the oldest is forgotten.
    pub(crate) fn push(&mut self, sent: T) {
        if self.len == CAPACITY {
            self.pop();
        }
        if self.len == self.places {
            self.frames[..self.places].rotate_left(self.first);
            (self.first, self.places) = (0, CAPACITY);
        }
        self.frames[(self.first + self.len) % self.places] = sent;
        self.len += 1;
    }

    /// The frame heard next.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let sent = (self.len > 0).then(|| self.frames[self.first])?;
        self.first = (self.first + 1) % self.places;
        self.len -= 1;
        if self.len == 0 {
            self.clear();
        }
        Some(sent)
    }

    /// So many of the newest will not be played. Returns how many there were.
    pub(crate) fn take_back(&mut self, frames: usize) -> usize {
        let frames = frames.min(self.len);
        self.len -= frames;
        frames
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) const fn clear(&mut self) {
        (self.first, self.len, self.places) = (0, 0, USUAL);
    }
}
