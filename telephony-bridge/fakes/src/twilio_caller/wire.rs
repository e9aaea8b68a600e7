//! The messages of Twilio's side of the stream, numbered as Twilio numbers them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::twiml::StreamVerb;

/// Writes messages; one shared counter from `start` on.
#[derive(Clone, Debug)]
pub struct Wire {
    call_sid: String,
    stream_sid: String,
    /// Numbers as JSON numbers; Twilio documents strings.
    plain_numbers: bool,
    sequence: u64,
    chunk: u64,
}

impl Wire {
    /// Messages of one stream.
    pub fn new(call_sid: &str, stream_sid: &str, plain_numbers: bool) -> Self {
        let (call_sid, stream_sid) = (call_sid.to_owned(), stream_sid.to_owned());
        Self { call_sid, stream_sid, plain_numbers, sequence: 0, chunk: 0 }
    }

    /// `connected`
    pub fn connected(&self) -> String {
        json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}).to_string()
    }

    /// `start` with the parameters of the TwiML.
    pub fn start(&mut self, stream: &StreamVerb) -> String {
        let rate = if self.plain_numbers { json!(8_000) } else { json!("8000") };
        let start = json!({
            "accountSid": "AC00000000000000000000000000000000",
            "streamSid": self.stream_sid,
            "callSid": self.call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": rate, "channels": 1},
            "customParameters": stream.parameters,
        });
        self.numbered("start", &start)
    }

    /// `media` that begins at `sample` of the caller's line.
    pub fn media(&mut self, sample: usize, mulaw: &[u8]) -> String {
        self.chunk += 1;
        let media = json!({
            "track": "inbound",
            "chunk": self.number(self.chunk),
            "timestamp": self.number(sample as u64 / 8),
            "payload": STANDARD.encode(mulaw),
        });
        self.numbered("media", &media)
    }

    /// A key was pressed.
    pub fn dtmf(&mut self, digit: char) -> String {
        self.numbered("dtmf", &json!({"track": "inbound_track", "digit": digit.to_string()}))
    }

    /// A mark comes back.
    pub fn mark(&mut self, name: &str) -> String {
        self.numbered("mark", &json!({"name": name}))
    }

    /// The stream is over.
    pub fn stop(&mut self) -> String {
        let stop = json!({
            "accountSid": "AC00000000000000000000000000000000",
            "callSid": self.call_sid,
        });
        self.numbered("stop", &stop)
    }

    fn numbered(&mut self, event: &str, body: &Value) -> String {
        self.sequence += 1;
        json!({
            "event": event,
            "sequenceNumber": self.number(self.sequence),
            "streamSid": self.stream_sid,
            event: body,
        })
        .to_string()
    }

    fn number(&self, number: u64) -> Value {
        if self.plain_numbers { json!(number) } else { json!(number.to_string()) }
    }
}
