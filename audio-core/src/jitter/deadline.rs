//! How long a gap is worth waiting for: as long as frames of this stream have lately come late.
//!
//! A stream over TCP never reorders, so a gap there is a loss and waiting for it would only delay
//! what follows; a stream over UDP may. For each frame that came late the deadline that would have
//! saved it goes into a histogram that forgets; the deadline in force is the smallest one that
//! leaves less than one recent frame unsaved.

/// Frames between two steps of forgetting, 1.28 s.
const STEP: u32 = 64;
/// Each step keeps all but one in this many: half of a weight is forgotten in 21 s.
const KEPT: u32 = 24;
/// The weight of one reordering.
const ONE: u32 = 1 << 16;
/// Weight that may be left beyond the deadline.
const LEFT: u32 = ONE / 2;
/// Deadlines told apart; longer ones count as the longest.
const LONGEST: usize = 64;

/// The learned deadline of one stream.
#[derive(Debug)]
pub(super) struct ReorderDeadline {
    /// Weight of the frames that a deadline of i + 1 would have saved.
    weights: [u32; LONGEST],
    until_step: u32,
    min: u32,
    max: u32,
    frames: u32,
}

impl ReorderDeadline {
    /// Between `min` and `max` frames, `min` until something was reordered.
    pub(super) const fn new(min: u32, max: u32) -> Self {
        Self { weights: [0; LONGEST], until_step: STEP, min, max, frames: min }
    }

    /// A gap is given up when a frame this many numbers later has arrived; 0: at once.
    pub(super) const fn frames(&self) -> u32 {
        self.frames
    }

    /// A frame came late: a deadline of `frames` (1 or more) was needed to save it.
    pub(super) fn needed(&mut self, frames: u32) {
        let weight = &mut self.weights[(frames as usize).clamp(1, LONGEST) - 1];
        *weight = weight.saturating_add(ONE);
        self.learn();
    }

    /// A frame of the stream has passed.
    pub(super) fn passed(&mut self) {
        self.until_step -= 1;
        if self.until_step == 0 {
            self.until_step = STEP;
            if self.frames > self.min {
                for weight in &mut self.weights {
                    *weight -= weight.div_ceil(KEPT);
                }
                self.learn();
            }
        }
    }

    /// Back to the state after `new`.
    pub(super) const fn reset(&mut self) {
        *self = Self::new(self.min, self.max);
    }

    fn learn(&mut self) {
        let mut beyond = 0u32;
        let mut frames = LONGEST;
        while frames > 0 {
            beyond = beyond.saturating_add(self.weights[frames - 1]);
            if beyond > LEFT {
                break;
            }
            frames -= 1;
        }
        self.frames = (frames as u32).clamp(self.min, self.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reordering_is_learned_at_once_and_forgotten_in_time() {
        let mut deadline = ReorderDeadline::new(0, 8);
        assert_eq!(deadline.frames(), 0);
        deadline.needed(2);
        assert_eq!(deadline.frames(), 2);
        for _ in 0..20 * 50 {
            deadline.passed();
        }
        assert_eq!(deadline.frames(), 2);
        for _ in 0..5 * 50 {
            deadline.passed();
        }
        assert_eq!(deadline.frames(), 0);
    }

    #[test]
    fn what_happens_often_is_remembered_longer_and_a_stray_is_not_waited_for() {
        let mut deadline = ReorderDeadline::new(0, 8);
        for _ in 0..16 {
            deadline.needed(1);
        }
        deadline.needed(60);
        assert_eq!(deadline.frames(), 8, "as long as is allowed");
        for _ in 0..30 * 50 {
            deadline.passed();
        }
        assert_eq!(deadline.frames(), 1);
    }

    #[test]
    fn the_limits_hold() {
        let mut fixed = ReorderDeadline::new(3, 3);
        assert_eq!(fixed.frames(), 3);
        fixed.needed(10);
        assert_eq!(fixed.frames(), 3);
        fixed.reset();
        assert_eq!(fixed.frames(), 3);
    }
}
