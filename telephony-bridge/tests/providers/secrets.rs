//! A key is in no log, whatever goes wrong.

use std::io::Write;
use std::sync::{Arc, Mutex};

use provider_fakes::openai::{HttpFault, Service};
use provider_fakes::realtime::{FakeRealtime, RealtimeFault};

use crate::site::{PATIENCE, Site, ran_apart, tape};

const KEY: &str = "sk-0123456789-very-secret";

/// Everything that is logged in this process, at the finest level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("whole").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A-TEL-006: errors are logged in detail, keys are not: not by us, not by a library, not from what the far end
/// repeats.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_is_in_no_log() {
    if ran_apart("secrets::a_key_is_in_no_log") {
        return;
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only one of this process");
    let tape = tape("greeting");
    let realtime = FakeRealtime::start().await.expect("a port");
    realtime.script([RealtimeFault::Status(401), RealtimeFault::Server, RealtimeFault::Garbage]);
    let url = realtime.url();
    let spoken = [("SPEECH_MODE", "realtime"), ("REALTIME_BASE_URL", &url), ("REALTIME_API_KEY", KEY)];
    let site = Site::start(&[&[("OPENAI_API_KEY", KEY)][..], &spoken].concat()).await;
    for service in Service::ALL {
        site.openai.script(
            service,
            [HttpFault::EchoKey, HttpFault::Expired, HttpFault::Garbage, HttpFault::EchoKey],
        );
    }
    let end = tape.file.caller[0].end_ms;
    let call = site.caller(&tape, "00000000000000000000000000000051", end + 3_000).call();
    tokio::time::timeout(PATIENCE, call).await.expect("the call ends").expect("a call");
    let sent = site.openai.requests(Service::Transcriptions);
    assert!(sent.iter().any(|request| request.authorization.as_deref().is_some_and(|a| a.contains(KEY))));
    site.down().await;
    let key = realtime.sessions()[0].authorization.clone();
    assert!(key.is_some_and(|key| key.contains(KEY)));
    let text = String::from_utf8_lossy(&log.0.lock().expect("whole")).into_owned();
    assert!(text.contains("provider failed") && text.contains("[key]"), "the failures are there");
    assert!(!text.contains(KEY), "the key is logged");
}
