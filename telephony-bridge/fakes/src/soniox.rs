//! Soniox's real-time transcription.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::ear::HeardWord;
use crate::speech_socket::{Control, Dialect, Failure, SpeechSocket};

/// Soniox on a free port of the loopback interface.
pub async fn start() -> std::io::Result<SpeechSocket> {
    SpeechSocket::start::<Soniox>().await
}

#[derive(Default)]
struct Soniox {
    configured: bool,
}

/// A word in two parts: the service cuts where it likes.
fn tokens(word: &HeardWord, settled: bool) -> [Value; 2] {
    let middle = word.text.char_indices().nth(2).map_or(word.text.len(), |(at, _)| at);
    let (head, tail) = word.text.split_at(middle);
    let (start, end) = (word.start / 8, word.end / 8);
    let cut = start + (end - start) / 2;
    let token = |text: String, start, end| json!({"text": text, "start_ms": start, "end_ms": end, "confidence": 0.97, "is_final": settled});
    [token(format!(" {head}"), start, cut), token(tail.to_owned(), cut, end)]
}

impl Dialect for Soniox {
    const PATH: &'static str = "/transcribe-websocket";

    fn control(&mut self, text: &str) -> Control {
        if text.is_empty() {
            return Control::Finish;
        }
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        match message["type"].as_str() {
            Some("keepalive") => Control::KeepAlive,
            None if !self.configured && message["model"].is_string() => {
                self.configured = true;
                Control::Configuration
            }
            _ => Control::Wrong,
        }
    }

    fn empty_finishes() -> bool {
        true
    }

    /// It says everything in messages.
    fn refusal(_: Failure) -> Option<(StatusCode, String)> {
        None
    }

    fn ending(failure: Failure) -> (Option<String>, u16, String) {
        let (code, message) = match failure {
            Failure::Quota => (429, "Organization concurrent request limit has been exceeded."),
            Failure::Expired => (401, "Invalid API key."),
            Failure::TooMuch => (400, "Invalid request."),
            Failure::Limit => (503, "Cannot continue request (code 1). Please restart the request."),
        };
        let text = json!({"tokens": [], "error_code": code, "error_message": message});
        (Some(text.to_string()), 1000, String::new())
    }

    fn words(&mut self, phrase: &[HeardWord], settled: bool, samples: u64) -> String {
        let mut all: Vec<Value> = phrase.iter().flat_map(|word| tokens(word, settled)).collect();
        if settled {
            all.push(json!({"text": "<end>", "confidence": 1.0, "is_final": true}));
        }
        let processed = if settled { samples / 8 } else { 0 };
        json!({"tokens": all, "final_audio_proc_ms": processed, "total_audio_proc_ms": samples / 8})
            .to_string()
    }

    fn last(&mut self, samples: u64) -> Option<String> {
        let ms = samples / 8;
        Some(
            json!({"tokens": [], "final_audio_proc_ms": ms, "total_audio_proc_ms": ms, "finished": true})
                .to_string(),
        )
    }
}
