//! Pings, and the moment a silent socket is given up (S-TEL-005, S-PLT-010).
//!
//! No clock, no socket: the driver asks what is due and does it.

use std::time::{Duration, Instant};

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepaliveAction {
    /// Send a ping.
    Ping,
    /// The far end did not answer: close.
    Dead,
}

/// The state of one socket.
#[derive(Clone, Copy, Debug)]
pub struct Keepalive {
    interval: Duration,
    timeout: Duration,
    next_ping: Instant,
    /// When the answer to the last ping is overdue.
    overdue: Option<Instant>,
    /// When the last ping was due, until it is answered.
    pinged: Option<Instant>,
}

impl Keepalive {
    /// Pings every `interval`; gives up `timeout` after a ping without a sign of life.
    pub fn new(interval: Duration, timeout: Duration, now: Instant) -> Self {
        Self { interval, timeout, next_ping: now + interval, overdue: None, pinged: None }
    }

    /// Anything arrived: the far end lives.
    pub fn heard(&mut self) {
        self.overdue = None;
    }

    /// The answer to a ping arrived: how long it took.
    pub fn pong(&mut self, now: Instant) -> Option<Duration> {
        self.heard();
        self.pinged.take().map(|at| now.saturating_duration_since(at))
    }

    /// When [`poll`](Self::poll) has something to say; changes after every call of `poll` and
    /// [`heard`](Self::heard).
    pub fn deadline(&self) -> Instant {
        self.overdue.map_or(self.next_ping, |overdue| overdue.min(self.next_ping))
    }

    /// What is due. Poll until `None` whenever [`deadline`](Self::deadline) has passed.
    pub fn poll(&mut self, now: Instant) -> Option<KeepaliveAction> {
        if self.overdue.is_some_and(|overdue| overdue <= now) {
            return Some(KeepaliveAction::Dead);
        }
        if self.next_ping <= now {
            self.next_ping = now + self.interval;
            self.overdue.get_or_insert(now + self.timeout);
            self.pinged = Some(now);
            return Some(KeepaliveAction::Ping);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-TEL-005, S-TEL-013, Twilio's socket: a ping every 30 s; without a sign of life within 5 s it is given up.
    #[test]
    fn a_silent_socket_is_given_up() {
        let (interval, timeout) = (Duration::from_secs(30), Duration::from_secs(5));
        let start = Instant::now();
        let mut keepalive = Keepalive::new(interval, timeout, start);
        assert_eq!(keepalive.poll(start), None);
        assert_eq!(keepalive.deadline(), start + interval);
        assert_eq!(keepalive.poll(start + interval), Some(KeepaliveAction::Ping));
        assert_eq!(keepalive.poll(start + interval), None);
        keepalive.heard();
        let after = Duration::from_millis(40);
        assert_eq!(keepalive.pong(start + interval + after), Some(after));
        assert_eq!(keepalive.pong(start + interval + after), None, "asked for by nobody");
        assert_eq!(keepalive.poll(start + interval + timeout), None);
        assert_eq!(keepalive.poll(start + interval * 2), Some(KeepaliveAction::Ping));
        assert_eq!(keepalive.deadline(), start + interval * 2 + timeout);
        assert_eq!(keepalive.poll(start + interval * 2 + timeout), Some(KeepaliveAction::Dead));
    }

    #[test]
    fn an_interval_shorter_than_the_timeout_does_not_postpone_the_end() {
        let (interval, timeout) = (Duration::from_secs(1), Duration::from_secs(5));
        let start = Instant::now();
        let mut keepalive = Keepalive::new(interval, timeout, start);
        for second in 1..6 {
            assert_eq!(keepalive.poll(start + interval * second), Some(KeepaliveAction::Ping));
        }
        assert_eq!(keepalive.poll(start + interval * 6), Some(KeepaliveAction::Dead));
    }
}
