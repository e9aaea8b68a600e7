//! One session over its socket.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{Active, Piece, ended, pause, pieces};
use super::conversation::{Conversation, Item, shown};
use super::vad::{Decided, Vad};
use super::{Asked, RealtimeFault, Shared, Speech};

/// Least audio of a commit, in bytes: 100 ms.
const LEAST: usize = 800;
/// What a session may be asked for.
const FIELDS: [&str; 14] = [
    "type",
    "model",
    "output_modalities",
    "instructions",
    "audio",
    "tools",
    "tool_choice",
    "max_output_tokens",
    "truncation",
    "tracing",
    "include",
    "prompt",
    "parallel_tool_calls",
    "reasoning",
];

/// The session is over.
pub(super) struct Over;

pub(super) struct Server {
    socket: WebSocket,
    shared: Arc<Shared>,
    index: usize,
    fault: RealtimeFault,
    session: Value,
    buffer: Vec<u8>,
    vad: Vad,
    conversation: Conversation,
    active: Option<Active>,
    /// Items whose words are to come, and when.
    words: Vec<(Instant, String)>,
    begun: Instant,
    ids: usize,
}

impl Server {
    pub(super) fn new(socket: WebSocket, shared: Arc<Shared>, index: usize, fault: RealtimeFault) -> Self {
        Self {
            socket,
            shared,
            index,
            fault,
            session: json!({}),
            buffer: Vec::new(),
            vad: Vad::default(),
            conversation: Conversation::default(),
            active: None,
            words: Vec::new(),
            begun: Instant::now(),
            ids: 0,
        }
    }

