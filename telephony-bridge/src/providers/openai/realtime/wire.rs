//! Messages of the Realtime API, in the shape of general availability (the beta's is refused since 2026-05-12):
//! <https://platform.openai.com/docs/api-reference/realtime-client-events>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crm_api::Speaker;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::ToolCall;
use super::brief::Brief;
use super::settings::{RealtimeSettings, TurnDetection};
use crate::session::TurnId;

/// Server voice detection as the business's old system had it (S-AUD-004).
const THRESHOLD: f64 = 0.5;
const PREFIX_MS: u32 = 300;
const SILENCE_MS: u32 = 500;

/// `session.update`: µ-law both ways, words of the caller, tools. The server never answers or interrupts by
/// itself: the session of the call does.
pub(super) fn session_update(settings: &RealtimeSettings, brief: &Brief, tools: &[Value]) -> String {
    let turn_detection = match settings.turn_detection {
        TurnDetection::Local => Value::Null,
        TurnDetection::Server => json!({
            "type": "server_vad", "threshold": THRESHOLD, "prefix_padding_ms": PREFIX_MS,
            "silence_duration_ms": SILENCE_MS, "create_response": false, "interrupt_response": false,
        }),
        TurnDetection::Semantic => json!({
            "type": "semantic_vad", "eagerness": "auto", "create_response": false,
            "interrupt_response": false,
        }),
    };
    let mut transcription = json!({ "model": settings.transcription_model, "language": settings.language });
    if !brief.expected.is_empty() {
        transcription["prompt"] = json!(brief.expected);
    }
    let max_tokens = settings.max_tokens.map_or_else(|| json!("inf"), |tokens| json!(tokens));
    json!({ "type": "session.update", "session": {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": brief.instructions,
        "audio": {
            "input": {
                "format": { "type": "audio/pcmu" },
                // The signal chain has done it.
                "noise_reduction": null,
                "transcription": transcription,
                "turn_detection": turn_detection,
            },
            "output": { "format": { "type": "audio/pcmu" }, "voice": settings.voice },
        },
        "tools": tools.iter().map(tool).collect::<Vec<_>>(),
        "tool_choice": "auto",
        "max_output_tokens": max_tokens,
    }})
    .to_string()
}

/// A tool as the chat is told of it, without the wrapping.
fn tool(described: &Value) -> Value {
    let mut tool = described["function"].clone();
    tool["type"] = json!("function");
    tool
}

pub(super) fn append(ulaw: &[u8]) -> String {
    // Written by hand: it goes out fifty times a second.
    let mut text = String::with_capacity(64 + ulaw.len() * 4 / 3);
    text.push_str("{\"type\":\"input_audio_buffer.append\",\"audio\":\"");
    STANDARD.encode_string(ulaw, &mut text);
    text.push_str("\"}");
    text
}

pub(super) fn commit() -> String {
    json!({ "type": "input_audio_buffer.commit" }).to_string()
}

pub(super) fn clear() -> String {
    json!({ "type": "input_audio_buffer.clear" }).to_string()
}

/// The turn comes back in `response.created`.
pub(super) fn respond(turn: TurnId) -> String {
    json!({ "type": "response.create", "response": { "metadata": { "turn": turn.0.to_string() } } })
        .to_string()
}

pub(super) fn cancel(response: &str) -> String {
    json!({ "type": "response.cancel", "response_id": response }).to_string()
}

pub(super) fn truncate(item: &str, heard_ms: u64) -> String {
    json!({ "type": "conversation.item.truncate", "item_id": item, "content_index": 0,
            "audio_end_ms": heard_ms })
    .to_string()
}

pub(super) fn delete(item: &str) -> String {
    json!({ "type": "conversation.item.delete", "item_id": item }).to_string()
}

/// Something that was said, in words.
pub(super) fn said(speaker: Speaker, text: &str) -> String {
    let (role, kind) = match speaker {
        Speaker::Caller => ("user", "input_text"),
        Speaker::Agent => ("assistant", "output_text"),
    };
    json!({ "type": "conversation.item.create",
            "item": { "type": "message", "role": role, "content": [{ "type": kind, "text": text }] } })
    .to_string()
}

pub(super) fn tool_output(call_id: &str, output: &str) -> String {
    json!({ "type": "conversation.item.create",
            "item": { "type": "function_call_output", "call_id": call_id, "output": output } })
    .to_string()
}

/// What a response came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Completed,
    /// By the client, or by the server's voice detection.
    Cancelled,
    /// Too long, or withheld.
    Incomplete,
    Failed,
}

