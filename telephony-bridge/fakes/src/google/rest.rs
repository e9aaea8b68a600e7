//! Google over REST: `text:synthesize` and the token endpoint.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::served::Served;

/// What it does wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestFault {
    /// Answers with this status.
    Status(u16),
    /// Never answers.
    Hang,
    /// Answers with what is no JSON.
    Garbage,
    /// Answers with JSON without what was asked for.
    Empty,
    /// Refuses SSML (400).
    NoSsml,
}

#[derive(Debug, Default)]
struct Shared {
    faults: Mutex<Vec<RestFault>>,
    spoken: Mutex<Vec<Value>>,
    credentials: Mutex<Vec<Option<String>>>,
    assertions: Mutex<Vec<BTreeMap<String, String>>>,
    /// s that a token is good for.
    life: Mutex<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Google's REST services on a free port of the loopback interface.
#[derive(Debug)]
pub struct FakeRest {
    served: Served,
    shared: Arc<Shared>,
}

impl FakeRest {
    /// Starts it.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        *lock(&shared.life) = 3_600;
        let router = Router::new()
            .route("/v1/{method}", post(synthesize))
            .route("/token", post(token))
            .with_state(Arc::clone(&shared));
        Ok(Self { served: Served::start(router).await?, shared })
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.served.address)
    }

    /// The next requests go wrong so, one each.
    pub fn script(&self, faults: impl IntoIterator<Item = RestFault>) {
        lock(&self.shared.faults).extend(faults);
    }

    /// A token is good for so many seconds from now on.
    pub fn tokens_live(&self, seconds: u64) {
        *lock(&self.shared.life) = seconds;
    }

    /// The bodies of the requests to speak.
    pub fn spoken(&self) -> Vec<Value> {
        lock(&self.shared.spoken).clone()
    }

    /// What came with them: `authorization` or `x-goog-api-key`.
    pub fn credentials(&self) -> Vec<Option<String>> {
        lock(&self.shared.credentials).clone()
    }

    /// The forms sent for tokens.
    pub fn assertions(&self) -> Vec<BTreeMap<String, String>> {
        lock(&self.shared.assertions).clone()
    }
}

/// The audio of a text: its bytes, as if they were µ-law, after which a chunk follows that is no audio.
pub fn audio_of(input: &str) -> Vec<u8> {
    input.bytes().flat_map(|byte| [byte; 8]).collect()
}

/// A WAV file as Google writes one: `fmt ` of 18 bytes, a `fact` chunk, the data, and something behind it.
fn wav(data: &[u8]) -> Vec<u8> {
    let mut chunks = Vec::new();
    chunks.extend(b"WAVEfmt ");
    chunks.extend(18_u32.to_le_bytes());
    // µ-law, mono, 8,000 Hz, 8,000 bytes a second, 1 byte a sample, 8 bits, no extension.
    for field in [7_u16, 1] {
        chunks.extend(field.to_le_bytes());
    }
    for field in [8_000_u32, 8_000] {
        chunks.extend(field.to_le_bytes());
    }
    for field in [1_u16, 8, 0] {
        chunks.extend(field.to_le_bytes());
    }
    chunks.extend(b"fact");
    chunks.extend(4_u32.to_le_bytes());
    chunks.extend((data.len() as u32).to_le_bytes());
    chunks.extend(b"data");
    chunks.extend((data.len() as u32).to_le_bytes());
    chunks.extend(data);
    chunks.extend(b"LIST\x04\0\0\0INFO");
    let mut file = b"RIFF".to_vec();
    file.extend((chunks.len() as u32).to_le_bytes());
    file.extend(chunks);
    file
}

async fn fault(shared: &Shared) -> Result<Option<RestFault>, Response> {
    let fault = {
        let mut faults = lock(&shared.faults);
        if faults.is_empty() { None } else { Some(faults.remove(0)) }
    };
    match fault {
        Some(RestFault::Status(status)) => Err(refused(status, "told to fail")),
        Some(RestFault::Hang) => std::future::pending().await,
        Some(RestFault::Garbage) => Err("<html>".into_response()),
        Some(RestFault::Empty) => Err(Json(json!({})).into_response()),
        other => Ok(other),
    }
}

fn refused(status: u16, message: &str) -> Response {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let error = json!({"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT"}});
    (code, Json(error)).into_response()
}

async fn synthesize(
    State(shared): State<Arc<Shared>>,
    Path(method): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if method != "text:synthesize" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    lock(&shared.credentials).push(header("authorization").or_else(|| header("x-goog-api-key")));
    lock(&shared.spoken).push(body.clone());
    let fault = match fault(&shared).await {
        Ok(fault) => fault,
        Err(response) => return response,
    };
    let input = &body["input"];
    let text = match (input["ssml"].as_str(), input["text"].as_str()) {
        (Some(_), None) if fault == Some(RestFault::NoSsml) => {
            return refused(
                400,
                "Request contains an invalid argument: SSML is not supported by this voice.",
            );
        }
        (Some(ssml), None) => ssml,
        (None, Some(text)) => text,
        _ => return refused(400, "Either `input.text` or `input.ssml`"),
    };
    if text.len() > 5_000 {
        return refused(400, "Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes.");
    }
    if body["audioConfig"]["audioEncoding"] != "MULAW" || body["audioConfig"]["sampleRateHertz"] != 8_000 {
        return refused(400, "this stand-in speaks µ-law at 8,000 Hz");
    }
    Json(json!({"audioContent": STANDARD.encode(wav(&audio_of(text)))})).into_response()
}

async fn token(State(shared): State<Arc<Shared>>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let count = {
        let mut assertions = lock(&shared.assertions);
        assertions.push(form);
        assertions.len()
    };
    if let Err(response) = fault(&shared).await {
        return response;
    }
    let life = *lock(&shared.life);
    let answer =
        json!({"access_token": format!("token-{count}"), "expires_in": life, "token_type": "Bearer"});
    Json(answer).into_response()
}
