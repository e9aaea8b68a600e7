//! One response, piece by piece.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use audio_core::codec::ulaw;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Speech;

/// Audio of a letter: 60 ms.
const PER_LETTER: usize = 480;
/// Audio in one delta: 200 ms. No multiple of a frame, as the service's are not.
const DELTA: usize = 1_597;

/// What happens next in a response.
#[derive(Debug)]
pub(super) enum Piece {
    /// A message.
    Send(Value),
    /// The item with the audio begins.
    Item(String),
    /// Bytes of audio, with the message.
    Audio(String, usize, Value),
    /// The call of a tool becomes an item: item and call.
    Call(String, String),
    /// It is complete: the last message.
    Done(Value),
}

/// A response under way.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) id: String,
    pub(super) pieces: VecDeque<Piece>,
    pub(super) next_at: Instant,
    /// Audio sent so far, in bytes.
    pub(super) sent: usize,
}

fn tone(bytes: usize) -> Vec<u8> {
    let sample = |n: usize| {
        let phase = std::f64::consts::TAU * 440.0 * n as f64 / 8_000.0;
        ulaw::encode((phase.sin() * 8_000.0) as i16)
    };
    (0..bytes).map(sample).collect()
}

/// The pieces of what is said.
pub(super) fn pieces(id: &str, n: usize, speech: &Speech, metadata: &Value) -> VecDeque<Piece> {
    let (text, tool) = match speech {
        Speech::Say(text) => (text.as_str(), None),
        Speech::Tool(name, arguments, before) => (before.as_str(), Some((name, arguments))),
    };
    let mut pieces = VecDeque::new();
    let mut output = Vec::new();
    if !text.is_empty() {
        let item = format!("item_m{n}");
        let of = |kind: &str, more: Value| {
            let mut message = json!({ "type": kind, "response_id": id, "item_id": item, "output_index": 0,
                                      "content_index": 0 });
            if let (Some(message), Some(more)) = (message.as_object_mut(), more.as_object()) {
                message.extend(more.clone());
            }
            message
        };
        let message = json!({ "id": item, "type": "message", "role": "assistant", "status": "in_progress",
                              "content": [] });
        pieces.push_back(Piece::Send(json!({ "type": "response.output_item.added", "response_id": id,
                                             "output_index": 0, "item": message })));
        pieces.push_back(Piece::Item(item.clone()));
        pieces.push_back(Piece::Send(json!({ "type": "conversation.item.added", "item": message })));
        let part = json!({ "part": { "type": "audio", "transcript": "" } });
        pieces.push_back(Piece::Send(of("response.content_part.added", part)));
        let audio = tone(text.chars().count() * PER_LETTER);
        let letters: Vec<char> = text.chars().collect();
        let deltas = audio.len().div_ceil(DELTA).max(1);
        let per = letters.len().div_ceil(deltas).max(1);
        let mut words = letters.chunks(per);
        for chunk in audio.chunks(DELTA) {
            if let Some(words) = words.next() {
                let delta = json!({ "delta": words.iter().collect::<String>() });
                pieces.push_back(Piece::Send(of("response.output_audio_transcript.delta", delta)));
            }
            let delta = json!({ "delta": STANDARD.encode(chunk) });
            let message = of("response.output_audio.delta", delta);
            pieces.push_back(Piece::Audio(item.clone(), chunk.len(), message));
        }
        pieces.push_back(Piece::Send(of("response.output_audio.done", json!({}))));
        let whole = json!({ "transcript": text });
        pieces.push_back(Piece::Send(of("response.output_audio_transcript.done", whole)));
        output.push(json!({ "id": item, "type": "message", "role": "assistant", "status": "completed",
                            "content": [{ "type": "output_audio", "transcript": text }] }));
    }
    if let Some((name, arguments)) = tool {
        let (item, call) = (format!("item_f{n}"), format!("call_{n}"));
        let called = json!({ "id": item, "type": "function_call", "call_id": call, "name": name,
                             "arguments": arguments, "status": "completed" });
        pieces.push_back(Piece::Call(item.clone(), call.clone()));
        pieces.push_back(Piece::Send(json!({ "type": "response.function_call_arguments.done",
            "response_id": id, "item_id": item, "call_id": call, "arguments": arguments })));
        pieces.push_back(Piece::Send(json!({ "type": "response.output_item.done", "response_id": id,
                                             "item": called })));
        output.push(called);
    }
    pieces.push_back(Piece::Send(json!({ "type": "rate_limits.updated", "rate_limits": [] })));
    pieces.push_back(Piece::Done(json!({ "type": "response.done", "response": {
        "id": id, "object": "realtime.response", "status": "completed", "status_details": null,
        "metadata": metadata, "output": output,
        "usage": { "total_tokens": 30, "input_tokens": 20, "output_tokens": 10 },
    }})));
    pieces
}

/// A response that comes to nothing.
pub(super) fn ended(id: &str, status: &str, details: &Value) -> Value {
    json!({ "type": "response.done", "response": { "id": id, "object": "realtime.response",
            "status": status, "status_details": details, "output": [], "usage": null } })
}

/// How long so much audio takes at a pace.
pub(super) fn pause(bytes: usize, pace: f64) -> Duration {
    Duration::from_secs_f64(bytes as f64 / 8_000.0 / pace)
}
