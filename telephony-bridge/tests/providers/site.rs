//! A bridge in this process, with a CRM and an OpenAI-compatible server that may fail.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use audio_core::codec::ulaw;
use audio_core::tape::Tape;
use provider_fakes::crm::FakeCrm;
use provider_fakes::openai::FakeOpenAi;
use provider_fakes::twilio_caller::{CallRecord, Caller, Event};
use telephony_bridge::config::{Config, Source};
use telephony_bridge::server::{CALLS_PATH, CallRow, CallsAnswer, LiveRunner, ServeError, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const TOKEN: &str = "internal";
/// For what must happen sooner or later.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Set in the process of one test: its name and which part of it.
const APART: &str = "KAV_TEST_APART";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// A recorded call of the fixtures.
pub fn tape(name: &str) -> Tape {
    Tape::load(fixtures().join("calls").join(name)).expect("a tape")
}

/// The folder of a recorded call.
pub fn tape_dir(name: &str) -> String {
    fixtures().join("calls").join(name).display().to_string()
}

/// The folder of the clip library.
pub fn voice_dir() -> String {
    fixtures().join("voice").display().to_string()
}

/// A business with its bridge.
pub struct Site {
    pub crm: FakeCrm,
    pub openai: FakeOpenAi,
    pub address: SocketAddr,
    public: String,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<(), ServeError>>,
    folder: Arc<TempDir>,
}

impl Site {
    /// A bridge that knows the server's base URL, and `settings`.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let openai = FakeOpenAi::start().await.expect("a port");
        Self::with(openai, Arc::new(tempfile::tempdir().expect("a folder")), settings).await
    }

    /// The same with a server and a folder that are there.
    pub async fn with(openai: FakeOpenAi, folder: Arc<TempDir>, settings: &[(&str, &str)]) -> Self {
        let crm = FakeCrm::start(TOKEN).await.expect("a port");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let public = format!("http://{address}");
        let data = folder.path().display().to_string();
        let (crm_url, url) = (crm.url(), openai.url());
        let usual = [
            ("MOCK_TWILIO", "true"),
            ("PUBLIC_BASE_URL", &public),
            ("INTERNAL_API_TOKEN", TOKEN),
            ("CRM_URL", &crm_url),
            ("DATA_DIR", &data),
            ("OPENAI_BASE_URL", &url),
            ("ENGINE_WORKERS", "1"),
            ("DRAIN_TIMEOUT", "1"),
        ];
        let source = Source::from_pairs(usual.iter().chain(settings).copied()).expect("known");
        let config = Config::from_source(&source).expect("complete");
        let runner = Arc::new(LiveRunner::new(&config).expect("a runner"));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(config, listener, runner, async move {
            // An error means that the site was dropped.
            let _ = stopped.await;
        }));
        Self { crm, openai, address, public, stop: Some(stop), serving, folder }
    }

    /// A caller who says what is on the tape, until `hang_up_ms`.
    pub fn caller(&self, tape: &Tape, sid: &str, hang_up_ms: u64) -> Caller {
        let mut audio = vec![0; tape.caller.len()];
        ulaw::encode_slice(&tape.caller, &mut audio);
        let mut caller = Caller::new(self.address, &self.public, None, sid);
        caller.audio = audio;
        caller.hang_up_ms = Some(hang_up_ms);
        caller
    }

    /// Where the bridge keeps what it keeps.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// The live calls as the bridge shows them, a moment later.
    pub async fn calls(&self) -> Vec<CallRow> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("http://{}{CALLS_PATH}", self.address);
        let answer = client.get(url).bearer_auth(TOKEN).send().await.expect("an answer");
        answer.json::<CallsAnswer>().await.expect("calls").calls
    }

    /// The bridge's metrics.
    pub async fn metrics(&self) -> String {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.get(format!("http://{}/metrics", self.address)).send().await.expect("an answer");
        answer.text().await.expect("text")
    }

    /// Stops the bridge; what it leaves behind is for the next one.
    pub async fn down(mut self) -> (FakeOpenAi, Arc<TempDir>) {
        drop(self.stop.take());
        let served = tokio::time::timeout(PATIENCE, self.serving).await.expect("it stops");
        served.expect("no panic").expect("no error");
        (self.openai, self.folder)
    }
}

/// Waits until `condition` holds.
pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < limit, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Moments at which the agent became audible, in ms of the caller's line.
pub fn audible(record: &CallRecord) -> Vec<u64> {
    let heard = record.log.iter().filter(|logged| logged.what == Event::AgentAudible);
    heard.map(|logged| logged.line_ms).collect()
}

/// Sum of a counter over the lines of its name that hold all of `labels`.
pub fn counter(metrics: &str, name: &str, labels: &[&str]) -> u64 {
    let lines = metrics.lines().filter(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    });
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

/// Sockets, pipes and files of this process, each once. What the runtime of a test that waits for its turn
/// holds (pollers, a copy of the signal socket) is no leak.
pub fn open_files() -> BTreeSet<String> {
    let links = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let named = links.filter_map(|link| Some(std::fs::read_link(link.path()).ok()?.display().to_string()));
    named.filter(|name| !name.starts_with("anon_inode")).collect()
}

/// Whether `test`, the calling one, has run: tasks, file descriptors and metrics are counted for the whole process, so a test
/// that is started beside others runs once more in a process of its own. There this is false, and the test goes on.
pub fn ran_apart(test: &str) -> bool {
    let _beside = CROWD.read().unwrap_or_else(PoisonError::into_inner);
    if part(test).is_some() {
        return false;
    }
    run_in_processes(test, 1);
    true
}

/// The same for a test of many calls, in so many parts, each in a process of its own: no other test runs meanwhile, so that each
/// call is answered in time on two busy cores. The part that this process is for; none: all of them have run.
pub fn crowd_apart(test: &str, parts: usize) -> Option<usize> {
    let _alone = CROWD.write().unwrap_or_else(PoisonError::into_inner);
    let part = part(test);
    if part.is_none() {
        run_in_processes(test, parts);
    }
    part
}

static CROWD: RwLock<()> = RwLock::new(());

/// Of `test`, where this process is one of its own: its part.
fn part(test: &str) -> Option<usize> {
    // The harness names the thread of a test after it: a name that is another's would leave this one out.
    let thread = std::thread::current();
    assert!(
        thread.name().is_none_or(|name| !name.contains("::") || name == test),
        "{test} is not {thread:?}"
    );
    std::env::var(APART).ok()?.strip_prefix(test)?.strip_prefix(' ')?.parse().ok()
}

/// Runs a test in a process for each part, two at a time.
fn run_in_processes(name: &str, parts: usize) {
    let run = |part: usize| {
        let mut test = Command::new(std::env::current_exe().expect("this test"));
        test.args([name, "--exact", "--nocapture"]).env(APART, format!("{name} {part}"));
        let output = test.output().expect("it starts");
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        println!("{}", said.concat());
        let ok = output.status.success() && said[0].contains("1 passed");
        (!ok).then(|| format!("{name}, part {part}, failed in its own process"))
    };
    assert!(parts > 0, "{name} has nothing to do");
    let next = AtomicUsize::new(0);
    let work = || {
        let parts =
            std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|part| *part < parts));
        parts.filter_map(run).collect::<Vec<_>>()
    };
    let failed = std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let mine = work();
        [mine, other.join().expect("no panic")].concat()
    });
    assert!(failed.is_empty(), "{failed:#?}");
}
