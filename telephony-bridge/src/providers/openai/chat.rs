//! `POST /chat/completions`, streamed: text as it comes, tool calls put together from their pieces.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::sse::Sse;
use crate::providers::net::{Answer, Endpoint, Health, Phase, ProviderError, Reason};

/// Most tool calls in one answer.
const MAX_CALLS: usize = 16;
/// Longest arguments of one call, in bytes.
const MAX_ARGUMENTS: usize = 16 * 1024;
/// Longest answer that is not a stream, in bytes.
const MAX_WHOLE: usize = 1024 * 1024;

/// A chat model. Shared by all calls.
#[derive(Debug)]
pub struct ChatModel {
    endpoint: Endpoint,
    model: String,
    health: Arc<Health>,
}

impl ChatModel {
    /// `model` at an endpoint whose base is that of `/chat/completions`.
    pub fn new(endpoint: Endpoint, model: impl Into<String>, health: Arc<Health>) -> Self {
        Self { endpoint, model: model.into(), health }
    }

    /// How it is doing.
    pub fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// Asks for the continuation of `messages`. Failures are not reported to the health: the caller knows
    /// whether they matter.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn ask(&self, messages: &[Value], tools: &[Value]) -> Result<ChatStream, ProviderError> {
        let mut body = json!({ "model": self.model, "stream": true, "messages": messages });
        if !tools.is_empty() {
            body["tools"] = tools.into();
        }
        self.request(&body).await
    }

    async fn request(&self, body: &Value) -> Result<ChatStream, ProviderError> {
        let request = self.endpoint.post("/chat/completions").json(body);
        let answer = self.endpoint.send(request).await?;
        let json = answer.headers().get("content-type").is_some_and(|kind| {
            kind.to_str().is_ok_and(|kind| kind.trim_start().starts_with("application/json"))
        });
        let mut stream = ChatStream::new(self.endpoint.clone());
        if json {
            // A server that does not stream.
            let whole = answer.whole(MAX_WHOLE).await?;
            stream.take(&whole)?;
            stream.done = true;
        } else {
            stream.answer = Some(answer);
        }
        Ok(stream)
    }

    /// A request as small as can be, to see whether the provider works.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn probe(&self) -> Result<(), ProviderError> {
        let message = json!({ "role": "user", "content": "1" });
        let mut stream = self.ask(&[message], &[]).await?;
        while stream.next().await?.is_some() {}
        Ok(())
    }

    /// A whole answer without tools.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn complete(&self, messages: &[Value]) -> Result<String, ProviderError> {
        let begun = Instant::now();
        let result = async {
            let (mut stream, mut text) = (self.ask(messages, &[]).await?, String::new());
            while let Some(piece) = stream.next().await? {
                text.push_str(&piece);
            }
            Ok(text)
        };
        result.await.inspect_err(|error| self.health.failed(begun, error))
    }
}

/// A tool the model wants used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// Names the call within the conversation.
    pub id: String,
    /// Of the tool.
    pub name: String,
    /// JSON, as the model wrote it: not to be trusted.
    pub arguments: String,
}

/// An answer as it comes.
#[derive(Debug)]
pub struct ChatStream {
    endpoint: Endpoint,
    answer: Option<Answer>,
    sse: Sse,
    text: VecDeque<String>,
    calls: BTreeMap<u64, ToolCall>,
    events: u64,
    finished: bool,
    done: bool,
}

impl ChatStream {
    fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            answer: None,
            sse: Sse::default(),
            text: VecDeque::new(),
            calls: BTreeMap::new(),
            events: 0,
            finished: false,
            done: false,
        }
    }

    /// The next piece of text; `None` once the answer is complete.
    ///
    /// # Errors
    /// [`ProviderError`]; an answer that ends without saying so counts as dropped.
    pub async fn next(&mut self) -> Result<Option<String>, ProviderError> {
        loop {
            if let Some(text) = self.text.pop_front() {
                return Ok(Some(text));
            }
            let Some(answer) = self.answer.as_mut().filter(|_| !self.done) else { return Ok(None) };
            let piece = answer.piece().await?;
            let mut events = Vec::new();
            match &piece {
                Some(bytes) => {
                    let long = self.sse.push(bytes, &mut events).err();
                    if let Some(long) = long {
                        return Err(self.garbage(&long.to_string()));
                    }
                }
                None => self.sse.finish(&mut events),
            }
            for event in events {
                self.take(&event)?;
            }
            if piece.is_none() {
                if self.events == 0 {
                    return Err(self.garbage("an answer without an event"));
                }
                if !self.finished {
                    let detail = "the answer ended in the middle";
                    return Err(self.endpoint.error(Phase::Answer, Reason::Dropped, detail));
                }
                self.done = true;
            }
        }
    }

    /// The tools wanted, once [`next`](Self::next) has returned `None`.
    pub fn calls(self) -> Vec<ToolCall> {
        self.calls.into_values().filter(|call| !call.name.is_empty()).collect()
    }

    /// One event.
    fn take(&mut self, event: &[u8]) -> Result<(), ProviderError> {
        self.events += 1;
        if event.trim_ascii() == b"[DONE]" {
            (self.finished, self.done) = (true, true);
            return Ok(());
        }
        if self.done {
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_slice(event)
            .map_err(|error| self.garbage(&format!("{error}: {}", String::from_utf8_lossy(event))))?;
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(self.endpoint.error(Phase::Answer, reason_of(&error), &error.to_string()));
        }
        // One choice was asked for.
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(()) };
        let delta = choice.delta.or(choice.message).unwrap_or_default();
        if let Some(text) = delta.content.filter(|text| !text.is_empty()) {
            self.text.push_back(text);
        }
        for piece in delta.tool_calls.unwrap_or_default() {
            self.take_call(piece)?;
        }
        self.finished |= choice.finish_reason.is_some();
        Ok(())
    }

    fn take_call(&mut self, piece: CallPiece) -> Result<(), ProviderError> {
        let last = self.calls.last_key_value().map(|(index, _)| *index);
        let index = piece.index.unwrap_or_else(|| match last {
            // Servers that leave the index out send an id with each new call.
            Some(last) if piece.id.as_ref().is_none_or(|id| self.calls[&last].id == *id) => last,
            Some(last) => last.saturating_add(1),
            None => 0,
        });
        if self.calls.len() >= MAX_CALLS && !self.calls.contains_key(&index) {
            return Err(self.garbage(&format!("more than {MAX_CALLS} tool calls")));
        }
        let call = self.calls.entry(index).or_default();
        // Some repeat id and name in every piece.
        if let Some(id) = piece.id.filter(|_| call.id.is_empty()) {
            call.id = id;
        }
        let function = piece.function.unwrap_or_default();
        if let Some(name) = function.name.filter(|_| call.name.is_empty()) {
            call.name = name;
        }
        match function.arguments {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => call.arguments.push_str(&text),
            // Not a piece of text but the object itself.
            Some(object) => call.arguments = object.to_string(),
        }
        if call.arguments.len() > MAX_ARGUMENTS {
            return Err(self.garbage(&format!("arguments longer than {MAX_ARGUMENTS} bytes")));
        }
        Ok(())
    }

    fn garbage(&self, detail: &str) -> ProviderError {
        self.endpoint.error(Phase::Answer, Reason::Garbage, detail)
    }
}

