//! The only clock of this crate, and the arithmetic of the tick. Everything below takes the time
//! as an argument.

use std::time::{Duration, Instant};

/// Lateness at which a tick counts as missed and the deadline starts afresh.
pub(crate) const MISSED: Duration = super::config::FRAME;

/// Monotonic time since the engine's start, scaled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
    speed: f64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self::scaled(1.0)
    }

    /// A clock that runs `speed` times as fast as the world's.
    pub(crate) fn scaled(speed: f64) -> Self {
        Self { origin: Instant::now(), speed }
    }

    pub(crate) fn now(&self) -> Duration {
        self.origin.elapsed().mul_f64(self.speed)
    }

    /// How much of the world's time `span` of this clock's is.
    pub(crate) fn real(&self, span: Duration) -> Duration {
        span.div_f64(self.speed)
    }

    /// Sleeps for `wait` of this clock's time.
    pub(crate) fn sleep(&self, wait: Duration) {
        std::thread::sleep(self.real(wait));
    }
}

/// Absolute deadlines: multiples of the period, so that lateness never adds up.
#[derive(Debug)]
pub(crate) struct Ticker {
    period: Duration,
    next: Duration,
}

/// One tick, as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    /// When it should have come: a multiple of the period.
    pub(crate) nominal: Duration,
    /// How much later it came.
    pub(crate) late: Duration,
    /// Later than a frame: ticks in between were left out, not made up for.
    pub(crate) missed: bool,
}

impl Ticker {
    /// The first deadline is the first multiple of `period` after `now`.
    pub(crate) fn new(period: Duration, now: Duration) -> Self {
        Self { period, next: Self::align(period, now) + period }
    }

    /// How long to sleep until the next deadline.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        self.next.saturating_sub(now)
    }

    /// The thread woke at `now`.
    pub(crate) fn fire(&mut self, now: Duration) -> Tick {
        let late = now.saturating_sub(self.next);
        let missed = late > MISSED;
        let nominal = if missed { Self::align(self.period, now) } else { self.next };
        self.next = nominal + self.period;
        Tick { nominal, late, missed }
    }

    fn align(period: Duration, now: Duration) -> Duration {
        let ticks = now.as_nanos() / period.as_nanos().max(1);
        Duration::from_nanos((ticks * period.as_nanos()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn lateness_does_not_add_up() {
        let mut ticker = Ticker::new(MS(5), MS(12));
        assert_eq!(ticker.wait(MS(12)), MS(3));
        for n in 3..100 {
            let tick = ticker.fire(MS(n * 5 + 2));
            assert_eq!(tick, Tick { nominal: MS(n * 5), late: MS(2), missed: false });
        }
    }

    #[test]
    fn a_short_delay_is_made_up_for_and_a_long_one_is_not() {
        let mut ticker = Ticker::new(MS(5), MS(0));
        // 15 ms late: the ticks that were due run one after another.
        assert_eq!(ticker.fire(MS(20)).nominal, MS(5));
        assert_eq!(ticker.wait(MS(20)), MS(0));
        assert_eq!(ticker.fire(MS(20)).nominal, MS(10));
        assert_eq!(ticker.fire(MS(20)).nominal, MS(15));
        assert_eq!(ticker.fire(MS(20)), Tick { nominal: MS(20), late: MS(0), missed: false });
        // 76 ms late: start afresh.
        assert_eq!(ticker.fire(MS(101)), Tick { nominal: MS(100), late: MS(76), missed: true });
        assert_eq!(ticker.wait(MS(101)), MS(4));
    }
}
