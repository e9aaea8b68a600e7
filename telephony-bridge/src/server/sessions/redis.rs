//! What is asked of Redis.
//!
//! `kav:session:BRIDGE:CALL` holds a call as JSON and expires; the sorted set `kav:sessions` names the keys by
//! the time their calls began. Both are written in one transaction. Whoever finds a name whose key has
//! expired takes the name away. What other processes have written is believed only as far as it parses.

use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Pipeline, RedisError, cmd, pipe};

use super::RECORD_TTL;
use crate::config::RedisConfig;
use crate::server::board::CallRow;

/// To connect, and to log in.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// For one answer.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);
/// Between two questions about memory.
const MEMORY_PERIOD: Duration = Duration::from_secs(10);
/// Sessions read at most.
const MAX_SESSIONS: isize = 10_000;
/// Longest record, in bytes.
const MAX_RECORD: usize = 4_096;
/// Longest name in a record, in bytes.
const MAX_NAME: usize = 128;
const INDEX: &str = "kav:sessions";
const PREFIX: &str = "kav:session:";

/// An exchange with Redis failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Redis refused, or is not there.
    #[error(transparent)]
    Redis(#[from] RedisError),
    /// No connection within the limit.
    #[error("no connection to Redis within {CONNECT_LIMIT:?}")]
    Connect,
    /// A call cannot be written down.
    #[error("a session as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// What an exchange brought.
#[derive(Debug)]
pub(super) struct Exchange {
    /// Calls of other bridges, the longest first.
    pub(super) others: Vec<CallRow>,
    /// A ping and its answer.
    pub(super) latency: Duration,
    /// Bytes, if they were asked for.
    pub(super) used_memory: Option<u64>,
    /// Records that make no sense.
    pub(super) not_understood: u64,
}

/// A Redis, connected or not.
pub(super) struct Store {
    client: Client,
    /// Of this bridge's keys.
    own: String,
    connection: Option<MultiplexedConnection>,
    /// When its memory was asked for last, over this connection.
    memory_asked: Option<Instant>,
}

impl Store {
    pub(super) fn new(redis: &RedisConfig, bridge: &str) -> Result<Self, StoreError> {
        let own = format!("{PREFIX}{bridge}:");
        Ok(Self { client: redis.client()?, own, connection: None, memory_asked: None })
    }

    /// Writes the own calls, takes those that are over away, reads the others'.
    pub(super) async fn exchange(
        &mut self,
        own: &[CallRow],
        ended: &[String],
    ) -> Result<Exchange, StoreError> {
        let mut connection = self.connection().await?;
        let result = self.exchange_over(&mut connection, own, ended).await;
        // A connection on which something failed is given up: what is still to come over it is anybody's guess.
        self.connection = result.is_ok().then_some(connection);
        result
    }

    async fn connection(&mut self) -> Result<MultiplexedConnection, StoreError> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let limits = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(Some(ANSWER_LIMIT));
        let connecting = self.client.get_multiplexed_async_connection_with_config(&limits);
        self.memory_asked = None;
        // Logging in is bounded here.
        let connected = tokio::time::timeout(CONNECT_LIMIT, connecting).await;
        Ok(connected.map_err(|_| StoreError::Connect)??)
    }

    async fn exchange_over(
        &mut self,
        connection: &mut MultiplexedConnection,
        own: &[CallRow],
        ended: &[String],
    ) -> Result<Exchange, StoreError> {
        let begun = Instant::now();
        cmd("PING").exec_async(connection).await?;
        let latency = begun.elapsed();
        if let Some(changes) = self.changes(own, ended)? {
            changes.exec_async(connection).await?;
        }
        let keys: Vec<String> =
            cmd("ZRANGE").arg(INDEX).arg(0).arg(MAX_SESSIONS - 1).query_async(connection).await?;
        let keys: Vec<String> = keys.into_iter().filter(|key| !key.starts_with(&self.own)).collect();
        let (others, not_understood) = read(connection, &keys).await?;
        let used_memory = match self.memory_asked {
            Some(asked) if asked.elapsed() < MEMORY_PERIOD => None,
            _ => {
                self.memory_asked = Some(Instant::now());
                match cmd("INFO").arg("memory").query_async::<String>(connection).await {
                    Ok(info) => used_memory(&info),
                    Err(error) if error.is_io_error() || error.is_connection_dropped() => {
                        return Err(error.into());
                    }
                    // A Redis that belongs to others need not tell.
                    Err(_) => None,
                }
            }
        };
        Ok(Exchange { others, latency, used_memory, not_understood })
    }

    fn changes(&self, own: &[CallRow], ended: &[String]) -> Result<Option<Pipeline>, StoreError> {
        if own.is_empty() && ended.is_empty() {
            return Ok(None);
        }
        let mut changes = pipe();
        changes.atomic();
        for row in own {
            let key = format!("{}{}", self.own, row.call_sid);
            let json = serde_json::to_string(row)?;
            changes.cmd("SET").arg(&key).arg(json).arg("EX").arg(RECORD_TTL.as_secs()).ignore();
            changes.cmd("ZADD").arg(INDEX).arg(row.started_at_ms).arg(key).ignore();
        }
        for call_sid in ended {
            let key = format!("{}{call_sid}", self.own);
            changes.cmd("DEL").arg(&key).ignore();
            changes.cmd("ZREM").arg(INDEX).arg(key).ignore();
        }
        Ok(Some(changes))
    }
}