/// Why a provider broke an answer off, by its own words.
fn reason_of(error: &Value) -> Reason {
    let words = ["code", "type", "message"].map(|key| match &error[key] {
        Value::String(text) => text.to_ascii_lowercase(),
        other => other.to_string(),
    });
    let says = |what: &str| words.iter().any(|word| word.contains(what));
    if says("quota") || says("rate_limit") || says("429") {
        Reason::Quota { retry_after: None }
    } else if says("api_key") || says("auth") || says("expired") || says("401") {
        Reason::Expired
    } else {
        Reason::Server
    }
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Delta>,
    #[serde(default)]
    message: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<CallPiece>>,
}

#[derive(Deserialize)]
struct CallPiece {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Default, Deserialize)]
struct Function {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::net::HttpClient;

    fn stream(events: &[&str]) -> Result<ChatStream, ProviderError> {
        let http = HttpClient::new().expect("a client");
        let mut stream = ChatStream::new(Endpoint::new(http, "openai", "http://h", None));
        events.iter().try_for_each(|event| stream.take(event.as_bytes()))?;
        Ok(stream)
    }

    fn calls(events: &[&str]) -> Vec<(String, String, String)> {
        let calls = stream(events).expect("understood").calls();
        calls.into_iter().map(|call| (call.id, call.name, call.arguments)).collect()
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.to_owned(), name.to_owned(), arguments.to_owned())
    }

    #[test]
    fn tool_calls_are_put_together() {
        let by_the_book = [
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}},{"index":1,"id":"c2","function":{"name":"g","arguments":"{}"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
            r#"{"choices":[],"usage":{"total_tokens":21}}"#,
        ];
        assert_eq!(calls(&by_the_book), [call("c1", "f", "{\"a\":1}"), call("c2", "g", "{}")]);
        // No index, name and id repeated, arguments as an object, all in the message of one answer.
        let otherwise = [
            r#"{"choices":[{"delta":{"tool_calls":[{"id":"c1","function":{"name":"f","arguments":"{\"a\""}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"id":"c1","function":{"name":"f","arguments":":1}"}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"id":"c2","function":{"name":"g","arguments":{"b":2}}}]}}]}"#,
        ];
        assert_eq!(calls(&otherwise), [call("c1", "f", "{\"a\":1}"), call("c2", "g", "{\"b\":2}")]);
        let whole = r#"{"choices":[{"message":{"content":"hi","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#;
        assert_eq!(calls(&[whole]), [call("c", "f", "{}")]);
    }

    #[test]
    fn what_cannot_be_meant_is_garbage() {
        let failure = |events: &[&str]| stream(events).expect_err("refused");
        assert_eq!(failure(&["<html>"]).reason, Reason::Garbage);
        assert_eq!(failure(&[r#"{"choices":7}"#]).reason, Reason::Garbage);
        let many: Vec<String> = (0..=MAX_CALLS)
            .map(|n| format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{{"index":{n}}}]}}}}]}}"#))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(failure(&many).reason, Reason::Garbage);
        // An error in the middle of a stream says why.
        for (error, reason) in [
            (r#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#, "quota"),
            (r#"{"error":{"message":"x","code":"insufficient_quota"}}"#, "quota"),
            (r#"{"error":{"message":"x","code":"invalid_api_key"}}"#, "expired"),
            (r#"{"error":{"message":"x","type":"server_error","code":null}}"#, "server"),
            (r#"{"error":"overloaded"}"#, "server"),
        ] {
            assert_eq!(failure(&[error]).reason.as_str(), reason, "{error}");
        }
    }
}
