//! What the caller's line carried lately: a turn is announced after it has begun, and a provider that
//! takes over in the middle of one wants to hear it from its beginning.

use std::collections::VecDeque;
use std::time::Duration;

use audio_core::frame::{CleanFrame, FRAME_MS, SampleTime};

/// The last frames of a line: a few seconds of them, and all of a turn while one is held.
#[derive(Clone, Debug)]
pub struct History {
    frames: VecDeque<CleanFrame>,
    idle: usize,
    most: usize,
    held: Option<SampleTime>,
}

fn frames(time: Duration) -> usize {
    (time.as_millis() / u128::from(FRAME_MS)).try_into().unwrap_or(usize::MAX)
}

impl History {
    /// Keeps `idle` of the line, and up to `most` while a turn is held.
    pub fn new(idle: Duration, most: Duration) -> Self {
        let (idle, most) = (frames(idle).max(1), frames(most).max(1));
        Self { frames: VecDeque::new(), idle, most: most.max(idle), held: None }
    }

    /// The next 20 ms.
    pub fn push(&mut self, frame: &CleanFrame) {
        self.frames.push_back(*frame);
        self.trim();
    }

    /// Nothing from `from` on is forgotten until [`release`](Self::release), as far as there is room.
    pub fn hold(&mut self, from: SampleTime) {
        self.held = Some(from);
    }

    /// The turn is over.
    pub fn release(&mut self) {
        self.held = None;
        self.trim();
        self.frames.shrink_to(self.idle);
    }

    /// The frames from the one that holds `from`, oldest first.
    pub fn since(&self, from: SampleTime) -> impl Iterator<Item = &CleanFrame> {
        let first = self.frames.partition_point(|frame| frame.at.0 + frame.pcm.len() as u64 <= from.0);
        self.frames.iter().skip(first)
    }

    fn trim(&mut self) {
        while self.frames.len() > self.idle {
            let oldest = self.frames.front().map(|frame| frame.at);
            let wanted = self.held.is_some_and(|held| oldest.is_some_and(|oldest| oldest >= held));
            if wanted && self.frames.len() <= self.most {
                return;
            }
            self.frames.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use audio_core::frame::FRAME_SAMPLES;

    use super::*;

    fn frame(index: u64) -> CleanFrame {
        CleanFrame { at: SampleTime(index * FRAME_SAMPLES as u64), pcm: [index as i16; FRAME_SAMPLES] }
    }

    fn indices(history: &History, from: u64) -> Vec<i16> {
        history.since(SampleTime(from)).map(|frame| frame.pcm[0]).collect()
    }

    #[test]
    fn a_turn_is_kept_from_its_beginning() {
        let mut history = History::new(Duration::from_millis(100), Duration::from_millis(400));
        (0..10).for_each(|index| history.push(&frame(index)));
        assert_eq!(indices(&history, 0), [5, 6, 7, 8, 9]);
        // In the middle of a frame: from that frame on.
        assert_eq!(indices(&history, 7 * 160 + 40), [7, 8, 9]);
        history.hold(SampleTime(7 * 160));
        (10..20).for_each(|index| history.push(&frame(index)));
        assert_eq!(indices(&history, 0), (7..20).collect::<Vec<_>>());
        // There is an end to it: 400 ms are 20 frames.
        (20..40).for_each(|index| history.push(&frame(index)));
        assert_eq!(indices(&history, 0), (20..40).collect::<Vec<_>>());
        history.release();
        assert_eq!(indices(&history, 0), (35..40).collect::<Vec<_>>());
    }
}
