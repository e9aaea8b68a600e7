//! When the next agent frame leaves: real time plus a small lead.

use std::time::Duration;

use super::config::FRAME;

/// Models how much audio the far side still has to play.
///
/// A frame is due while the far side holds less than the lead. That one rule gives a burst of
/// `lead` frames when the agent begins to speak, one frame per 20 ms afterwards, and a refill
/// after a late tick, never more than the lead: what the caller has heard is known to within it.
#[derive(Debug)]
pub(crate) struct Pacer {
    lead: Duration,
    /// When the far side runs dry.
    dry_at: Duration,
}

impl Pacer {
    pub(crate) fn new(lead_frames: u32) -> Self {
        Self { lead: FRAME * lead_frames, dry_at: Duration::ZERO }
    }

    /// Has the far side nothing left to play?
    pub(crate) fn is_dry(&self, now: Duration) -> bool {
        self.dry_at <= now
    }

    /// May a frame leave?
    pub(crate) fn is_due(&self, now: Duration) -> bool {
        self.dry_at.saturating_sub(now) < self.lead
    }

    /// A frame left.
    pub(crate) fn released(&mut self, now: Duration) {
        self.dry_at = self.dry_at.max(now) + FRAME;
    }

    /// Frames that the far side has yet to play, the one it has begun included.
    pub(crate) fn held(&self, now: Duration) -> usize {
        self.dry_at.saturating_sub(now).as_nanos().div_ceil(FRAME.as_nanos()) as usize
    }

    /// What the far side held was replaced by so many frames.
    pub(crate) fn replaced(&mut self, now: Duration, frames: usize) {
        self.dry_at = now + FRAME * frames as u32;
    }

    /// The far side was told to forget what it holds.
    pub(crate) fn flushed(&mut self) {
        self.dry_at = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn release(pacer: &mut Pacer, now: Duration) -> usize {
        let mut frames = 0;
        while pacer.is_due(now) {
            pacer.released(now);
            frames += 1;
        }
        frames
    }

    #[test]
    fn a_lead_first_then_one_frame_per_twenty_milliseconds() {
        let mut pacer = Pacer::new(3);
        assert_eq!(release(&mut pacer, MS(1_000)), 3);
        assert!((1..50).all(|n| release(&mut pacer, MS(1_000 + 20 * n)) == 1));
        // A burst that began between two services keeps the same pace.
        pacer.flushed();
        assert_eq!(release(&mut pacer, MS(3_005)), 3);
        assert!((1..50).all(|n| release(&mut pacer, MS(3_000 + 20 * n)) == 1));
    }

    #[test]
    fn what_is_held_is_counted_in_frames() {
        let mut pacer = Pacer::new(3);
        assert_eq!(pacer.held(MS(5)), 0);
        release(&mut pacer, MS(5));
        assert_eq!([5, 6, 25, 26, 64, 65].map(|ms| pacer.held(MS(ms))), [3, 3, 2, 2, 1, 0]);
        pacer.replaced(MS(30), 2);
        assert!(pacer.held(MS(30)) == 2 && release(&mut pacer, MS(30)) == 1);
    }

    #[test]
    fn a_late_service_refills_the_lead_and_no_more() {
        let mut pacer = Pacer::new(3);
        release(&mut pacer, MS(0));
        assert_eq!(release(&mut pacer, MS(40)), 2);
        assert_eq!(release(&mut pacer, MS(1_000)), 3);
        assert!(!pacer.is_dry(MS(1_059)) && pacer.is_dry(MS(1_060)));
    }
}
