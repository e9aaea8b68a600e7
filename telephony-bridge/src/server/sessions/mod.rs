//! The session registry: the calls of all bridges that share one Redis (S-PLT-003).
//!
//! A bridge's own calls are on its [`Board`], in memory, whatever happens. Where `REDIS_URL` is set, one task
//! writes them to Redis every second and reads those of the others. Nothing else talks to Redis: a call
//! neither waits for it nor notices that it is away. Each exchange is bounded in time; after a failure the
//! task waits, up to [`LONGEST_PAUSE`], and the view is the bridge's own until Redis is back: then
//! everything on the board is written again. Records expire by themselves, so the calls of a bridge that
//! was killed are gone from the others' view within [`RECORD_TTL`].

mod redis;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::board::{Board, CallRow};
use crate::config::RedisConfig;
use crate::metrics as names;
pub use redis::StoreError;
use redis::{Exchange, Store};

/// Between two exchanges.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a record outlives its last writing.
pub const RECORD_TTL: Duration = Duration::from_secs(10);
/// The first pause after a failure; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// For taking the own records away at the end.
const FAREWELL_LIMIT: Duration = Duration::from_secs(1);

/// How Redis does (S-TEL-009).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct RedisHealth {
    /// Did the last exchange succeed, a moment ago?
    pub connected: bool,
    /// How long it took to answer a ping then, in ms.
    pub latency_ms: Option<f64>,
    /// Memory it uses, in bytes.
    pub used_memory_bytes: Option<u64>,
    /// Exchanges that failed since the last that succeeded.
    pub consecutive_failures: u64,
    /// Times that it came back.
    pub reconnects: u64,
    /// Calls of other bridges.
    pub other_calls: usize,
}

/// The calls of the other bridges, as Redis had them a moment ago.
#[derive(Debug)]
pub struct Sessions {
    /// This bridge among the others.
    bridge: String,
    redis: Option<RedisConfig>,
    seen: Mutex<Seen>,
}

/// This bridge's calls in Redis.
struct Own {
    /// Those that may be there.
    written: HashSet<String>,
    /// When they certainly were.
    at: Instant,
}

/// What the last exchange brought.
#[derive(Debug, Default)]
struct Seen {
    /// When it succeeded; `None`: it failed, or there was none.
    at: Option<Instant>,
    health: RedisHealth,
    others: Vec<CallRow>,
}

impl Seen {
    /// What is older than any record would be is worth nothing.
    fn is_fresh(&self) -> bool {
        self.at.is_some_and(|at| at.elapsed() < RECORD_TTL)
    }
}

impl Sessions {
    /// Without a Redis there are no other bridges.
    pub fn new(redis: Option<RedisConfig>) -> Self {
        Self { bridge: bridge_name(), redis, seen: Mutex::default() }
    }

    /// Live calls of other bridges, the longest first; none while Redis is away.
    pub fn others(&self) -> Vec<CallRow> {
        let seen = self.lock();
        if seen.is_fresh() { seen.others.clone() } else { Vec::new() }
    }

    /// How Redis does; `None`: there is none.
    pub fn redis(&self) -> Option<RedisHealth> {
        self.redis.as_ref()?;
        let seen = self.lock();
        Some(RedisHealth { connected: seen.is_fresh(), ..seen.health })
    }

    /// Exchanges sessions with the others until `stop` is ready, then takes the own ones away. Without a
    /// Redis it does nothing.
    pub async fn exchange(&self, board: Arc<Board>, stop: impl Future<Output = ()>) {
        let Some(redis) = &self.redis else { return };
        let mut store = match Store::new(redis, &self.bridge) {
            Ok(store) => store,
            Err(error) => return tracing::error!(%error, "calls are not shared"),
        };
        let mut own = Own { written: HashSet::new(), at: Instant::now() };
        tokio::pin!(stop);
        let mut pause = FIRST_PAUSE;
        loop {
            let wait = match self.step(&mut store, &board, &mut own).await {
                true => {
                    pause = FIRST_PAUSE;
                    PERIOD
                }
                false => {
                    let wait = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    wait
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = &mut stop => break,
            }
        }
        let own: Vec<String> = own.written.into_iter().collect();
        // What cannot be taken away expires.
        let _ = tokio::time::timeout(FAREWELL_LIMIT, store.exchange(&[], &own)).await;
    }

    /// One exchange. `false`: it failed.
    async fn step(&self, store: &mut Store, board: &Board, own: &mut Own) -> bool {
        let mut rows = board.rows();
        rows.iter_mut().for_each(|row| row.bridge.clone_from(&self.bridge));
        let live: HashSet<String> = rows.iter().map(|row| row.call_sid.clone()).collect();
        let ended: Vec<String> = own.written.difference(&live).cloned().collect();
        match store.exchange(&rows, &ended).await {
            Ok(exchange) => {
                *own = Own { written: live, at: Instant::now() };
                self.succeeded(exchange);
                true
            }
            Err(error) => {
                // What was written may be there or not: it is taken away, or written, the next time. After a
                // while it has expired.
                if own.at.elapsed() > RECORD_TTL {
                    own.written.clear();
                }
                own.written.extend(live);
                self.failed(&error);
                false
            }
        }
    }

    fn succeeded(&self, exchange: Exchange) {
        let Exchange { others, latency, used_memory, not_understood } = exchange;
        metrics::gauge!(names::REDIS_UP).set(1.0);
        metrics::gauge!(names::REDIS_LATENCY).set(latency.as_secs_f64());
        metrics::counter!(names::REDIS_BAD_RECORDS).increment(not_understood);
        let mut seen = self.lock();
        let health = &mut seen.health;
        if health.consecutive_failures > 0 {
            health.reconnects += 1;
            tracing::info!(failures = health.consecutive_failures, "Redis is back: calls are shared again");
        }
        health.latency_ms = Some(latency.as_micros() as f64 / 1_000.0);
        health.used_memory_bytes = used_memory.or(health.used_memory_bytes);
        health.consecutive_failures = 0;
        health.other_calls = others.len();
        if let Some(bytes) = health.used_memory_bytes {
            metrics::gauge!(names::REDIS_MEMORY).set(bytes as f64);
        }
        seen.others = others;
        seen.at = Some(Instant::now());
    }

    fn failed(&self, error: &StoreError) {
        metrics::gauge!(names::REDIS_UP).set(0.0);
        metrics::counter!(names::REDIS_FAILURES).increment(1);
        let mut seen = self.lock();
        if seen.health.consecutive_failures == 0 {
            tracing::warn!(%error, "Redis is away: this bridge shows its own calls alone, and they go on");
        }
        let (failures, reconnects) = (seen.health.consecutive_failures + 1, seen.health.reconnects);
        seen.health = RedisHealth { consecutive_failures: failures, reconnects, ..RedisHealth::default() };
        // They may be over by now.
        seen.others.clear();
        seen.at = None;
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The machine's name and four digits, so that two bridges of one machine differ.
fn bridge_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '.';
    let host: String = host.trim().chars().filter(plain).take(40).collect();
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("{}-{}", if host.is_empty() { "bridge" } else { &host }, &id[..4])
}