/// A message of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A session, or new settings of it.
    Session { updated: bool, expires_at: Option<i64> },
    /// The caller's audio became an item.
    Committed { item: String },
    /// More words of the caller.
    HeardMore { item: String, delta: String },
    /// The caller's words.
    Heard { item: String, text: String },
    /// There are no words to be had.
    NotHeard { item: String, why: String },
    /// A response begins.
    Begun { response: String, turn: Option<TurnId> },
    /// Its audio.
    Audio { response: String, item: String, ulaw: Vec<u8> },
    /// The audio of an item is complete.
    AudioDone { response: String, item: String },
    /// Its words.
    Words { response: String, item: String, delta: String },
    /// It is over.
    Done { response: String, status: Status, detail: String, calls: Vec<ToolCall>, tokens: (u64, u64) },
    /// Something was refused.
    Error { kind: String, code: String, message: String },
    /// Of no concern.
    Other,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    item_id: String,
    #[serde(default)]
    response_id: String,
    #[serde(default)]
    delta: String,
    #[serde(default)]
    transcript: String,
    #[serde(default)]
    session: Option<Session>,
    #[serde(default)]
    response: Option<Response>,
    #[serde(default)]
    error: Option<Failure>,
}

#[derive(Default, Deserialize)]
struct Session {
    #[serde(default)]
    expires_at: Option<i64>,
}

#[derive(Default, Deserialize)]
struct Response {
    #[serde(default)]
    id: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    status_details: Option<Value>,
    #[serde(default)]
    metadata: Option<Value>,
    #[serde(default)]
    output: Vec<Item>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Default, Deserialize)]
struct Usage {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
}

#[derive(Default, Deserialize)]
struct Item {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    call_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    arguments: String,
}

