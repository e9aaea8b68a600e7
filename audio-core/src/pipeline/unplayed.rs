//! The newest agent frames, evened out, as they were before they were turned down.

use crate::frame::WireFrame;

/// Frames that may be sent again: the longest lead over the far end's ear.
const KEPT: usize = 10;

/// The newest frames; a ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unplayed {
    frames: [WireFrame; KEPT],
    /// Where the next one is written.
    next: usize,
    len: usize,
}

impl Unplayed {
    pub(super) const fn new() -> Self {
        Self { frames: [WireFrame::SILENCE; KEPT], next: 0, len: 0 }
    }

    pub(super) const fn clear(&mut self) {
        self.len = 0;
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, frame: WireFrame) {
        self.frames[self.next] = frame;
        self.next = (self.next + 1) % KEPT;
        self.len = (self.len + 1).min(KEPT);
    }

    /// Takes so many of the newest out, oldest first.
    pub(super) fn newest(&mut self, frames: usize) -> impl Iterator<Item = WireFrame> + use<> {
        let (all, count) = (self.frames, frames.min(self.len));
        self.len -= count;
        self.next = (self.next + KEPT - count) % KEPT;
        let first = self.next;
        (0..count).map(move |n| all[(first + n) % KEPT])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_out_in_order_and_once() {
        let mut unplayed = Unplayed::new();
        (0..12).for_each(|seq| unplayed.push(WireFrame { seq, ..WireFrame::SILENCE }));
        assert_eq!(unplayed.len(), KEPT);
        let taken: Vec<u32> = unplayed.newest(3).map(|frame| frame.seq).collect();
        assert_eq!((taken, unplayed.len()), (vec![9, 10, 11], KEPT - 3));
        let rest: Vec<u32> = unplayed.newest(KEPT).map(|frame| frame.seq).collect();
        assert_eq!((rest, unplayed.len()), ((2..9).collect(), 0));
    }
}
