//! Messages of `google.cloud.speech.v1`: the fields this bridge sends and reads, with the numbers of
//! `google/cloud/speech/v1/cloud_speech.proto` and `resource.proto`.

/// `google.cloud.speech.v1.StreamingRecognizeRequest`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Request {
    #[prost(oneof = "Content", tags = "1, 2")]
    pub(super) content: Option<Content>,
}

/// The first request configures the stream, the others carry audio.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Content {
    #[prost(message, tag = "1")]
    StreamingConfig(StreamingConfig),
    #[prost(bytes = "vec", tag = "2")]
    Audio(Vec<u8>),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct StreamingConfig {
    #[prost(message, optional, tag = "1")]
    pub(super) config: Option<Config>,
    #[prost(bool, tag = "3")]
    pub(super) interim_results: bool,
}

/// `google.cloud.speech.v1.RecognitionConfig`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Config {
    #[prost(enumeration = "super::Encoding", tag = "1")]
    pub(super) encoding: i32,
    #[prost(int32, tag = "2")]
    pub(super) sample_rate_hertz: i32,
    #[prost(string, tag = "3")]
    pub(super) language_code: String,
    #[prost(int32, tag = "4")]
    pub(super) max_alternatives: i32,
    #[prost(int32, tag = "7")]
    pub(super) audio_channel_count: i32,
    #[prost(bool, tag = "11")]
    pub(super) enable_automatic_punctuation: bool,
    #[prost(string, tag = "13")]
    pub(super) model: String,
    #[prost(bool, tag = "14")]
    pub(super) use_enhanced: bool,
    #[prost(message, optional, tag = "20")]
    pub(super) adaptation: Option<Adaptation>,
}

/// `google.cloud.speech.v1.SpeechAdaptation`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Adaptation {
    #[prost(message, repeated, tag = "1")]
    pub(super) phrase_sets: Vec<PhraseSet>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PhraseSet {
    #[prost(message, repeated, tag = "2")]
    pub(super) phrases: Vec<super::Phrase>,
    #[prost(float, tag = "4")]
    pub(super) boost: f32,
}

/// `google.cloud.speech.v1.StreamingRecognizeResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Response {
    #[prost(message, optional, tag = "1")]
    pub(super) error: Option<super::Status>,
    #[prost(message, repeated, tag = "2")]
    pub(super) results: Vec<super::RecognitionResult>,
}
