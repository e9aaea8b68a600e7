//! The newest agent frames as they were before they were turned down.

use crate::frame::WireFrame;

/// Frames that may be sent again: the longest lead over the far end's ear.
const KEPT: usize = 10;

/// The newest frames, oldest first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unplayed {
    frames: [WireFrame; KEPT],
    len: usize,
}

impl Unplayed {
    pub(super) const fn new() -> Self {
        Self { frames: [WireFrame::SILENCE; KEPT], len: 0 }
    }

    pub(super) const fn clear(&mut self) {
        self.len = 0;
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, frame: WireFrame) {
        if self.len == KEPT {
            self.frames.copy_within(1.., 0);
            self.len -= 1;
        }
        self.frames[self.len] = frame;
        self.len += 1;
    }

    /// Takes so many of the newest out.
    pub(super) fn newest(&mut self, frames: usize) -> impl Iterator<Item = WireFrame> + use<> {
        let from = self.len.saturating_sub(frames);
        let (all, len) = (self.frames, self.len);
        self.len = from;
        (from..len).map(move |n| all[n])
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
