//! A stand-in for crm-service: the three internal calls, and the ways in which they fail.
//!
//! It keeps events by `(call_sid, seq)`, as the real one does, and counts what a correct bridge
//! never sends: the same number with another content.

use std::collections::BTreeMap;
use std::future::IntoFuture as _;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use crm_api::{
    AgentGender, ApiError, CallEvent, Decision, EventAck, EventBatch, GreetingText, RouteDecision,
    RouteRequest, ToolReply, ToolRequest,
};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::port::Port;

/// What the fake does wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Answers with this status and changes nothing.
    Status(u16),
    /// Thinks this long before it answers.
    Slow(Duration),
    /// Stores, and then never answers.
    StoreThenHang,
    /// Refuses with 422 every batch that holds an event whose JSON contains this text.
    Refuse(String),
}

#[derive(Debug)]
struct Memory {
    fault: Fault,
    decision: RouteDecision,
    /// By caller's number.
    greetings: BTreeMap<String, String>,
    routes: Vec<RouteRequest>,
    tools: Vec<(String, String, ToolRequest)>,
    events: BTreeMap<String, BTreeMap<u64, CallEvent>>,
    duplicates: usize,
    conflicts: usize,
    requests: usize,
}

#[derive(Debug)]
struct Shared {
    token: String,
    memory: Mutex<Memory>,
    changed: Notify,
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A CRM on a free port of the loopback interface.
#[derive(Debug)]
pub struct FakeCrm {
    port: Port,
    shared: Arc<Shared>,
    running: Option<(watch::Sender<bool>, JoinHandle<io::Result<()>>)>,
}

impl FakeCrm {
    /// Starts it; `token` is the internal token it asks for.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(token: &str) -> io::Result<Self> {
        let memory = Memory {
            fault: Fault::None,
            decision: agent(),
            greetings: BTreeMap::new(),
            routes: Vec::new(),
            tools: Vec::new(),
            events: BTreeMap::new(),
            duplicates: 0,
            conflicts: 0,
            requests: 0,
        };
        let shared =
            Arc::new(Shared { token: token.to_owned(), memory: Mutex::new(memory), changed: Notify::new() });
        let mut crm = Self { port: Port::new()?, shared, running: None };
        crm.come_up().await?;
        Ok(crm)
    }

    /// Its base URL. Stays the same while it is down.
    pub fn url(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// Closes its port and its connections; what it stored stays.
    pub async fn go_down(&mut self) {
        if let Some((stop, server)) = self.running.take() {
            stop.send_replace(true);
            // It ended, however it ended.
            let _ = server.await;
        }
    }

    /// Opens its port again.
    ///
    /// # Errors
    /// No socket is to be had.
    pub async fn come_up(&mut self) -> io::Result<()> {
        let listener = self.port.listen()?;
        let router = Router::new()
            .route("/internal/v1/calls/route", post(route))
            .route("/internal/v1/calls/{call_sid}/events", post(events))
            .route("/internal/v1/calls/{call_sid}/tools/{name}", post(tool))
            .with_state(Arc::clone(&self.shared));
        let (stop, mut stopped) = watch::channel(false);
        let server = axum::serve(listener, router).with_graceful_shutdown(async move {
            // An error means that the fake was dropped.
            let _ = stopped.wait_for(|stop| *stop).await;
        });
        self.running = Some((stop, tokio::spawn(server.into_future())));
        Ok(())
    }

    /// From now on it does this wrong.
    pub fn set_fault(&self, fault: Fault) {
        self.shared.memory().fault = fault;
    }

    /// From now on it decides so.
    pub fn set_decision(&self, decision: RouteDecision) {
        self.shared.memory().decision = decision;
    }

    /// From now on whoever calls from this number is greeted so, whatever was decided.
    pub fn greet(&self, from: &str, greeting: &str) {
        self.shared.memory().greetings.insert(from.to_owned(), greeting.to_owned());
    }

    /// The questions it was asked.
    pub fn routes(&self) -> Vec<RouteRequest> {
        self.shared.memory().routes.clone()
    }

    /// The events of a call, by rising number.
    pub fn events(&self, call_sid: &str) -> Vec<CallEvent> {
        let memory = self.shared.memory();
        memory.events.get(call_sid).map(|events| events.values().cloned().collect()).unwrap_or_default()
    }

    /// The tools that were used: call, name, request.
    pub fn tools(&self) -> Vec<(String, String, ToolRequest)> {
        self.shared.memory().tools.clone()
    }

    /// Events of all calls.
    pub fn event_count(&self) -> usize {
        self.shared.memory().events.values().map(BTreeMap::len).sum()
    }

    /// Events sent again, with the same content. Harmless.
    pub fn duplicates(&self) -> usize {
        self.shared.memory().duplicates
    }

    /// Events sent under a number that has another content. Never right.
    pub fn conflicts(&self) -> usize {
        self.shared.memory().conflicts
    }

    /// Requests for events, failed ones included.
    pub fn requests(&self) -> usize {
        self.shared.memory().requests
    }

    /// Waits until `condition` holds; checked after every request. Bound it with a timeout.
    pub async fn wait_until(&self, mut condition: impl FnMut(&Self) -> bool) {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if condition(self) {
                return;
            }
            changed.await;
        }
    }
}

