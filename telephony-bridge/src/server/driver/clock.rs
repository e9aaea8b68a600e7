//! A call's clock: real time since the caller's first sample, scaled.

use std::time::{Duration, Instant};

use crate::session::CallTime;

/// Maps real time to call time.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallClock {
    origin: Instant,
    speed: f64,
}

impl CallClock {
    pub(super) fn new(origin: Instant, speed: f64) -> Self {
        Self { origin, speed }
    }

    /// The caller's first sample is `age` of call time old now.
    pub(super) fn begin(&mut self, age: Duration) {
        let now = Instant::now();
        self.origin = now.checked_sub(self.real(age)).unwrap_or(now);
    }

    pub(super) fn now(&self) -> CallTime {
        CallTime((self.origin.elapsed().as_secs_f64() * self.speed * 1e6) as u64)
    }

    /// When it is `time` in the call.
    pub(super) fn at(&self, time: CallTime) -> Instant {
        self.origin + self.real(Duration::from_micros(time.0))
    }

    /// How long `call` lasts in real time.
    pub(super) fn real(&self, call: Duration) -> Duration {
        call.div_f64(self.speed)
    }
}
