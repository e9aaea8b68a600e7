//! The service's messages: tokens, which are parts of words.

use serde::Deserialize;

use crate::providers::recognition::Heard;

/// Still there.
pub(super) const KEEP_ALIVE: &str = r#"{"type":"keepalive"}"#;

/// A part of a word; one that begins a word begins with a space.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Token {
    text: String,
    #[serde(default)]
    is_final: bool,
    /// End in ms since the stream began.
    #[serde(default)]
    end_ms: Option<u64>,
}

/// What a message says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Tokens { tokens: Vec<Token>, finished: bool },
    Error { code: u16, why: String },
}

#[derive(Deserialize)]
struct Raw {
    tokens: Option<Vec<Token>>,
    #[serde(default)]
    finished: bool,
    error_code: Option<u16>,
    #[serde(default)]
    error_message: String,
}

pub(super) fn parse(text: &str) -> Result<Message, serde_json::Error> {
    let raw: Raw = serde_json::from_str(text)?;
    Ok(match (raw.error_code, raw.tokens) {
        (Some(code), _) => Message::Error { code, why: raw.error_message },
        (None, tokens) => Message::Tokens { tokens: tokens.unwrap_or_default(), finished: raw.finished },
    })
}

/// Puts words together. A word is settled once the next one begins: audio is never cut inside one.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Settled parts of the word that may go on, and their end.
    open: String,
    open_end: Option<u64>,
}

impl Words {
    pub(super) fn add(&mut self, tokens: Vec<Token>, finished: bool) -> Heard {
        let mut heard = Heard::default();
        for token in tokens {
            if !token.is_final {
                heard.tail.push_str(&token.text);
                continue;
            }
            // `<end>`: a pause; `<fin>`: asked to settle. Neither is said.
            let pause = matches!(token.text.as_str(), "<end>" | "<fin>");
            if pause || token.text.starts_with(' ') {
                self.settle(&mut heard);
            }
            if !pause {
                self.open.push_str(&token.text);
                self.open_end = token.end_ms.or(self.open_end);
            }
        }
        if finished {
            self.settle(&mut heard);
        }
        heard.tail.insert_str(0, &self.open);
        heard
    }

    fn settle(&mut self, heard: &mut Heard) {
        heard.settled.push_str(&std::mem::take(&mut self.open));
        heard.until_ms = self.open_end.take().or(heard.until_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(settled: &str, until_ms: Option<u64>, tail: &str) -> Heard {
        Heard { settled: settled.to_owned(), until_ms, tail: tail.to_owned() }
    }

    fn add(words: &mut Words, text: &str) -> Heard {
        match parse(text) {
            Ok(Message::Tokens { tokens, finished }) => words.add(tokens, finished),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_word_is_settled_when_the_next_one_begins() {
        let mut words = Words::default();
        let first = r#"{"tokens":[{"text":"של","start_ms":60,"end_ms":180,"confidence":0.9,"is_final":true},
            {"text":"ום","start_ms":180,"end_ms":300,"is_final":false}],"final_audio_proc_ms":180,
            "total_audio_proc_ms":300}"#;
        assert_eq!(add(&mut words, first), heard("", None, "שלום"));
        let second = r#"{"tokens":[{"text":"ום","end_ms":300,"is_final":true},
            {"text":" אני","end_ms":500,"is_final":true},{"text":" כאן","end_ms":700,"is_final":false}]}"#;
        assert_eq!(add(&mut words, second), heard("שלום", Some(300), " אני כאן"));
        let pause = r#"{"tokens":[{"text":"<end>","is_final":true}]}"#;
        assert_eq!(add(&mut words, pause), heard(" אני", Some(500), ""));
        let last = r#"{"tokens":[{"text":" כאן","end_ms":700,"is_final":true}],"finished":true}"#;
        assert_eq!(add(&mut words, last), heard(" כאן", Some(700), ""));
    }

    #[test]
    fn errors_are_read() {
        let error = r#"{"tokens":[],"error_code":429,"error_message":"Organization rate limit exceeded."}"#;
        let expected = Message::Error { code: 429, why: "Organization rate limit exceeded.".to_owned() };
        assert_eq!(parse(error).ok(), Some(expected));
        for text in ["", "[]", "{\"tokens\":3}", "{\"error_code\":\"x\"}", "{\"tokens\":[{}]}"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
