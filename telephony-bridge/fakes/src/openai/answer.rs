//! What a request is answered with, when all is well.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{Request, Service, Shared};

/// An answer of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Words.
    Text(String),
    /// A tool to be used: name and arguments.
    Tool(String, String),
}

impl Reply {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// Body and its kind.
pub(super) struct Answer {
    pub(super) kind: &'static str,
    pub(super) body: Vec<u8>,
}

/// Samples of 24 kHz for each letter: 60 ms.
const SAMPLES_PER_LETTER: usize = 24 * 60;
/// Letters in one piece of streamed text.
const TOKEN: usize = 3;

pub(super) fn answer(shared: &Shared, request: &Request) -> Answer {
    match request.service {
        Service::Chat => {
            let mut memory = shared.memory();
            let written = memory.writer.as_ref().map(|writer| writer(request));
            let reply = written.unwrap_or_else(|| match memory.replies.len() {
                0 => Reply::text("בסדר."),
                1 => memory.replies[0].clone(),
                _ => memory.replies.remove(0).unwrap_or_else(|| Reply::text("בסדר.")),
            });
            Answer { kind: "text/event-stream; charset=utf-8", body: events(&reply).into_bytes() }
        }
        Service::Speech => {
            let text = request.json()["input"].as_str().map(str::to_owned).unwrap_or_default();
            Answer { kind: "audio/pcm", body: tone(text.chars().count() * SAMPLES_PER_LETTER) }
        }
        Service::Transcriptions => {
            let mut memory = shared.memory();
            let text = match memory.transcripts.len() {
                0 => String::new(),
                1 => memory.transcripts[0].clone(),
                _ => memory.transcripts.pop_front().unwrap_or_default(),
            };
            let wants = |what: &[u8]| request.body.windows(what.len()).any(|part| part == what);
            let body = if wants(b"verbose_json") { verbose(&text) } else { json!({ "text": text }) };
            Answer { kind: "application/json", body: body.to_string().into_bytes() }
        }
    }
}

/// What Whisper says of itself beside the words.
fn verbose(text: &str) -> Value {
    json!({ "task": "transcribe", "language": "hebrew", "duration": 1.0, "text": text, "segments": [{
        "id": 0, "seek": 0, "start": 0.0, "end": 1.0, "text": text, "tokens": [1], "temperature": 0.0,
        "avg_logprob": -0.2, "compression_ratio": 1.0, "no_speech_prob": 0.01,
    }] })
}

fn events(reply: &Reply) -> String {
    let mut deltas = vec![json!({ "role": "assistant", "content": "" })];
    let reason = match reply {
        Reply::Text(text) => {
            let letters: Vec<char> = text.chars().collect();
            deltas.extend(
                letters.chunks(TOKEN).map(|piece| json!({ "content": piece.iter().collect::<String>() })),
            );
            "stop"
        }
        Reply::Tool(name, arguments) => {
            let call = |call: Value| json!({ "tool_calls": [call] });
            deltas.push(call(json!({ "index": 0, "id": "call_1", "type": "function",
                "function": { "name": name, "arguments": "" } })));
            let letters: Vec<char> = arguments.chars().collect();
            deltas.extend(letters.chunks(TOKEN).map(|piece| {
                call(json!({ "index": 0, "function": { "arguments": piece.iter().collect::<String>() } }))
            }));
            "tool_calls"
        }
    };
    let mut text = ": connected\n\n".to_owned();
    let chunk = |choices: Value, usage: Value| {
        json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "fake",
                "choices": choices, "usage": usage })
    };
    let mut send = |delta: Value, finish: Value| {
        let chunk = chunk(json!([{ "index": 0, "delta": delta, "finish_reason": finish }]), Value::Null);
        // Writing to a string does not fail.
        let _ = write!(text, "data: {chunk}\n\n");
    };
    deltas.into_iter().for_each(|delta| send(delta, Value::Null));
    send(json!({}), json!(reason));
    let usage = json!({ "prompt_tokens": 14, "completion_tokens": 7, "total_tokens": 21 });
    let _ = write!(text, "data: {}\n\ndata: [DONE]\n\n", chunk(json!([]), usage));
    text
}

/// A tone of 440 Hz, 24 kHz, 16 bit.
fn tone(samples: usize) -> Vec<u8> {
    /// Eleven periods.
    const LOOP: usize = 600;
    static TONE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let sample = |n: usize| {
            let phase = std::f64::consts::TAU * 440.0 * n as f64 / 24_000.0;
            ((phase.sin() * 8_000.0) as i16).to_le_bytes()
        };
        (0..LOOP).flat_map(sample).collect()
    });
    TONE.iter().copied().cycle().take(2 * samples).collect()
}
