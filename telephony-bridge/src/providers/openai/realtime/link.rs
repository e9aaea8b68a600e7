//! The sessions of a call, one after the other: the one at hand, and the next one while it is being set up.

use std::sync::Arc;
use std::time::Duration;

use super::RealtimeModel;
use super::task::{self, Report};
use crate::providers::net::{CallNet, Refused, Worker, numbers};
use crate::session::CallTime;

/// Messages that may wait for the socket: ten seconds of audio.
const COMMANDS: usize = 512;
/// Events that may wait for the driver.
const REPORTS: usize = 256;
/// A session is replaced so long before the server ends it.
const BEFORE_END: Duration = Duration::from_secs(300);
/// First pause between attempts…
const PAUSE: Duration = Duration::from_secs(1);
/// …which doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// One session.
#[derive(Debug)]
pub(super) struct Link {
    worker: Worker<String, Report>,
    /// It is set up.
    pub(super) is_live: bool,
    /// Entries of the log that it was told when it began.
    pub(super) told: usize,
    /// When it should be replaced.
    pub(super) until: CallTime,
}

impl Link {
    /// Begins to set one up. `first` are its first messages; `why` is for the metric.
    pub(super) fn open(
        model: &Arc<RealtimeModel>,
        net: &CallNet,
        now: CallTime,
        (first, told): (Vec<String>, usize),
        why: &'static str,
    ) -> Self {
        metrics::counter!(numbers::SESSIONS, "why" => why).increment(1);
        let until = now + model.settings.session_limit;
        let model = Arc::clone(model);
        let worker =
            net.spawn(COMMANDS, REPORTS, move |inbox, outbox| task::run(model, first, inbox, outbox));
        Self { worker, is_live: false, told, until }
    }

    /// It is set up, and ends at `expires_at`, in s since 1970, where the server says so.
    pub(super) fn live(&mut self, now: CallTime, expires_at: Option<i64>) {
        self.is_live = true;
        let seconds = expires_at.map(|at| at - jiff::Timestamp::now().as_second());
        if let Some(left) = seconds.and_then(|left| u64::try_from(left).ok()).map(Duration::from_secs) {
            // A session that is short is half used.
            let used = left.saturating_sub(BEFORE_END).max(left / 2);
            self.until = self.until.min(now + used);
        }
    }

    pub(super) fn send(&self, message: String) -> Result<(), Refused> {
        self.worker.send(message)
    }

    pub(super) fn poll(&mut self) -> Option<Report> {
        self.worker.poll()
    }
}

/// When to try again.
#[derive(Debug, Default)]
pub(super) struct Retry {
    pub(super) at: CallTime,
    pause: Duration,
}

impl Retry {
    /// An attempt begins: the next one waits for longer.
    pub(super) fn next(&mut self, now: CallTime) {
        self.pause = if self.pause.is_zero() { PAUSE } else { (self.pause * 2).min(LONGEST_PAUSE) };
        self.at = now + self.pause;
    }

    /// It works.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_become_rarer() {
        let (mut retry, at) = (Retry::default(), CallTime::from_ms);
        let pauses: Vec<u64> = (0..8)
            .map(|_| {
                retry.next(at(0));
                retry.at.as_ms() / 1_000
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        retry.reset();
        assert_eq!(retry.at, at(0));
    }
}
