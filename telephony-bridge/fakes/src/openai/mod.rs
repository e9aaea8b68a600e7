//! OpenAI's HTTP interface on the loopback: chat completions as server-sent events, speech as 24 kHz PCM,
//! transcriptions of a multipart WAV (<https://platform.openai.com/docs/api-reference>).
//!
//! HTTP/1.1 is written out by hand, so that an answer can break off, stall or drip at any byte.

mod answer;
mod http;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::port::Port;
pub use answer::Reply;

/// What the interface offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// `POST /v1/chat/completions`.
    Chat,
    /// `POST /v1/audio/speech`.
    Speech,
    /// `POST /v1/audio/transcriptions`.
    Transcriptions,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Speech, Self::Transcriptions];

    fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/chat/completions" => Some(Self::Chat),
            "/v1/audio/speech" => Some(Self::Speech),
            "/v1/audio/transcriptions" => Some(Self::Transcriptions),
            _ => None,
        }
    }
}

/// What goes wrong with one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HttpFault {
    /// Nothing.
    #[default]
    None,
    /// The answer begins so late.
    Slow(Duration),
    /// The answer comes in pieces of so many bytes, with a pause after each.
    Drip(usize, Duration),
    /// Half of the answer comes, then nothing; the connection stays.
    Stall,
    /// Half of the answer comes, then the connection breaks.
    Drop,
    /// Half of the answer comes, then our side says that it has no more; the other half stays open.
    HalfClose,
    /// Something else than the protocol says comes, with status 200.
    Garbage,
    /// 429 with `insufficient_quota`, and perhaps when to come back, in s.
    Quota(Option<u64>),
    /// 401: the key is no longer good.
    Expired,
    /// 400 whose message repeats the key that was sent.
    EchoKey,
    /// 500.
    Server,
    /// The connection is closed without an answer.
    Hangup,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Request {
    /// To what.
    pub service: Service,
    /// When its last byte was there.
    pub at: Instant,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Request {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

#[derive(Default)]
struct Script {
    once: VecDeque<HttpFault>,
    always: HttpFault,
}

/// Writes the chat's answers.
type Writer = Box<dyn Fn(&Request) -> Reply + Send>;

#[derive(Default)]
struct Memory {
    scripts: [Script; 3],
    replies: VecDeque<Reply>,
    writer: Option<Writer>,
    transcripts: VecDeque<String>,
    requests: Vec<Request>,
    chaos: Option<Chaos>,
}

/// Faults by a seed.
struct Chaos {
    state: u64,
    percent: u64,
}

impl Chaos {
    /// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): SplitMix64.
    fn random(&mut self, below: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }

    fn next(&mut self) -> HttpFault {
        if self.random(100) >= self.percent {
            return HttpFault::None;
        }
        let pause = Duration::from_millis(self.random(4_000));
        match self.random(10) {
            0 => HttpFault::Slow(pause),
            1 => HttpFault::Drip(64, pause / 50),
            2 => HttpFault::Stall,
            3 => HttpFault::Drop,
            4 => HttpFault::HalfClose,
            5 => HttpFault::Garbage,
            6 => HttpFault::Quota(Some(1)),
            7 => HttpFault::Expired,
            8 => HttpFault::Server,
            _ => HttpFault::Hangup,
        }
    }
}

#[derive(Default)]
struct Shared {
    memory: Mutex<Memory>,
    connections: AtomicUsize,
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, service: Service) -> HttpFault {
        let mut memory = self.memory();
        if let Some(chaos) = &mut memory.chaos {
            return chaos.next();
        }
        let script = &mut memory.scripts[service as usize];
        script.once.pop_front().unwrap_or_else(|| script.always.clone())
    }
}

/// The server, on a free port of the loopback interface.
pub struct FakeOpenAi {
    port: Port,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    running: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for FakeOpenAi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeOpenAi").field("address", &self.port.address()).finish_non_exhaustive()
    }
}

impl FakeOpenAi {
    /// Starts it, all well.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> io::Result<Self> {
        let port = Port::new()?;
        let listener = port.listen()?;
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = watch::channel(false);
        let running = Some(tokio::spawn(serve(listener, Arc::clone(&shared), stopped)));
        Ok(Self { port, shared, stop, running })
    }

    /// Its base URL. Stays the same once it is down.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.port.address())
    }

    /// Closes its port and its connections: from now on it refuses.
    pub async fn go_down(&mut self) {
        self.stop.send_replace(true);
        if let Some(running) = self.running.take() {
            // It ended, however it ended.
            let _ = running.await;
        }
    }

    /// What goes wrong with the next requests to `service`, one after the other.
    pub fn script(&self, service: Service, faults: impl IntoIterator<Item = HttpFault>) {
        self.shared.memory().scripts[service as usize].once.extend(faults);
    }

    /// What goes wrong with every request to `service` that has no script.
    pub fn always(&self, service: Service, fault: HttpFault) {
        self.shared.memory().scripts[service as usize].always = fault;
    }

    /// From now on every request fails, with a chance of `percent`, in a way that follows from `seed`.
    pub fn chaos(&self, seed: u64, percent: u64) {
        self.shared.memory().chaos = Some(Chaos { state: seed, percent });
    }

    /// What the chat answers, one after the other; the last one again and again.
    pub fn replies(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.memory().replies.extend(replies);
    }

    /// From now on the chat answers each request with what `writer` makes of it.
    pub fn replies_by(&self, writer: impl Fn(&Request) -> Reply + Send + 'static) {
        self.shared.memory().writer = Some(Box::new(writer));
    }

    /// What is heard in the files sent, one after the other; the last one again and again.
    pub fn transcripts<'a>(&self, texts: impl IntoIterator<Item = &'a str>) {
        self.shared.memory().transcripts.extend(texts.into_iter().map(str::to_owned));
    }

    /// The requests to `service` so far.
    pub fn requests(&self, service: Service) -> Vec<Request> {
        let memory = self.shared.memory();
        memory.requests.iter().filter(|request| request.service == service).cloned().collect()
    }

    /// Connections that are open now.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for FakeOpenAi {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((socket, _)) = accepted else { break };
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    shared.connections.fetch_add(1, Ordering::Relaxed);
                    let _open = Open(Arc::clone(&shared));
                    // A client that goes away is none of ours.
                    let _ = http::connection(socket, &shared).await;
                });
            }
            Some(_) = connections.join_next() => {}
            _ = stopped.wait_for(|stop| *stop) => break,
        }
    }
}

/// Counts a connection until it ends.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