#[derive(Default, Deserialize)]
struct Failure {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// Reads a message.
///
/// # Errors
/// What of it is not as the protocol says.
pub(super) fn parse(text: &str) -> Result<Event, String> {
    let raw: Raw = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let failure = |failure: Option<Failure>| {
        let failure = failure.unwrap_or_default();
        let text = |text: Option<String>| text.unwrap_or_default();
        (text(failure.kind), text(failure.code), text(failure.message))
    };
    let Raw { item_id: item, response_id: response, delta, .. } = raw;
    Ok(match raw.kind.as_str() {
        "session.created" | "session.updated" => Event::Session {
            updated: raw.kind == "session.updated",
            expires_at: raw.session.unwrap_or_default().expires_at,
        },
        "input_audio_buffer.committed" => Event::Committed { item },
        "conversation.item.input_audio_transcription.delta" => Event::HeardMore { item, delta },
        "conversation.item.input_audio_transcription.completed" => {
            Event::Heard { item, text: raw.transcript }
        }
        "conversation.item.input_audio_transcription.failed" => {
            let (kind, code, message) = failure(raw.error);
            Event::NotHeard { item, why: format!("{kind} {code}: {message}") }
        }
        "response.created" => {
            let response = raw.response.unwrap_or_default();
            let turn = response.metadata.and_then(|m| m["turn"].as_str()?.parse().ok()).map(TurnId);
            Event::Begun { response: response.id, turn }
        }
        "response.output_audio.delta" => {
            let ulaw = STANDARD.decode(&delta).map_err(|error| format!("audio: {error}"))?;
            Event::Audio { response, item, ulaw }
        }
        "response.output_audio.done" => Event::AudioDone { response, item },
        "response.output_audio_transcript.delta" => Event::Words { response, item, delta },
        "response.done" => done(raw.response.ok_or("response.done without a response")?),
        "error" => {
            let (kind, code, message) = failure(raw.error);
            Event::Error { kind, code, message }
        }
        _ => Event::Other,
    })
}

fn done(response: Response) -> Event {
    let status = match response.status.as_deref() {
        Some("cancelled") => Status::Cancelled,
        Some("incomplete") => Status::Incomplete,
        Some("failed") => Status::Failed,
        _ => Status::Completed,
    };
    let calls = response.output.into_iter().filter(|item| item.kind == "function_call");
    let usage = response.usage.unwrap_or_default();
    Event::Done {
        response: response.id,
        status,
        detail: response.status_details.map(|details| details.to_string()).unwrap_or_default(),
        calls: calls
            .map(|item| ToolCall { id: item.call_id, name: item.name, arguments: item.arguments })
            .collect(),
        tokens: (usage.input_tokens, usage.output_tokens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-AUD-001, S-AUD-002, S-AUD-003, S-AUD-004, S-AUD-005, S-AUD-011, S-AUD-012: the session is asked for in the shape of
    /// general availability: nested, µ-law both ways, nothing of the beta's flat fields.
    #[test]
    fn the_session_is_asked_for_in_todays_shape() {
        let tools = [json!({ "type": "function", "function": { "name": "end_call", "parameters": {} } })];
        let brief =
            Brief {
                instructions: "דברי עברית.".into(), expected: "נדל״ן".into(), ..Brief::default()
            };
        let mut settings = RealtimeSettings::default();
        let update = |settings: &RealtimeSettings| -> Value {
            serde_json::from_str(&session_update(settings, &brief, &tools)).expect("JSON")
        };
        let session = &update(&settings)["session"];
        let (input, output) = (&session["audio"]["input"], &session["audio"]["output"]);
        assert_eq!(
            (&session["type"], &session["output_modalities"]),
            (&json!("realtime"), &json!(["audio"]))
        );
        assert_eq!(
            (&input["format"], &output["format"]),
            (&json!({"type":"audio/pcmu"}), &json!({"type":"audio/pcmu"}))
        );
        assert_eq!((&input["turn_detection"], &output["voice"]), (&Value::Null, &json!("marin")));
        let transcription = json!({"model": "gpt-4o-transcribe", "language": "he", "prompt": "נדל״ן"});
        assert_eq!(input["transcription"], transcription);
        assert_eq!(session["tools"][0], json!({"type": "function", "name": "end_call", "parameters": {}}));
        assert_eq!(session["max_output_tokens"], json!("inf"));
        for beta in ["modalities", "voice", "input_audio_format", "turn_detection", "temperature"] {
            assert_eq!(session[beta], Value::Null, "{beta}");
        }
        settings.turn_detection = TurnDetection::Server;
        settings.max_tokens = Some(150);
        let session = &update(&settings)["session"];
        let vad = &session["audio"]["input"]["turn_detection"];
        assert_eq!((&vad["type"], &vad["threshold"]), (&json!("server_vad"), &json!(0.5)));
        assert_eq!((&vad["prefix_padding_ms"], &vad["silence_duration_ms"]), (&json!(300), &json!(500)));
        assert_eq!((&vad["create_response"], &vad["interrupt_response"]), (&json!(false), &json!(false)));
        assert_eq!(session["max_output_tokens"], json!(150));
    }

    /// S-AUD-007: messages as the documentation has them.
    #[test]
    fn messages_of_the_server_are_read() {
        let read = |text: &str| parse(text).expect("a message");
        assert_eq!(
            read(
                r#"{"type":"response.output_audio.delta","event_id":"event_1","response_id":"resp_1","item_id":"item_1","output_index":0,"content_index":0,"delta":"no+J"}"#
            ),
            Event::Audio { response: "resp_1".into(), item: "item_1".into(), ulaw: vec![0x9e, 0x8f, 0x89] }
        );
        assert_eq!(
            read(
                r#"{"type":"session.created","event_id":"e","session":{"id":"sess_1","expires_at":1764140000}}"#
            ),
            Event::Session { updated: false, expires_at: Some(1_764_140_000) }
        );
        assert_eq!(
            read(
                r#"{"type":"response.created","response":{"id":"resp_2","status":"in_progress","metadata":{"turn":"7"}}}"#
            ),
            Event::Begun { response: "resp_2".into(), turn: Some(TurnId(7)) }
        );
        let done = r#"{"type":"response.done","response":{"id":"resp_2","status":"completed","status_details":null,
            "output":[{"type":"message"},{"type":"function_call","call_id":"call_1","name":"end_call","arguments":"{}"}],
            "usage":{"total_tokens":30,"input_tokens":20,"output_tokens":10}}}"#;
        let call = ToolCall { id: "call_1".into(), name: "end_call".into(), arguments: "{}".into() };
        let expected = Event::Done {
            response: "resp_2".into(),
            status: Status::Completed,
            detail: String::new(),
            calls: vec![call],
            tokens: (20, 10),
        };
        assert_eq!(read(done), expected);
        assert_eq!(
            read(
                r#"{"type":"error","event_id":"e","error":{"type":"invalid_request_error","code":null,"message":"m","param":null}}"#
            ),
            Event::Error { kind: "invalid_request_error".into(), code: String::new(), message: "m".into() }
        );
        assert_eq!(read(r#"{"type":"rate_limits.updated","rate_limits":[]}"#), Event::Other);
        assert_eq!(read(r#"{"type":"something.new","delta":"x"}"#), Event::Other);
        for wrong in
            ["", "{", "[]", r#"{"event":"x"}"#, r#"{"type":"response.output_audio.delta","delta":"*"}"#]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
