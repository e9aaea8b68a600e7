//! Google Speech-to-Text over gRPC: `StreamingRecognize` of v1 and v2.
//!
//! One HTTP/2 connection serves all calls; a turn's stream on it costs no round trip. The messages are
//! written by hand, with the field numbers of Google's own files, and checked against bytes that Google's
//! Python package wrote.

mod api;
mod recogniser;
mod settings;
mod stream;
#[cfg(test)]
mod tests;
mod v1;
mod v2;

pub use api::{Api, NotHeard, V1, V2};
pub use recogniser::GoogleSpeech;
pub use settings::SpeechSettings;
pub use stream::SpeechStream;

/// `RecognitionConfig.AudioEncoding` of v1, the values in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
enum Encoding {
    Unspecified = 0,
    Mulaw = 3,
}

/// A phrase that is likely, and how much likelier, 0 to 20. The same in v1 and v2.
#[derive(Clone, PartialEq, prost::Message)]
struct Phrase {
    #[prost(string, tag = "1")]
    value: String,
    #[prost(float, tag = "2")]
    boost: f32,
}

/// `google.rpc.Status`
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// `StreamingRecognitionResult`, the same in v1 and v2.
#[derive(Clone, PartialEq, prost::Message)]
struct RecognitionResult {
    #[prost(message, repeated, tag = "1")]
    alternatives: Vec<Alternative>,
    #[prost(bool, tag = "2")]
    is_final: bool,
    #[prost(float, tag = "3")]
    stability: f32,
    /// Since the stream's first audio.
    #[prost(message, optional, tag = "4")]
    end: Option<Offset>,
}

/// `SpeechRecognitionAlternative`
#[derive(Clone, PartialEq, prost::Message)]
struct Alternative {
    #[prost(string, tag = "1")]
    transcript: String,
}

/// `google.protobuf.Duration`
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
struct Offset {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

impl Offset {
    fn as_ms(self) -> u64 {
        let ms = i128::from(self.seconds) * 1_000 + i128::from(self.nanos) / 1_000_000;
        u64::try_from(ms).unwrap_or(0)
    }
}
