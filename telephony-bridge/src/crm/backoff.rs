//! How long to wait before trying again.

use std::time::Duration;

/// Doubles from `min` to `max`; the wait is a random part, at least half, of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub min: Duration,
    /// After many.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { min: Duration::from_millis(200), max: Duration::from_secs(10) }
    }
}

impl Backoff {
    /// The wait after `failures` failures in a row, where `random` is any number.
    pub fn wait(&self, failures: u32, random: u64) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        let full = self.min.saturating_mul(1 << doublings).min(self.max);
        let half = full / 2;
        let part = (random % 1_024) as u32;
        half + half * part / 1_023
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit() {
        let backoff = Backoff { min: Duration::from_millis(100), max: Duration::from_secs(1) };
        let longest: Vec<u128> = [1, 2, 3, 4, 5, 99].map(|n| backoff.wait(n, 1_023).as_millis()).to_vec();
        assert_eq!(longest, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(backoff.wait(1, 0).as_millis(), 50);
        assert!(backoff.wait(4, 7_777) >= Duration::from_millis(400));
    }
}
