//! While the agent is silent: is a voice on the line the caller's, whose turn it is, or one behind them?
//!
//! A television and the people at the next table are voices too, and a turn that lasts as long as any voice does not end. Once
//! the caller has been heard, only their own voice carries their turn on.

/// Log-odds of the network's answer from which on a voice is the caller's.
const CALLERS: f32 = -1.0;
/// Frames of the caller's voice after which they are known.
const KNOWN: u32 = 5;
/// Frames of another voice that still carry a turn on: 100 ms…
const CARRIES: u32 = 5;
/// …those that are somebody else's before the caller is known: 800 ms…
const COMPANY: u32 = 40;
/// …and those that still begin a turn, in a call in which somebody else has been heard: somebody hard to tell begins a frame later.
const BEGINS: u32 = 1;
/// Frames without the caller's voice after which another may be theirs: 3 s. They have turned away, or handed the telephone on.
const FORGOTTEN: u32 = 150;
/// Frames without any voice, the agent's included, after which the network need not listen: 3 s.
const SILENT: u32 = 150;

/// Whose voice it has been since the agent was last heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Foreground {
    /// Frames of the caller's voice, as far as [`KNOWN`].
    own: u32,
    /// Frames since the last of them, of voice that was not theirs among these, and since the last of any voice or of the agent.
    since: u32,
    others: u32,
    silent: u32,
    /// Has somebody else been heard in this call?
    company: bool,
}

impl Foreground {
    pub(super) const NEW: Self = Self { own: 0, since: 0, others: 0, silent: 0, company: false };

    /// The agent is heard: whose voice it was until then does not matter any more.
    pub(super) const fn reply(&mut self) {
        *self = Self { company: self.company, ..Self::NEW };
    }

    /// The agent is silent for another frame. Is there anything to listen to?
    pub(super) const fn follows(&mut self, voiced: bool) -> bool {
        self.silent = if voiced { 0 } else { self.silent.saturating_add(1) };
        self.silent < SILENT
    }

    /// The network's log-odds that a voice in this frame is the caller's.
    pub(super) fn hear(&mut self, voiced: bool, odds: f32) {
        self.since = self.since.saturating_add(1);
        if voiced && odds >= CALLERS {
            self.own = KNOWN.min(self.own + 1);
            (self.since, self.others) = (0, 0);
        } else if voiced {
            self.others = self.others.saturating_add(1);
            self.company |= self.others > if self.own < KNOWN { COMPANY } else { CARRIES };
        }
        if self.since > FORGOTTEN {
            (self.own, self.others) = (0, 0);
        }
    }

    /// Does a voice in the next frame count: does it carry on the turn of a caller who is `speaking`, or begin one?
    pub(super) const fn counts(&self, speaking: bool) -> bool {
        let unknown = self.own < KNOWN;
        match speaking {
            true => unknown || self.others <= CARRIES,
            false => unknown || !self.company || self.others <= BEGINS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many frames of the caller's voice, or of another.
    fn hear(foreground: &mut Foreground, frames: u32, callers: bool) {
        (0..frames).for_each(|_| foreground.hear(true, if callers { 2.0 } else { -4.0 }));
    }

    fn known() -> Foreground {
        let mut foreground = Foreground::NEW;
        hear(&mut foreground, KNOWN, true);
        foreground
    }

    #[test]
    fn any_voice_counts_until_the_caller_is_known() {
        let mut foreground = Foreground::NEW;
        hear(&mut foreground, 200, false);
        hear(&mut foreground, KNOWN - 1, true);
        hear(&mut foreground, 50, false);
        assert!(foreground.counts(true) && foreground.counts(false));
    }

    #[test]
    fn a_voice_behind_neither_carries_a_turn_on_nor_begins_one() {
        let mut foreground = known();
        hear(&mut foreground, CARRIES, false);
        assert!(foreground.counts(true) && foreground.counts(false), "the end of a word");
        hear(&mut foreground, 1, false);
        assert!(!foreground.counts(true) && !foreground.counts(false));
        (0..20).for_each(|_| foreground.hear(false, -8.0));
        assert!(!foreground.counts(false), "nor after a pause");
        hear(&mut foreground, 1, true);
        assert!(foreground.counts(true) && foreground.counts(false), "the caller at once");
        hear(&mut foreground, BEGINS + 1, false);
        assert!(foreground.counts(true) && !foreground.counts(false), "who is there is known now");
    }

    #[test]
    fn another_voice_is_the_callers_after_three_seconds() {
        let mut foreground = known();
        hear(&mut foreground, FORGOTTEN, false);
        assert!(!foreground.counts(true));
        hear(&mut foreground, 1, false);
        assert!(foreground.counts(true) && foreground.counts(false));
    }

    #[test]
    fn a_reply_makes_all_voices_equal_but_company_is_remembered() {
        let mut foreground = known();
        hear(&mut foreground, 9, false);
        foreground.reply();
        assert!(foreground.counts(true) && foreground.counts(false));
        hear(&mut foreground, KNOWN, true);
        hear(&mut foreground, BEGINS + 1, false);
        assert!(foreground.counts(true) && !foreground.counts(false));
    }

    #[test]
    fn a_line_without_voice_is_not_listened_to() {
        let mut foreground = Foreground::NEW;
        for begins in [Foreground::reply, |foreground: &mut Foreground| _ = foreground.follows(true)] {
            begins(&mut foreground);
            assert_eq!((0..2 * SILENT).filter(|_| foreground.follows(false)).count() as u32, SILENT - 1);
        }
    }
}
