//! What goes back to Twilio: audio, marks and `clear`.
//!
//! The `streamSid` is escaped once per call. Every message is written into a buffer that the
//! caller reuses: once it has grown to the longest message, writing allocates nothing.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Sub-protocol some senders offer; none is needed.
pub const SUBPROTOCOL: &str = "audio.twilio.com";
/// Close code of a stream that may not be here (RFC 6455 §7.4.1, policy violation).
pub const CLOSE_POLICY: u16 = 1008;

/// Writes the messages of one stream.
#[derive(Clone, Debug)]
pub struct OutboundWriter {
    /// `{"event":"media","streamSid":"…","media":{"payload":"`
    media_head: String,
    /// `{"event":"mark","streamSid":"…","mark":{"name":`
    mark_head: String,
    /// The whole of `clear`.
    clear: String,
}

impl OutboundWriter {
    /// A writer for one stream.
    pub fn new(stream_sid: &str) -> Self {
        let mut sid = String::new();
        push_json_string(stream_sid, &mut sid);
        Self {
            media_head: format!(r#"{{"event":"media","streamSid":{sid},"media":{{"payload":""#),
            mark_head: format!(r#"{{"event":"mark","streamSid":{sid},"mark":{{"name":"#),
            clear: format!(r#"{{"event":"clear","streamSid":{sid}}}"#),
        }
    }

    /// Replaces `out` by a `media` message with these µ-law bytes (no file header, any length).
    pub fn media(&self, mulaw: &[u8], out: &mut String) {
        out.clear();
        out.push_str(&self.media_head);
        STANDARD.encode_string(mulaw, out);
        out.push_str(r#""}}"#);
    }

    /// Replaces `out` by a `mark` message: it comes back when the audio before it was played.
    pub fn mark(&self, name: &str, out: &mut String) {
        out.clear();
        out.push_str(&self.mark_head);
        push_json_string(name, out);
        out.push_str("}}");
    }

    /// Replaces `out` by `clear`: Twilio discards what it has not played and returns every mark.
    pub fn clear(&self, out: &mut String) {
        out.clear();
        out.push_str(&self.clear);
    }
}

/// Appends `text` as a JSON string, quotes included (RFC 8259 §7).
fn push_json_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// S-TEL-003
    #[test]
    fn messages_are_what_twilio_documents() {
        let writer = OutboundWriter::new("MZ1");
        let mut out = String::new();
        let mulaw = [0x9e, 0x8f, 0x89, 0x86, 0x86, 0x89, 0x8e, 0x9c];
        writer.media(&mulaw, &mut out);
        assert_eq!(out, r#"{"event":"media","streamSid":"MZ1","media":{"payload":"no+JhoaJjpw="}}"#);
        writer.mark("turn 1", &mut out);
        assert_eq!(out, r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"turn 1"}}"#);
        writer.clear(&mut out);
        assert_eq!(out, r#"{"event":"clear","streamSid":"MZ1"}"#);
    }

    #[test]
    fn a_grown_buffer_is_reused() {
        let writer = OutboundWriter::new("MZ1");
        let mut out = String::new();
        writer.media(&[0xff; 160], &mut out);
        let (start, capacity) = (out.as_ptr(), out.capacity());
        for _ in 0..100 {
            writer.media(&[0x00; 160], &mut out);
            writer.mark("m", &mut out);
            writer.clear(&mut out);
        }
        assert_eq!((out.as_ptr(), out.capacity()), (start, capacity));
    }

    proptest! {
        #[test]
        fn any_name_and_sid_survive_a_json_parser(sid in any::<String>(), name in any::<String>()) {
            let writer = OutboundWriter::new(&sid);
            let mut out = String::new();
            writer.mark(&name, &mut out);
            let value: Value = serde_json::from_str(&out).expect("valid JSON");
            prop_assert_eq!(value, json!({"event":"mark","streamSid":sid,"mark":{"name":name}}));
            writer.clear(&mut out);
            let value: Value = serde_json::from_str(&out).expect("valid JSON");
            prop_assert_eq!(value, json!({"event":"clear","streamSid":sid}));
        }
    }
}
