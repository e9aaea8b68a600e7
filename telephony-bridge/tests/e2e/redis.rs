//! Two bridges and a real Redis, which hangs, is killed and comes back empty.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use telephony_bridge::server::{CallsAnswer, Intent};
use tempfile::TempDir;

use crate::harness::{Site, eventually, hung_up, shown};
use crate::process::{Process, quiet_port};

const PASSWORD: &str = "hush";

/// `redis-server` with the configuration of production, on a port of its own. Killed when dropped.
struct Redis {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// `None`, and said so, where the system has none.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let port = quiet_port();
        match spawn(port, folder.path()) {
            Ok(child) => Some(Self { child, port, folder }),
            Err(error) => {
                eprintln!(
                    "SKIPPED: redis-server does not start ({error}): sessions of two bridges are not checked"
                );
                None
            }
        }
    }

    fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// The same again, as empty as it always starts.
    fn restart(&mut self) {
        self.child = spawn(self.port, self.folder.path()).expect("it was there before");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns once it listens.
fn spawn(port: u16, folder: &Path) -> std::io::Result<Child> {
    let conf = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/redis.conf");
    let mut command = Command::new("redis-server");
    command.arg(conf).args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--requirepass", PASSWORD]);
    let mut child = command.arg("--dir").arg(folder).stdout(Stdio::null()).spawn()?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    while TcpStream::connect(address).is_err() {
        if let Some(status) = child.try_wait()? {
            return Err(std::io::Error::other(format!("redis-server ended with {status}")));
        }
        std::thread::sleep(crate::process::MOMENT);
    }
    Ok(child)
}

/// Waits until a bridge shows exactly these calls, and says the same of its Redis.
async fn shows(bridge: &Process, calls: &[&str], connected: bool) -> CallsAnswer {
    let what = format!("{calls:?} are shown, Redis connected: {connected}");
    eventually(&what, async || {
        let answer = shown(bridge).await;
        let mut sids: Vec<&str> = answer.calls.iter().map(|call| call.call_sid.as_str()).collect();
        sids.sort_unstable();
        (sids == calls && answer.shared == Some(connected)).then_some(answer)
    })
    .await
}

/// What a bridge says of its Redis.
async fn redis(site: &Site, bridge: &Process) -> Value {
    site.health(bridge).await["redis"].clone()
}

/// S-PLT-003, S-TEL-007, S-TEL-009, S-PLT-014: two bridges see each other's calls; a Redis that hangs, or is killed,
/// leaves each its own, and the calls go on; it comes back by itself. The calls of a bridge that is killed
/// expire. The Redis runs with the configuration file of production.
#[tokio::test(flavor = "multi_thread")]
async fn bridges_share_their_calls_while_redis_is_there() {
    let Some(mut server) = Redis::start() else { return };
    let site = Site::new("booking", 1.0).await;
    let _crm = site.crm().await;
    let url = server.url();
    let other_data = tempfile::tempdir().expect("a folder");
    let other_data = other_data.path().display().to_string();
    let first = site.bridge(&[("REDIS_URL", &url)]);
    let second = site.bridge(&[("REDIS_URL", &url), ("DATA_DIR", &other_data)]);
    let call = |bridge: &Process, sid: &str| {
        let mut caller = site.caller(bridge, sid);
        // Long enough for all that follows.
        caller.audio = caller.audio.repeat(20);
        tokio::spawn(caller.call())
    };
    let one = call(&first, "1");
    let two = call(&second, "2");

    let seen = shows(&second, &["CA1", "CA2"], true).await;
    let (own, other) = (&seen.calls[0], &seen.calls[1]);
    assert_eq!((own.call_sid.as_str(), own.bridge.as_str()), ("CA2", ""), "its own come first");
    assert_eq!((other.call_sid.as_str(), other.stream_sid.as_str()), ("CA1", "MZ1"));
    assert!(!other.bridge.is_empty() && other.from.starts_with('…') && other.started_at_ms > 0, "{other:?}");
    shows(&first, &["CA1", "CA2"], true).await;
    let talking =
        async || shown(&second).await.calls.into_iter().find(|c| c.call_sid == "CA1" && c.turns > 0);
    let row = eventually("what happens in a call is seen from the other bridge", talking).await;
    assert!(row.received > 50 && row.sent > 0, "{row:?}");
    let health = redis(&site, &first).await;
    assert_eq!(health["connected"], true, "{health}");
    assert!(health["latency_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{health}");
    assert!(health["used_memory_bytes"].as_u64().is_some_and(|bytes| bytes > 100_000), "{health}");

    // It hangs: nobody waits for it.
    server.signal("-STOP");
    shows(&second, &["CA2"], false).await;
    assert_eq!(site.health(&second).await["status"], "degraded");
    server.signal("-CONT");
    shows(&second, &["CA1", "CA2"], true).await;

    // It is killed, and comes back empty.
    server.kill();
    shows(&first, &["CA1"], false).await;
    shows(&second, &["CA2"], false).await;
    assert!(!one.is_finished() && !two.is_finished(), "calls go on without Redis");
    server.restart();
    shows(&first, &["CA1", "CA2"], true).await;
    shows(&second, &["CA1", "CA2"], true).await;
    let health = redis(&site, &first).await;
    assert!(health["reconnects"].as_u64().is_some_and(|times| times >= 1), "{health}");
    assert!(!one.is_finished() && !two.is_finished(), "calls go on");

    // A call that ends is gone, and so are those of a bridge that cannot say so.
    two.abort();
    shows(&first, &["CA1"], true).await;
    first.kill();
    shows(&second, &[], true).await;
    one.abort();
}

/// S-TEL-007, S-PLT-003: what a call is about is in its record, and other bridges show it: what is wanted and where, but
/// not by whom, neither in Redis nor in a log.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_is_about_is_in_its_record() {
    let Some(server) = Redis::start() else { return };
    let site = Site::new("booking", 5.0).await;
    let _crm = site.crm().await;
    let url = server.url();
    let other_data = tempfile::tempdir().expect("a folder");
    let other_data = other_data.path().display().to_string();
    let first = site.bridge(&[("REDIS_URL", &url)]);
    let second = site.bridge(&[("REDIS_URL", &url), ("DATA_DIR", &other_data)]);
    let call = tokio::spawn(site.caller(&first, "1").call());
    let knows_where = async || {
        let row = shown(&second).await.calls.into_iter().next()?;
        row.about.entities.contains_key("area").then_some(row)
    };
    let row = eventually("the other bridge knows where the caller looks for a flat", knows_where).await;
    assert_eq!(row.about.intents, [Intent::Rent]);
    let of = |name: &str| row.about.entities.get(name).map(String::as_str);
    assert_eq!((of("area"), of("deal"), of("name")), (Some("תל אביב"), Some("rent"), Some("…")));

    let mut redis = redis::Client::open(url).expect("a URL").get_connection().expect("a connection");
    let keys: Vec<String> = redis::cmd("KEYS").arg("kav:session:*:CA1").query(&mut redis).expect("keys");
    let record: String = redis::cmd("GET").arg(&keys[0]).query(&mut redis).expect("a record");
    assert!(record.contains("תל אביב") && !record.contains("כהן"), "{record}");
    hung_up(call).await;
    let log = std::fs::read_to_string(site.folder.path().join("bridge.log")).expect("a log");
    for told in ["כהן", "תל אביב", "502345678"] {
        assert!(!log.contains(told), "{told} is in the log: {log}");
    }
}

/// S-PLT-003: without a Redis, or with one that never was there, calls are taken and shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_not_there_hinders_nobody() {
    let site = Site::new("booking", 1.0).await;
    let _crm = site.crm().await;
    let url = format!("redis://127.0.0.1:{}", quiet_port());
    let bridge = site.bridge(&[("REDIS_URL", &url)]);
    let call = tokio::spawn(site.caller(&bridge, "1").call());
    shows(&bridge, &["CA1"], false).await;
    let health = site.health(&bridge).await;
    assert_eq!(health["redis"]["connected"], false, "{health}");
    assert_eq!((&health["sessions"]["active"], &health["sessions"]["total"]), (&1.into(), &1.into()));
    assert!(health["memory"]["resident_bytes"].as_u64().is_some_and(|bytes| bytes > 1 << 20), "{health}");
    call.abort();
    let ended = async || {
        let health = site.health(&bridge).await;
        let averages = (health["sessions"]["average_s"].as_f64()?, health["websocket"]["messages"].as_u64()?);
        (health["sessions"]["active"] == 0).then_some(averages)
    };
    let (average_s, messages) = eventually("the call is over and counted", ended).await;
    assert!(average_s > 0.0 && messages > 0, "{average_s} s, {messages} messages");
}
