//! The messages as this side needs them, numbered after Google's `.proto` files.

use prost::{Enumeration, Message, Oneof};

/// `speech.v1.StreamingRecognizeRequest`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Request1 {
    #[prost(oneof = "Content1", tags = "1, 2")]
    pub(super) content: Option<Content1>,
}

/// Configuration, then audio.
#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Content1 {
    #[prost(message, tag = "1")]
    Config(Streaming1),
    #[prost(bytes = "vec", tag = "2")]
    Audio(Vec<u8>),
}

/// `speech.v1.StreamingRecognitionConfig`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Streaming1 {
    #[prost(message, optional, tag = "1")]
    pub(super) config: Option<Config1>,
    #[prost(bool, tag = "2")]
    pub(super) single_utterance: bool,
    #[prost(bool, tag = "3")]
    pub(super) interim_results: bool,
}

/// `speech.v1.RecognitionConfig`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Config1 {
    #[prost(enumeration = "Encoding1", tag = "1")]
    pub(super) encoding: i32,
    #[prost(int32, tag = "2")]
    pub(super) rate: i32,
    #[prost(string, tag = "3")]
    pub(super) language: String,
    #[prost(string, tag = "13")]
    pub(super) model: String,
    #[prost(bool, tag = "14")]
    pub(super) enhanced: bool,
    #[prost(message, optional, tag = "20")]
    pub(super) adaptation: Option<Adaptation1>,
}

/// `speech.v1.RecognitionConfig.AudioEncoding`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enumeration)]
#[repr(i32)]
pub(super) enum Encoding1 {
    /// Unknown.
    Unspecified = 0,
    /// 16 bit.
    Linear16 = 1,
    /// G.711 µ-law.
    Mulaw = 3,
}

/// `speech.v1.SpeechAdaptation`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Adaptation1 {
    #[prost(message, repeated, tag = "1")]
    pub(super) sets: Vec<Set1>,
}

/// `speech.v1.PhraseSet`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Set1 {
    #[prost(message, repeated, tag = "2")]
    pub(super) phrases: Vec<Phrase>,
}

/// `PhraseSet.Phrase`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Phrase {
    #[prost(string, tag = "1")]
    pub(super) value: String,
}

/// `speech.v2.StreamingRecognizeRequest`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Request2 {
    #[prost(string, tag = "3")]
    pub(super) recognizer: String,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub(super) audio: Option<Vec<u8>>,
    #[prost(message, optional, tag = "6")]
    pub(super) config: Option<Streaming2>,
}

/// `speech.v2.StreamingRecognitionConfig`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Streaming2 {
    #[prost(message, optional, tag = "1")]
    pub(super) config: Option<Config2>,
}

/// `speech.v2.RecognitionConfig`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Config2 {
    #[prost(message, optional, tag = "6")]
    pub(super) adaptation: Option<Adaptation2>,
    #[prost(message, optional, tag = "8")]
    pub(super) decoding: Option<Decoding2>,
    #[prost(string, tag = "9")]
    pub(super) model: String,
    #[prost(string, repeated, tag = "10")]
    pub(super) languages: Vec<String>,
}

/// `speech.v2.SpeechAdaptation`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Adaptation2 {
    #[prost(message, repeated, tag = "1")]
    pub(super) sets: Vec<AdaptationSet2>,
}

/// `speech.v2.SpeechAdaptation.AdaptationPhraseSet`
#[derive(Clone, PartialEq, Message)]
pub(super) struct AdaptationSet2 {
    #[prost(message, optional, tag = "2")]
    pub(super) inline: Option<Set2>,
}

/// `speech.v2.PhraseSet`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Set2 {
    #[prost(message, repeated, tag = "3")]
    pub(super) phrases: Vec<Phrase>,
}

/// `speech.v2.ExplicitDecodingConfig`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Decoding2 {
    #[prost(int32, tag = "1")]
    pub(super) encoding: i32,
    #[prost(int32, tag = "2")]
    pub(super) rate: i32,
}

/// `StreamingRecognitionResult` of both versions.
#[derive(Clone, PartialEq, Message)]
pub(super) struct SpeechResult {
    #[prost(message, repeated, tag = "1")]
    pub(super) alternatives: Vec<Alternative>,
    #[prost(bool, tag = "2")]
    pub(super) is_final: bool,
    #[prost(float, tag = "3")]
    pub(super) stability: f32,
    #[prost(message, optional, tag = "4")]
    pub(super) end: Option<Duration>,
    #[prost(string, tag = "6")]
    pub(super) language: String,
}

/// `SpeechRecognitionAlternative`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Alternative {
    #[prost(string, tag = "1")]
    pub(super) transcript: String,
    #[prost(float, tag = "2")]
    pub(super) confidence: f32,
}

/// `google.protobuf.Duration`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Duration {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

/// `speech.v1.StreamingRecognizeResponse`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Response1 {
    #[prost(message, repeated, tag = "2")]
    pub(super) results: Vec<SpeechResult>,
    #[prost(int32, tag = "4")]
    pub(super) event: i32,
}

/// `speech.v2.StreamingRecognizeResponse`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Response2 {
    #[prost(int32, tag = "3")]
    pub(super) event: i32,
    #[prost(message, repeated, tag = "6")]
    pub(super) results: Vec<SpeechResult>,
}
