//! How a provider is doing, as all calls of the process see it: a circuit breaker, and the metrics.
//!
//! The circuit is *closed* while the provider works. It *opens* after three failures in a row, or at
//! once where the provider itself says that it will not work (quota, expired key): calls then go past
//! it. It is *tried* once its pause is over, by the probe where there is one (no caller waits for it), else
//! by one call; success closes it, failure doubles the pause.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::{Phase, ProviderError, Reason, Role, numbers};

/// Failures in a row that open the circuit.
const FAILURES: u32 = 3;
/// First pause of an open circuit…
const PAUSE: Duration = Duration::from_secs(2);
/// …which doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Longest pause a provider may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(600);

/// Where a circuit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circuit {
    /// The provider works.
    Closed,
    /// One request tries it.
    Trying,
    /// Requests go past it until the pause is over.
    Open {
        /// When it may be tried again.
        until: Instant,
    },
}

/// A provider may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// As usual.
    Normal,
    /// This request decides whether the circuit closes.
    Trial,
}

#[derive(Debug)]
struct State {
    circuit: Circuit,
    /// Failures since the last success.
    failures: u32,
    pause: Duration,
    last: Option<Reason>,
    /// A trial that never reported frees its place after a while.
    trial_since: Option<Instant>,
}

impl State {
    const fn closed(pause: Duration) -> Self {
        Self { circuit: Circuit::Closed, failures: 0, pause, last: None, trial_since: None }
    }
}

/// Longest a trial may take.
const TRIAL_LIMIT: Duration = Duration::from_secs(30);

/// How one provider is doing. Shared by all calls.
#[derive(Debug)]
pub struct Health {
    provider: &'static str,
    role: Role,
    /// A probe tries the provider; calls do not.
    probed: bool,
    first_pause: Duration,
    state: Mutex<State>,
    opened: Notify,
}

impl Health {
    /// Of a provider that works until the contrary is seen. `probed`: a probe in the background tries it
    /// when its circuit is open.
    pub fn new(provider: &'static str, role: Role, probed: bool) -> Self {
        let health = Self {
            provider,
            role,
            probed,
            first_pause: PAUSE,
            state: Mutex::new(State::closed(PAUSE)),
            opened: Notify::new(),
        };
        health.show(Circuit::Closed);
        health
    }

