//! Deepgram's `/v1/listen`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::ear::HeardWord;
use crate::speech_socket::{Control, Dialect, Failure, SpeechSocket};

/// Deepgram on a free port of the loopback interface.
pub async fn start() -> std::io::Result<SpeechSocket> {
    SpeechSocket::start::<Deepgram>().await
}

#[derive(Default)]
struct Deepgram {
    /// End of the last settled phrase, in samples.
    settled: u64,
}

fn seconds(samples: u64) -> f64 {
    samples as f64 / 8_000.0
}

impl Dialect for Deepgram {
    const PATH: &'static str = "/v1/listen";

    fn control(&mut self, text: &str) -> Control {
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        match message["type"].as_str() {
            Some("KeepAlive") => Control::KeepAlive,
            Some("CloseStream") => Control::Finish,
            _ => Control::Wrong,
        }
    }

    fn asks_for_too_much(query: &str) -> bool {
        query.contains("keyterm=")
    }

    fn refusal(failure: Failure) -> Option<(StatusCode, String)> {
        let (status, code, message) = match failure {
            Failure::Quota => (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Too many requests."),
            Failure::Expired => (StatusCode::UNAUTHORIZED, "INVALID_AUTH", "Invalid credentials."),
            Failure::TooMuch => {
                (StatusCode::BAD_REQUEST, "INVALID_QUERY_PARAMETER", "No keyterms for this model.")
            }
            Failure::Limit => return None,
        };
        let body = json!({"err_code": code, "err_msg": message, "request_id": "r-1"});
        Some((status, body.to_string()))
    }

    fn ending(_: Failure) -> (Option<String>, u16, String) {
        (None, 1011, "NET-0001".to_owned())
    }

    fn words(&mut self, phrase: &[HeardWord], settled: bool, samples: u64) -> String {
        let transcript: Vec<&str> = phrase.iter().map(|word| word.text.as_str()).collect();
        let words: Vec<Value> = phrase
            .iter()
            .map(|w| json!({"word": w.text, "start": seconds(w.start), "end": seconds(w.end), "confidence": 0.98}))
            .collect();
        let start = self.settled;
        if settled {
            self.settled = samples;
        }
        json!({
            "type": "Results",
            "channel_index": [0, 1],
            "start": seconds(start),
            "duration": seconds(samples - start),
            "is_final": settled,
            "speech_final": settled,
            "channel": {"alternatives": [
                {"transcript": transcript.join(" "), "confidence": 0.98, "words": words},
            ]},
            "metadata": {"request_id": "r-1", "model_uuid": "m-1"},
            "from_finalize": false,
        })
        .to_string()
    }

    fn last(&mut self, samples: u64) -> Option<String> {
        Some(
            json!({
                "type": "Metadata",
                "transaction_key": "deprecated",
                "request_id": "r-1",
                "created": "2026-11-26T00:00:00.000Z",
                "duration": seconds(samples),
                "channels": 1,
            })
            .to_string(),
        )
    }
}