    pub(super) async fn run(&mut self, beta: bool) -> Result<(), Over> {
        if beta {
            let sentence = "The beta shape of this interface is not available any more.";
            self.error("invalid_request_error", "beta_api_shape_disabled", sentence).await?;
            return self.close(4000, "invalid_request_error").await;
        }
        if self.fault == RealtimeFault::Mute {
            return self.never_end().await;
        }
        let lifetime = self.shared.memory().lifetime.unwrap_or(Duration::from_secs(3_600));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Over)?;
        self.session["expires_at"] = json!((now + lifetime).as_secs());
        let session = self.shown();
        self.send(json!({ "type": "session.created", "event_id": "event_1", "session": session })).await?;
        let end = match self.fault {
            RealtimeFault::Close(after) => self.begun + after,
            _ => self.begun + lifetime,
        };
        loop {
            let active = self.active.as_ref().map(|active| active.next_at);
            let next = self.words.iter().map(|(at, _)| *at).chain(active).chain([end]).min().unwrap_or(end);
            tokio::select! {
                message = self.socket.recv() => match message.and_then(Result::ok).ok_or(Over)? {
                    Message::Text(text) => self.on_message(text.as_str()).await?,
                    Message::Close(_) => return Err(Over),
                    _ => {}
                },
                () = tokio::time::sleep_until(next.into()) => {
                    if Instant::now() >= end {
                        return self.expire().await;
                    }
                    self.write_down().await?;
                    self.go_on().await?;
                }
            }
        }
    }

    fn shown(&self) -> Value {
        let mut session = self.session.clone();
        session["id"] = json!(format!("sess_{}", self.index));
        session["object"] = json!("realtime.session");
        session
    }

    fn id(&mut self) -> usize {
        self.ids += 1;
        self.index * 1_000 + self.ids
    }

    async fn on_message(&mut self, text: &str) -> Result<(), Over> {
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            return self.error("invalid_request_error", "invalid_event", "no JSON").await;
        };
        let kind = message["type"].as_str().unwrap_or_default().to_owned();
        if kind == "input_audio_buffer.append" {
            return self.append(message["audio"].as_str().unwrap_or_default()).await;
        }
        self.shared.memory().sessions[self.index].messages.push(message.clone());
        let item = message["item_id"].as_str().unwrap_or_default();
        let done = |kind: &str| json!({ "type": kind, "item_id": item });
        match kind.as_str() {
            "session.update" => self.update(&message["session"]).await,
            "input_audio_buffer.commit" => self.commit().await,
            "input_audio_buffer.clear" => {
                self.buffer.clear();
                self.send(json!({ "type": "input_audio_buffer.cleared" })).await
            }
            "conversation.item.create" => {
                let id = format!("item_c{}", self.id());
                match self.conversation.create(&message["item"], id) {
                    Ok(item) => {
                        let item = shown(&item);
                        self.send(json!({ "type": "conversation.item.added", "item": item })).await?;
                        self.send(json!({ "type": "conversation.item.done", "item": item })).await
                    }
                    Err((code, sentence)) => self.error("invalid_request_error", code, &sentence).await,
                }
            }
            "conversation.item.truncate" => {
                let end = message["audio_end_ms"].as_u64().unwrap_or(u64::MAX);
                match self.conversation.truncate(item, end) {
                    Ok(()) => self.send(done("conversation.item.truncated")).await,
                    Err((code, sentence)) => self.error("invalid_request_error", code, &sentence).await,
                }
            }
            "conversation.item.delete" => match self.conversation.delete(item) {
                Ok(()) => self.send(done("conversation.item.deleted")).await,
                Err((code, sentence)) => self.error("invalid_request_error", code, &sentence).await,
            },
            "response.create" => self.respond(&message["response"]["metadata"]).await,
            "response.cancel" => match self.active.take() {
                Some(active) => {
                    let details = json!({ "type": "cancelled", "reason": "client_cancelled" });
                    self.send(ended(&active.id, "cancelled", &details)).await
                }
                None => {
                    let sentence = "Cancellation failed: no active response found";
                    self.error("invalid_request_error", "response_cancel_not_active", sentence).await
                }
            },
            _ => self.error("invalid_request_error", "invalid_value", &format!("type `{kind}`")).await,
        }
    }

    async fn update(&mut self, session: &Value) -> Result<(), Over> {
        let fields = session.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let unknown = fields.into_iter().find(|name| !FIELDS.contains(name)).map(str::to_owned);
        if let Some(name) = unknown {
            let sentence = format!("Unknown parameter: 'session.{name}'.");
            return self.error("invalid_request_error", "unknown_parameter", &sentence).await;
        }
        if session["type"] != "realtime" {
            let sentence = "Missing required parameter: 'session.type'.";
            return self.error("invalid_request_error", "missing_required_parameter", sentence).await;
        }
        let expires = self.session["expires_at"].take();
        self.session = session.clone();
        self.session["expires_at"] = expires;
        let session = self.shown();
        self.send(json!({ "type": "session.updated", "session": session })).await
    }

    async fn append(&mut self, audio: &str) -> Result<(), Over> {
        let Ok(ulaw) = STANDARD.decode(audio) else {
            return self.error("invalid_request_error", "invalid_value", "audio").await;
        };
        self.shared.memory().sessions[self.index].audio += ulaw.len();
        self.buffer.extend_from_slice(&ulaw);
        let detection = self.session["audio"]["input"]["turn_detection"].clone();
        if detection.is_null() {
            return Ok(());
        }
        let silence = detection["silence_duration_ms"].as_u64().unwrap_or(500);
        for decided in self.vad.hear(&ulaw, silence) {
            match decided {
                Decided::Started(ms) => {
                    let started = json!({ "type": "input_audio_buffer.speech_started",
                                          "audio_start_ms": ms, "item_id": "item_next" });
                    self.send(started).await?;
                    if detection["interrupt_response"] != false
                        && let Some(active) = self.active.take()
                    {
                        let details = json!({ "type": "cancelled", "reason": "turn_detected" });
                        self.send(ended(&active.id, "cancelled", &details)).await?;
                    }
                }
                Decided::Stopped(ms) => {
                    let stopped = json!({ "type": "input_audio_buffer.speech_stopped", "audio_end_ms": ms,
                                          "item_id": "item_next" });
                    self.send(stopped).await?;
                    self.commit().await?;
                    if detection["create_response"] != false {
                        self.respond(&Value::Null).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Over> {
        if self.fault == RealtimeFault::DropAtCommit {
            return Err(Over);
        }
        if self.buffer.len() < LEAST {
            let sentence = format!(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but \
                 buffer only has {}ms of audio.",
                self.buffer.len() / 8
            );
            return self.error("invalid_request_error", "input_audio_buffer_commit_empty", &sentence).await;
        }
        let id = format!("item_u{}", self.id());
        let audio = Some(std::mem::take(&mut self.buffer).len());
        let item =
            Item { id: id.clone(), role: "user", text: String::new(), audio, heard_ms: None, call_id: None };
        let seen = shown(&item);
        self.conversation.0.push(item);
        let committed =
            json!({ "type": "input_audio_buffer.committed", "item_id": id, "previous_item_id": null });
        self.send(committed).await?;
        self.send(json!({ "type": "conversation.item.added", "item": seen })).await?;
        self.send(json!({ "type": "conversation.item.done", "item": seen })).await?;
        let after = self.shared.memory().words_after;
        self.words.push((Instant::now() + after, id));
        Ok(())
    }

    /// Words of the caller that are due.
    async fn write_down(&mut self) -> Result<(), Over> {
        let now = Instant::now();
        while let Some(at) = self.words.iter().position(|(at, _)| *at <= now) {
            let (_, id) = self.words.remove(at);
            let kind = |kind: &str| format!("conversation.item.input_audio_transcription.{kind}");
            match self.fault {
                RealtimeFault::Silent => continue,
                RealtimeFault::NoWords => {
                    let error = json!({ "type": "transcription_error", "message": "no words" });
                    let failed = json!({ "type": kind("failed"), "item_id": id, "content_index": 0,
                                         "error": error });
                    self.send(failed).await?;
                    continue;
                }
                _ => {}
            }
            let text = self.shared.memory().words.pop_front().unwrap_or_default();
            if let Some(item) = self.conversation.item(&id) {
                item.text.clone_from(&text);
            }
            let delta = json!({ "type": kind("delta"), "item_id": id, "content_index": 0, "delta": text });
            self.send(delta).await?;
            let whole = json!({ "type": kind("completed"), "item_id": id, "content_index": 0,
                                "transcript": text });
            self.send(whole).await?;
        }
        Ok(())
    }

    async fn respond(&mut self, metadata: &Value) -> Result<(), Over> {
        if self.fault == RealtimeFault::Expired {
            return self.expire().await;
        }
        if self.active.is_some() {
            let sentence = "Conversation already has an active response in progress.";
            let code = "conversation_already_has_active_response";
            return self.error("invalid_request_error", code, sentence).await;
        }
        let id = format!("resp_{}", self.id());
        let speech = {
            let mut memory = self.shared.memory();
            let known = self.conversation.known();
            memory.asked.push(Asked { at: Instant::now(), session: self.index, known });
            memory.speeches.pop_front().unwrap_or_else(|| Speech::say("בסדר."))
        };
        let response = json!({ "id": id, "object": "realtime.response", "status": "in_progress",
                               "metadata": metadata, "output": [] });
        self.send(json!({ "type": "response.created", "response": response })).await?;
        let details =
            |kind: &str, code: &str| json!({ "type": "failed", "error": { "type": kind, "code": code } });
        match self.fault {
            RealtimeFault::Silent => return Ok(()),
            RealtimeFault::Quota => {
                let details = details("insufficient_quota", "insufficient_quota");
                return self.send(ended(&id, "failed", &details)).await;
            }
            RealtimeFault::Server => {
                let details = details("server_error", "server_error");
                return self.send(ended(&id, "failed", &details)).await;
            }
            _ => {}
        }
        let wait = match self.fault {
            RealtimeFault::Slow(wait) => wait,
            _ => Duration::ZERO,
        };
        let n = self.id();
        let pieces = pieces(&id, n, &speech, metadata);
        self.active = Some(Active { id, pieces, next_at: Instant::now() + wait, sent: 0 });
        Ok(())
    }

    /// The next pieces of the response, as far as they are due.
    async fn go_on(&mut self) -> Result<(), Over> {
        let pace = self.shared.memory().pace;
        loop {
            let Some(active) = self.active.as_mut().filter(|a| a.next_at <= Instant::now()) else {
                return Ok(());
            };
            let Some(piece) = active.pieces.pop_front() else { return Ok(()) };
            match piece {
                Piece::Send(message) => self.send(message).await?,
                Piece::Item(id) => self.conversation.0.push(Item {
                    id,
                    role: "assistant",
                    text: String::new(),
                    audio: Some(0),
                    heard_ms: None,
                    call_id: None,
                }),
                Piece::Audio(item, bytes, message) => {
                    active.sent += bytes;
                    let sent_ms = active.sent as u64 / 8;
                    active.next_at += pace.map_or(Duration::ZERO, |pace| pause(bytes, pace));
                    if let Some(item) = self.conversation.item(&item) {
                        item.audio = Some(item.audio.unwrap_or_default() + bytes);
                    }
                    self.send(message).await?;
                    match self.fault {
                        RealtimeFault::Stall(ms) if sent_ms >= ms => return self.never_end().await,
                        RealtimeFault::Drop(ms) if sent_ms >= ms => return Err(Over),
                        RealtimeFault::Garbage => {
                            let broken = "{\"type\": \"response.output_au".to_owned();
                            self.socket.send(Message::Text(broken.into())).await.map_err(|_| Over)?;
                            return self.never_end().await;
                        }
                        _ => {}
                    }
                }
                Piece::Call(id, call) => self.conversation.0.push(Item {
                    id,
                    role: "call",
                    text: String::new(),
                    audio: None,
                    heard_ms: None,
                    call_id: Some(call),
                }),
                Piece::Done(message) => {
                    self.active = None;
                    self.send(message).await?;
                }
            }
        }
    }

    async fn expire(&mut self) -> Result<(), Over> {
        if matches!(self.fault, RealtimeFault::Close(_)) {
            return self.close(1001, "").await;
        }
        let sentence = "Your session hit the maximum duration of 60 minutes.";
        self.error("invalid_request_error", "session_expired", sentence).await?;
        self.close(1001, "session_expired").await
    }

    async fn error(&mut self, kind: &str, code: &str, sentence: &str) -> Result<(), Over> {
        self.shared.memory().sessions[self.index].errors.push(format!("{code}: {sentence}"));
        let error =
            json!({ "type": kind, "code": code, "message": sentence, "param": null, "event_id": null });
        self.send(json!({ "type": "error", "event_id": "event_e", "error": error })).await
    }

    /// Whatever else comes, until the client gives up.
    async fn never_end(&mut self) -> Result<(), Over> {
        while let Some(Ok(_)) = self.socket.recv().await {}
        Err(Over)
    }

    async fn send(&mut self, message: Value) -> Result<(), Over> {
        self.socket.send(Message::Text(message.to_string().into())).await.map_err(|_| Over)
    }

    async fn close(&mut self, code: u16, reason: &str) -> Result<(), Over> {
        let frame = CloseFrame { code, reason: reason.into() };
        // It may be gone already.
        let _ = self.socket.send(Message::Close(Some(frame))).await;
        // What is on its way is read, so that the connection ends in all form.
        while let Some(Ok(_)) = self.socket.recv().await {}
        Err(Over)
    }
}
