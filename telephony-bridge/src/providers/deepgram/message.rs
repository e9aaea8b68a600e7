//! The service's messages.

use serde::Deserialize;

use crate::providers::recognition::Heard;

/// No more audio: the last results, please, and close.
pub(super) const CLOSE_STREAM: &str = r#"{"type":"CloseStream"}"#;
/// Still there.
pub(super) const KEEP_ALIVE: &str = r#"{"type":"KeepAlive"}"#;

/// What a message says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Results(Heard),
    /// About the stream; comes at its end.
    Metadata,
    Error(String),
    /// SpeechStarted, UtteranceEnd, and whatever will be.
    Other,
}

#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

#[derive(Deserialize)]
struct Results {
    #[serde(default)]
    is_final: bool,
    /// In s since the stream began.
    start: f64,
    duration: f64,
    channel: Channel,
}

#[derive(Deserialize)]
struct Channel {
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    transcript: String,
}

#[derive(Deserialize)]
struct Error {
    #[serde(default)]
    description: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    variant: String,
}

pub(super) fn parse(text: &str) -> Result<Message, serde_json::Error> {
    let kind: Kind = serde_json::from_str(text)?;
    Ok(match kind.r#type.as_str() {
        "Results" => {
            let results: Results = serde_json::from_str(text)?;
            let words =
                results.channel.alternatives.into_iter().next().map(|a| a.transcript).unwrap_or_default();
            Message::Results(if results.is_final {
                Heard {
                    settled: format!(" {words}"),
                    until_ms: Some(ms(results.start + results.duration)),
                    tail: String::new(),
                }
            } else {
                Heard { tail: format!(" {words}"), ..Heard::default() }
            })
        }
        "Metadata" => Message::Metadata,
        "Error" => {
            let error: Error = serde_json::from_str(text)?;
            Message::Error(format!("{} {} {}", error.variant, error.description, error.message))
        }
        _ => Message::Other,
    })
}

/// Seconds as ms; nonsense is 0.
fn ms(seconds: f64) -> u64 {
    // A float is cut to the integer's range.
    (seconds * 1_000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read() {
        let interim = r#"{"type":"Results","channel_index":[0,1],"duration":1.04,"start":2.0,"is_final":false,
            "speech_final":false,"channel":{"alternatives":[{"transcript":"שלום","confidence":0.98,
            "words":[{"word":"שלום","start":2.1,"end":2.5,"confidence":0.98}]}]},
            "metadata":{"request_id":"r","model_uuid":"m"},"from_finalize":false}"#;
        let heard = Heard { settled: String::new(), until_ms: None, tail: " שלום".to_owned() };
        assert_eq!(parse(interim).ok(), Some(Message::Results(heard)));
        let settled = interim.replace("\"is_final\":false", "\"is_final\":true");
        let heard = Heard { settled: " שלום".to_owned(), until_ms: Some(3_040), tail: String::new() };
        assert_eq!(parse(&settled).ok(), Some(Message::Results(heard)));
        assert_eq!(
            parse(r#"{"type":"UtteranceEnd","channel":[0,1],"last_word_end":2.5}"#).ok(),
            Some(Message::Other)
        );
        assert_eq!(parse(r#"{"type":"Metadata","duration":3.0}"#).ok(), Some(Message::Metadata));
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        for text in ["", "{", "[]", "{\"type\":1}", "{\"type\":\"Results\"}"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!((ms(f64::NAN), ms(-1.0), ms(f64::INFINITY)), (0, 0, u64::MAX));
    }
}