    /// The same with another first pause; 2 s where nothing is said.
    #[must_use]
    pub fn with_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self.state = Mutex::new(State::closed(pause));
        self
    }

    /// Its name in a chain.
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// What it is there for.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Where its circuit stands.
    pub fn circuit(&self) -> Circuit {
        self.state().circuit
    }

    /// Why it failed last, unless it has worked since.
    pub fn last_reason(&self) -> Option<Reason> {
        self.state().last
    }

    /// May it be asked at `now`? Whoever gets a permit reports what came of it.
    pub fn permit(&self, now: Instant) -> Option<Permit> {
        let mut state = self.state();
        match state.circuit {
            Circuit::Closed => Some(Permit::Normal),
            Circuit::Open { until } if until <= now && !self.probed => {
                self.begin_trial(&mut state, now);
                Some(Permit::Trial)
            }
            Circuit::Trying
                if !self.probed && state.trial_since.is_none_or(|since| now - since >= TRIAL_LIMIT) =>
            {
                self.begin_trial(&mut state, now);
                Some(Permit::Trial)
            }
            Circuit::Open { .. } | Circuit::Trying => None,
        }
    }

    fn begin_trial(&self, state: &mut State, now: Instant) {
        state.circuit = Circuit::Trying;
        state.trial_since = Some(now);
        self.show(Circuit::Trying);
    }

    /// It did what was asked.
    pub fn succeeded(&self) {
        let mut state = self.state();
        let was = state.circuit;
        *state = State::closed(self.first_pause);
        drop(state);
        if was != Circuit::Closed {
            self.show(Circuit::Closed);
            tracing::info!(provider = self.provider, role = %self.role, "the provider works again");
        }
    }

    /// It began to answer after `waited`.
    pub fn first_result(&self, waited: Duration) {
        let (provider, role) = (self.provider, self.role.as_str());
        metrics::histogram!(numbers::FIRST_RESULT, "provider" => provider, "role" => role)
            .record(waited.as_secs_f64());
    }

    /// It failed at `now`.
    pub fn failed(&self, now: Instant, error: &ProviderError) {
        let (provider, role, reason) = (self.provider, self.role.as_str(), error.reason.as_str());
        metrics::counter!(numbers::ERRORS, "provider" => provider, "role" => role, "reason" => reason)
            .increment(1);
        let mut state = self.state();
        state.failures += 1;
        state.last = Some(error.reason);
        let asked = match error.reason {
            Reason::Quota { retry_after } => Some(retry_after.unwrap_or_default().min(LONGEST_ASKED)),
            Reason::Expired => Some(Duration::ZERO),
            _ => None,
        };
        let opens = match state.circuit {
            Circuit::Closed => state.failures >= FAILURES || asked.is_some(),
            Circuit::Trying => true,
            // Requests that were on their way when it opened change nothing.
            Circuit::Open { .. } => false,
        };
        if opens {
            let pause = state.pause.max(asked.unwrap_or_default());
            state.circuit = Circuit::Open { until: now + pause };
            state.pause = (state.pause * 2).min(LONGEST_PAUSE);
            state.trial_since = None;
            self.show(state.circuit);
            self.opened.notify_one();
            tracing::warn!(provider, role, reason, ?pause, "the provider is left out for a while");
        }
        drop(state);
        tracing::warn!(role, error = %error, "provider failed");
    }

    /// The chain waited `limit` for it in vain.
    pub fn was_late(&self, now: Instant, phase: Phase, limit: Duration) {
        let detail = format!("nothing within {} ms", limit.as_millis());
        self.failed(now, &ProviderError::new(self.provider, phase, Reason::Slow, detail));
    }

    /// Tries the provider in the background whenever its circuit is open, until the future is dropped.
    /// `probe` returns what came of a small request.
    pub async fn keep_probing<F>(&self, probe: impl Fn() -> F)
    where
        F: Future<Output = Result<(), ProviderError>>,
    {
        loop {
            let Circuit::Open { until } = self.circuit() else {
                self.opened.notified().await;
                continue;
            };
            tokio::time::sleep_until(until.into()).await;
            {
                let mut state = self.state();
                if matches!(state.circuit, Circuit::Open { .. }) {
                    self.begin_trial(&mut state, Instant::now());
                }
            }
            match probe().await {
                Ok(()) => self.succeeded(),
                Err(error) => self.failed(Instant::now(), &error),
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, circuit: Circuit) {
        let value = match circuit {
            Circuit::Closed => 0.0,
            Circuit::Trying => 1.0,
            Circuit::Open { .. } => 2.0,
        };
        metrics::gauge!(numbers::CIRCUIT, "provider" => self.provider, "role" => self.role.as_str())
            .set(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(reason: Reason) -> ProviderError {
        ProviderError::new("openai", Phase::Request, reason, "x")
    }

    fn open_for(health: &Health, now: Instant) -> Option<Duration> {
        match health.circuit() {
            Circuit::Open { until } => Some(until - now),
            _ => None,
        }
    }

    #[test]
    fn three_failures_in_a_row_open_it_and_a_call_tries_it() {
        let (health, t0) = (Health::new("openai", Role::Llm, false), Instant::now());
        health.failed(t0, &error(Reason::Dropped));
        health.failed(t0, &error(Reason::Server));
        health.succeeded();
        for _ in 0..2 {
            health.failed(t0, &error(Reason::Slow));
            assert_eq!(health.permit(t0), Some(Permit::Normal));
        }
        health.failed(t0, &error(Reason::Stalled));
        assert_eq!((open_for(&health, t0), health.permit(t0)), (Some(PAUSE), None));
        // One call tries, the others go past.
        let later = t0 + PAUSE;
        assert_eq!((health.permit(later), health.permit(later)), (Some(Permit::Trial), None));
        health.failed(later, &error(Reason::Slow));
        assert_eq!(open_for(&health, later), Some(PAUSE * 2));
        let again = later + PAUSE * 2;
        assert_eq!(health.permit(again), Some(Permit::Trial));
        health.succeeded();
        assert_eq!(health.permit(again), Some(Permit::Normal));
    }

    #[test]
    fn a_trial_that_never_reports_frees_its_place() {
        let (health, t0) = (Health::new("openai", Role::Llm, false), Instant::now());
        health.failed(t0, &error(Reason::Expired));
        let trial = t0 + PAUSE;
        assert_eq!(health.permit(trial), Some(Permit::Trial));
        assert_eq!(health.permit(trial + TRIAL_LIMIT / 2), None);
        assert_eq!(health.permit(trial + TRIAL_LIMIT), Some(Permit::Trial));
    }

    #[test]
    fn what_the_provider_says_of_itself_is_believed() {
        let t0 = Instant::now();
        let health = Health::new("openai", Role::Tts, true);
        health.failed(t0, &error(Reason::Quota { retry_after: Some(Duration::from_secs(20)) }));
        assert_eq!(open_for(&health, t0), Some(Duration::from_secs(20)));
        let health = Health::new("openai", Role::Tts, true);
        health.failed(t0, &error(Reason::Quota { retry_after: Some(Duration::from_secs(86_400)) }));
        assert_eq!(open_for(&health, t0), Some(LONGEST_ASKED));
    }

    /// A probe in the background closes the circuit; no caller waits for it.
    #[tokio::test]
    async fn a_probe_closes_it() {
        let health = Health::new("openai", Role::Stt, true).with_pause(Duration::from_millis(1));
        let now = Instant::now();
        health.failed(now, &error(Reason::Expired));
        assert_eq!(health.permit(now + LONGEST_PAUSE), None, "calls never try a probed provider");
        let probes = std::cell::Cell::new(0);
        let probing = health.keep_probing(|| {
            probes.set(probes.get() + 1);
            let answer = if probes.get() < 3 { Err(error(Reason::Refused)) } else { Ok(()) };
            std::future::ready(answer)
        });
        let closed = async {
            while health.circuit() != Circuit::Closed {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            () = probing => {}
            () = closed => {}
            () = tokio::time::sleep(Duration::from_secs(30)) => panic!("not closed after {}", probes.get()),
        }
        assert_eq!(probes.get(), 3);
    }
}