/// The records of these keys, and how many make no sense.
async fn read(
    connection: &mut MultiplexedConnection,
    keys: &[String],
) -> Result<(Vec<CallRow>, u64), StoreError> {
    if keys.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let records: Vec<Option<Vec<u8>>> = cmd("MGET").arg(keys).query_async(connection).await?;
    let mut rows = Vec::with_capacity(records.len());
    let (mut expired, mut not_understood) = (Vec::new(), 0);
    for (key, record) in keys.iter().zip(records) {
        match record.as_deref().map(parse) {
            Some(Some(row)) => rows.push(row),
            Some(None) => {
                not_understood += 1;
                tracing::debug!(?key, "a session that makes no sense");
            }
            None => expired.push(key),
        }
    }
    if !expired.is_empty() {
        // A bridge that writes one of them at this moment writes its name again a second later.
        cmd("ZREM").arg(INDEX).arg(&expired).exec_async(connection).await?;
    }
    Ok((rows, not_understood))
}

/// A record of another bridge. Names go to terminals: none may hold control characters.
fn parse(record: &[u8]) -> Option<CallRow> {
    if record.len() > MAX_RECORD {
        return None;
    }
    let row: CallRow = serde_json::from_slice(record).ok()?;
    let plain = |text: &str| text.chars().count() <= MAX_NAME && !text.chars().any(char::is_control);
    let names = [&row.call_sid, &row.stream_sid, &row.bridge, &row.from, &row.business];
    (names.into_iter().chain(row.about.texts()).all(|name| plain(name)) && !row.bridge.is_empty())
        .then_some(row)
}

/// `used_memory` of `INFO memory`.
fn used_memory(info: &str) -> Option<u64> {
    info.lines().find_map(|line| line.strip_prefix("used_memory:")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_makes_sense_is_believed() {
        let record = |bridge: &str, business: &str| {
            serde_json::json!({
                "call_sid": "CA1", "bridge": bridge, "from": "…5678", "business": business, "seconds": 1,
                "state": "thinking", "turns": 1, "yields": 0, "fallbacks": 0, "response_ms": null,
            })
            .to_string()
        };
        assert_eq!(parse(record("b", "demo").as_bytes()).expect("whole").bridge, "b");
        let about = |entities: &str| {
            record("b", "demo").replacen(
                '{',
                &format!("{{\"intents\":[\"rent\"],\"entities\":{entities},"),
                1,
            )
        };
        let row = parse(about(r#"{"area":"חיפה"}"#).as_bytes()).expect("whole");
        assert_eq!((row.about.intents.len(), row.about.entities["area"].as_str()), (1, "חיפה"));
        for wrong in [
            about(r#"{"area":"\u001b[2J"}"#),
            about(r#"{"a\nb":"x"}"#),
            about(&format!(r#"{{"area":"{}"}}"#, "x".repeat(129))),
            about("[]"),
            record("", "demo"),
            record("b", "\u{1b}[2J"),
            record("b", &"x".repeat(129)),
            format!("{}{}", record("b", "demo"), " ".repeat(MAX_RECORD)),
            record("b", "demo").replace("thinking", "dreaming"),
            "{}".to_owned(),
        ] {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(parse(&[0xff]), None);
        assert_eq!(
            used_memory("# Memory\r\nused_memory:1048576\r\nused_memory_human:1M\r\n"),
            Some(1_048_576)
        );
    }
}
