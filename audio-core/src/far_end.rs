//! What the far end still has to play of the agent, as far as the caller's line can tell.
//!
//! The far end plays 20 ms for every 20 ms that it sends: so the agent's frames are taken one per
//! caller frame, however early they were sent and however late the caller's arrive. Both lines are
//! thus compared in media time, and a recorded call runs again exactly.

use core::marker::PhantomData;

/// Frames that may be on their way: a second and more, what a stalled network holds back.
const CAPACITY: usize = 64;
/// Places that are used as long as they are enough, as they are while the network is steady: the memory of
/// the others is not touched.
const USUAL: usize = 16;

/// Frames sent and not yet heard, oldest first; `T` is what is kept of each, in an `S`.
#[derive(Clone, Debug)]
pub(crate) struct FarEnd<T, S = [T; CAPACITY]> {
    frames: S,
    first: usize,
    len: usize,
    /// Places in use, of which the frames are a ring.
    places: usize,
    kept: PhantomData<T>,
}

impl<T: Copy> FarEnd<T> {
    /// Nothing on its way; `filler` is never handed out.
    pub(crate) const fn new(filler: T) -> Self {
        Self { frames: [filler; CAPACITY], first: 0, len: 0, places: USUAL, kept: PhantomData }
    }
}

impl<T: Copy> FarEnd<T, Box<[T]>> {
    /// On the heap, for what is large. A filler of zeros is memory that is not touched.
    pub(crate) fn boxed(filler: T) -> Self {
        Self { frames: vec![filler; CAPACITY].into(), first: 0, len: 0, places: USUAL, kept: PhantomData }
    }
}

impl<T: Copy, S: AsMut<[T]>> FarEnd<T, S> {
    /// A frame was sent. With too many on their way the oldest is forgotten.
    pub(crate) fn push(&mut self, sent: T) {
        debug_assert!(self.len <= self.places, "frames are kept or counted, not both");
        if self.len == CAPACITY {
            self.pop();
        }
        if self.len == self.places {
            self.frames.as_mut()[..self.places].rotate_left(self.first);
            (self.first, self.places) = (0, CAPACITY);
        }
        self.frames.as_mut()[(self.first + self.len) % self.places] = sent;
        self.len += 1;
    }

    /// A frame was sent of which nothing is kept: its place is not touched.
    pub(crate) fn count(&mut self) {
        self.len = (self.len + 1).min(CAPACITY);
    }

    /// The frame heard next, of which nothing was kept.
    pub(crate) fn pass(&mut self) {
        self.len = self.len.saturating_sub(1);
    }

    /// The frame heard next.
    pub(crate) fn pop(&mut self) -> Option<T> {
        debug_assert!(self.len <= self.places, "frames are kept or counted, not both");
        let sent = (self.len > 0).then(|| self.frames.as_mut()[self.first])?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Through both sizes of the ring and over its ends: in order, and the oldest forgotten beyond 64.
    #[test]
    fn frames_are_heard_in_the_order_in_which_they_were_sent() {
        let mut far_end = FarEnd::boxed(0);
        let (mut sent, mut heard) = (0, 0);
        for (send, hear) in [(5, 5), (3, 2), (14, 3), (12, 4), (40, 30), (33, 64), (16, 16), (70, 64)] {
            for _ in 0..send {
                sent += 1;
                far_end.push(sent);
            }
            // What was forgotten is never heard.
            heard = heard.max(sent - 64);
            assert_eq!(far_end.len(), (sent - heard) as usize);
            for _ in 0..hear.min(sent - heard) {
                heard += 1;
                assert_eq!(far_end.pop(), Some(heard));
            }
        }
        assert!(far_end.is_empty() && far_end.pop().is_none());
        (1..=20).for_each(|n| far_end.push(n));
        assert_eq!((far_end.take_back(18), far_end.pop(), far_end.pop()), (18, Some(1), Some(2)));
        assert_eq!(far_end.pop(), None);
    }

    #[test]
    fn frames_of_which_nothing_is_kept_are_counted_as_others_are() {
        let mut far_end = FarEnd::<u8>::new(0);
        far_end.pass();
        (0..70).for_each(|_| far_end.count());
        assert_eq!((far_end.len(), far_end.take_back(60)), (64, 60));
        (0..3).for_each(|_| far_end.pass());
        assert_eq!(far_end.len(), 1);
    }
}
