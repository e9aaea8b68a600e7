//! After a false alarm more is asked for: what made the agent yield to nobody often goes on, and would make it yield
//! again as soon as it goes on itself.

use crate::frame::{SampleTime, WIRE_RATE};

/// Log-odds that a false alarm adds…
const ALARM: f64 = 3.0;
/// …and as many as there ever are.
const MOST: f64 = 6.0;
/// Log-odds that are forgotten in a second: a false alarm in half a minute.
const FORGOTTEN: f64 = 0.1;

/// By how much the log-odds must be greater, since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doubt {
    odds: f64,
    since: SampleTime,
    /// When the agent last yielded, until it speaks again.
    yielded: Option<SampleTime>,
}

impl Doubt {
    pub(super) const NONE: Self = Self { odds: 0.0, since: SampleTime(0), yielded: None };

    /// The agent yields.
    pub(super) const fn yielded(&mut self, at: SampleTime) {
        self.yielded = Some(at);
    }

    /// The agent speaks again.
    pub(super) const fn speaks(&mut self) {
        self.yielded = None;
    }

    /// It yielded to nobody. When that is found does not matter, as long as the agent has not gone on.
    pub(super) fn false_alarm(&mut self) {
        if let Some(at) = self.yielded.take() {
            *self = Self { odds: (self.odds(at) + ALARM).min(MOST), since: at, yielded: None };
        }
    }

    /// What a likelihood's log-odds must be greater by.
    pub(super) fn odds(&self, at: SampleTime) -> f64 {
        let seconds = at.0.saturating_sub(self.since.0) as f64 / f64::from(WIRE_RATE);
        (self.odds - FORGOTTEN * seconds).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn second(seconds: u64) -> SampleTime {
        SampleTime(seconds * WIRE_RATE as u64)
    }

    #[test]
    fn false_alarms_add_up_to_a_bound_and_are_forgotten() {
        let mut doubt = Doubt::NONE;
        assert_eq!(doubt.odds(second(9)), 0.0);
        doubt.yielded(second(10));
        doubt.false_alarm();
        assert_eq!(doubt.odds(second(10)), ALARM);
        assert!((doubt.odds(second(20)) - (ALARM - 1.0)).abs() < 1e-9);
        for _ in 0..5 {
            doubt.yielded(second(20));
            doubt.false_alarm();
        }
        assert_eq!(doubt.odds(second(20)), MOST);
        assert_eq!(doubt.odds(second(81)), 0.0);
    }

    #[test]
    fn only_what_the_agent_yielded_to_last_is_a_false_alarm_and_once() {
        let mut doubt = Doubt::NONE;
        doubt.false_alarm();
        doubt.yielded(second(1));
        doubt.speaks();
        doubt.false_alarm();
        assert_eq!(doubt.odds(second(1)), 0.0);
        doubt.yielded(second(2));
        doubt.false_alarm();
        doubt.false_alarm();
        assert_eq!(doubt.odds(second(2)), ALARM);
    }
}
