//! OpenAI's Realtime API on the loopback, as it is since general availability
//! (<https://platform.openai.com/docs/guides/realtime>): sessions over a WebSocket, µ-law both ways.
//!
//! It is as strict as the service: the beta's header and fields are refused, an item is not truncated beyond its
//! audio, there is one response at a time, a commit needs 100 ms. What a model would know when it answers is
//! written down ([`Asked`]).

mod answer;
mod conversation;
mod session;
mod vad;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use serde_json::{Value, json};

use crate::served::{Live, Served};
use session::Server;

/// What goes wrong with one session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RealtimeFault {
    /// Nothing.
    #[default]
    None,
    /// The handshake is answered with this status: 401, 429, 500.
    Status(u16),
    /// The socket opens, and nothing comes.
    Mute,
    /// The session is set up, and nothing that is asked of it is answered.
    Silent,
    /// Answers begin so late.
    Slow(Duration),
    /// An answer stops after so much audio, in ms; the socket stays.
    Stall(u64),
    /// The connection breaks after so much audio of an answer, in ms.
    Drop(u64),
    /// The connection breaks as soon as a turn is committed.
    DropAtCommit,
    /// The connection is closed, in all form, after so long.
    Close(Duration),
    /// Something else than the protocol says comes in an answer.
    Garbage,
    /// An answer fails: nothing is left of the account.
    Quota,
    /// An answer fails: the server is broken.
    Server,
    /// The session is over when an answer is asked for: `session_expired`.
    Expired,
    /// The caller's words cannot be written down.
    NoWords,
}

/// What the model says when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speech {
    /// Words, spoken.
    Say(String),
    /// A tool is used: name and arguments. What is not empty is said before.
    Tool(String, String, String),
}

impl Speech {
    /// Words.
    pub fn say(text: impl Into<String>) -> Self {
        Self::Say(text.into())
    }
}

/// An item of the conversation, as the model knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// `user`, `assistant`, `tool`.
    pub role: String,
    /// Its words: what was said, or the tool's result; for audio of the caller what it was taken for.
    pub text: String,
    /// Length of its audio in ms; 0 for text.
    pub audio_ms: u64,
    /// It was truncated there, in ms.
    pub heard_ms: Option<u64>,
}

/// An answer that was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// When.
    pub at: Instant,
    /// In which session.
    pub session: usize,
    /// What the model knew.
    pub known: Vec<Known>,
}

/// A session as it was asked for, and what came in it.
#[derive(Clone, Debug, Default)]
pub struct SessionLog {
    /// Behind the `?`.
    pub query: String,
    /// `authorization`.
    pub authorization: Option<String>,
    /// Every message but audio, in order.
    pub messages: Vec<Value>,
    /// Bytes of audio that came.
    pub audio: usize,
    /// Errors that were sent.
    pub errors: Vec<String>,
}

impl SessionLog {
    /// The messages of one type.
    pub fn of(&self, kind: &str) -> Vec<Value> {
        self.messages.iter().filter(|message| message["type"] == kind).cloned().collect()
    }
}

#[derive(Default)]
struct Memory {
    faults: VecDeque<RealtimeFault>,
    always: RealtimeFault,
    words: VecDeque<String>,
    speeches: VecDeque<Speech>,
    sessions: Vec<SessionLog>,
    asked: Vec<Asked>,
    lifetime: Option<Duration>,
    pace: Option<f64>,
    words_after: Duration,
}

#[derive(Default)]
struct Shared {
    memory: Mutex<Memory>,
    live: Live,
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service on a free port of the loopback interface.
pub struct FakeRealtime {
    served: Served,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for FakeRealtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeRealtime").field("address", &self.served.address).finish_non_exhaustive()
    }
}

impl FakeRealtime {
    /// Starts it, all well.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let router = Router::new().route("/v1/realtime", any(accept)).with_state(Arc::clone(&shared));
        Ok(Self { served: Served::start(router).await?, shared })
    }

    /// Its base URL. Stays the same once it is down.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.served.address)
    }

    /// The next sessions go wrong in these ways, one each.
    pub fn script(&self, faults: impl IntoIterator<Item = RealtimeFault>) {
        self.shared.memory().faults.extend(faults);
    }

    /// Every session that has no script goes wrong in this way.
    pub fn always(&self, fault: RealtimeFault) {
        self.shared.memory().always = fault;
    }

    /// What it takes the caller's turns for, one after the other; then nothing.
    pub fn hears<'a>(&self, texts: impl IntoIterator<Item = &'a str>) {
        self.shared.memory().words.extend(texts.into_iter().map(str::to_owned));
    }

    /// Words of a turn are written down so long after it.
    pub fn hears_after(&self, delay: Duration) {
        self.shared.memory().words_after = delay;
    }

    /// What it answers, one after the other; then "בסדר.".
    pub fn says(&self, speeches: impl IntoIterator<Item = Speech>) {
        self.shared.memory().speeches.extend(speeches);
    }

    /// Audio comes so many times as fast as it is heard; at once where nothing is said.
    pub fn pace(&self, pace: f64) {
        self.shared.memory().pace = Some(pace);
    }

    /// Sessions end by themselves after so long, and say so when they begin. An hour where nothing is said.
    pub fn lives(&self, lifetime: Duration) {
        self.shared.memory().lifetime = Some(lifetime);
    }

    /// The sessions so far.
    pub fn sessions(&self) -> Vec<SessionLog> {
        self.shared.memory().sessions.clone()
    }

    /// The answers that were asked for so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.memory().asked.clone()
    }

    /// Sessions that exist now.
    pub fn live(&self) -> usize {
        self.shared.live.count()
    }

    /// Closes its port. Sessions go on.
    pub async fn go_down(&mut self) {
        self.served.go_down().await;
    }
}

async fn accept(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let beta = text("openai-beta").is_some();
    let authorization = text(header::AUTHORIZATION.as_str());
    let query = query.unwrap_or_default();
    let (index, fault) = {
        let mut memory = shared.memory();
        let fault = memory.faults.pop_front().unwrap_or_else(|| memory.always.clone());
        memory.sessions.push(SessionLog { query: query.clone(), authorization, ..SessionLog::default() });
        (memory.sessions.len() - 1, fault)
    };
    let refusal = match fault {
        RealtimeFault::Status(status) => Some((status, "refused by the test")),
        _ if !query.split('&').any(|pair| pair.starts_with("model=")) => Some((400, "missing_model")),
        _ => None,
    };
    if let Some((status, code)) = refusal {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "error": { "type": "invalid_request_error", "code": code, "message": code } });
        return (status, body.to_string()).into_response();
    }
    upgrade.on_upgrade(move |socket| async move {
        let _one = shared.live.one_more();
        // A client that is gone ends it.
        let _ = Server::new(socket, shared, index, fault).run(beta).await;
    })
}