/// "The agent answers", for a demonstration business.
pub fn agent() -> RouteDecision {
    RouteDecision {
        decision: Decision::Agent,
        business: Some(crm_api::Business {
            id: "t1".to_owned(),
            slug: "demo-realestate".to_owned(),
            name: "נדל\"ן לדוגמה".to_owned(),
        }),
        greeting: GreetingText {
            text: "שלום, הגעתם לנדל\"ן לדוגמה.".to_owned(),
            tts_cache_key: "g1".to_owned(),
            version: 1,
        },
        prompt_version: 1,
        locale: "he-IL".to_owned(),
        voice: "he-IL-Wavenet-A".to_owned(),
        agent_gender: AgentGender::Auto,
        vocabulary: Vec::new(),
        emergencies: None,
        barge_in_preset: "adaptive".to_owned(),
        barge_in_sensitivity: 0.0,
        speech_mode: None,
        dial: None,
        record: false,
        announce: None,
        call_token: Some("call-token".to_owned()),
    }
}

async fn route(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(request): Json<RouteRequest>,
) -> Response {
    if let Some(refused) = unauthorised(&shared, &headers) {
        return refused;
    }
    let (fault, decision) = {
        let mut memory = shared.memory();
        let mut decision = memory.decision.clone();
        if let Some(greeting) = memory.greetings.get(&request.from) {
            decision.greeting.text.clone_from(greeting);
        }
        memory.routes.push(request);
        (memory.fault.clone(), decision)
    };
    shared.changed.notify_waiters();
    match fault {
        Fault::Status(status) => return failed(status, "fault", "told to fail"),
        Fault::Slow(pause) => tokio::time::sleep(pause).await,
        Fault::StoreThenHang => std::future::pending().await,
        Fault::None | Fault::Refuse(_) => {}
    }
    Json(decision).into_response()
}

async fn tool(
    State(shared): State<Arc<Shared>>,
    Path((call_sid, name)): Path<(String, String)>,
    headers: HeaderMap,
    Json(request): Json<ToolRequest>,
) -> Response {
    if let Some(refused) = unauthorised(&shared, &headers) {
        return refused;
    }
    let fault = {
        let mut memory = shared.memory();
        memory.tools.push((call_sid, name, request));
        memory.fault.clone()
    };
    shared.changed.notify_waiters();
    match fault {
        Fault::Status(status) => return failed(status, "fault", "told to fail"),
        Fault::Slow(pause) => tokio::time::sleep(pause).await,
        Fault::StoreThenHang => std::future::pending().await,
        Fault::None | Fault::Refuse(_) => {}
    }
    Json(ToolReply { ok: true, say: "נשמר".to_owned() }).into_response()
}

async fn events(
    State(shared): State<Arc<Shared>>,
    Path(call_sid): Path<String>,
    headers: HeaderMap,
    Json(batch): Json<EventBatch>,
) -> Response {
    if let Some(refused) = unauthorised(&shared, &headers) {
        return refused;
    }
    let fault = {
        let mut memory = shared.memory();
        memory.requests += 1;
        memory.fault.clone()
    };
    // Now, and again below: a client that gives up takes this handler along.
    shared.changed.notify_waiters();
    let answer = match &fault {
        Fault::Status(status) => failed(*status, "fault", "told to fail"),
        Fault::Refuse(text) if holds(&batch, text) => {
            failed(422, "unprocessable", "an event that cannot be stored")
        }
        Fault::Slow(pause) => {
            tokio::time::sleep(*pause).await;
            Json(store(&shared, &call_sid, batch)).into_response()
        }
        Fault::None | Fault::Refuse(_) | Fault::StoreThenHang => {
            Json(store(&shared, &call_sid, batch)).into_response()
        }
    };
    shared.changed.notify_waiters();
    if fault == Fault::StoreThenHang {
        std::future::pending::<()>().await;
    }
    answer
}

fn holds(batch: &EventBatch, text: &str) -> bool {
    batch.events.iter().any(|event| serde_json::to_string(event).is_ok_and(|json| json.contains(text)))
}

fn store(shared: &Shared, call_sid: &str, batch: EventBatch) -> EventAck {
    let mut memory = shared.memory();
    let (mut duplicates, mut conflicts) = (0, 0);
    let stored = memory.events.entry(call_sid.to_owned()).or_default();
    for event in batch.events {
        match stored.get(&event.seq) {
            Some(known) if *known == event => duplicates += 1,
            Some(_) => conflicts += 1,
            None => {
                stored.insert(event.seq, event);
            }
        }
    }
    let stored_up_to = (1..).take_while(|seq| stored.contains_key(seq)).last().unwrap_or(0);
    memory.duplicates += duplicates;
    memory.conflicts += conflicts;
    EventAck { stored_up_to, duplicates: duplicates as u32 }
}

fn unauthorised(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let expected = format!("Bearer {}", shared.token);
    (given != Some(expected.as_str())).then(|| failed(401, "unauthorised", "wrong internal token"))
}

fn failed(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let error = ApiError { code: code.to_owned(), message: message.to_owned() };
    (status, Json(error)).into_response()
}
