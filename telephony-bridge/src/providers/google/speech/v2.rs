//! Messages of `google.cloud.speech.v2`: the fields this bridge sends and reads, with the numbers of
//! `google/cloud/speech/v2/cloud_speech.proto`.

/// `google.cloud.speech.v2.StreamingRecognizeRequest`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Request {
    /// `projects/…/locations/…/recognizers/…`; `_` is the recogniser that the request itself describes.
    #[prost(string, tag = "3")]
    pub(super) recognizer: String,
    #[prost(oneof = "Content", tags = "5, 6")]
    pub(super) content: Option<Content>,
}

/// The first request configures the stream, the others carry audio.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Content {
    #[prost(bytes = "vec", tag = "5")]
    Audio(Vec<u8>),
    #[prost(message, tag = "6")]
    StreamingConfig(StreamingConfig),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct StreamingConfig {
    #[prost(message, optional, tag = "1")]
    pub(super) config: Option<Config>,
    #[prost(message, optional, tag = "2")]
    pub(super) streaming_features: Option<StreamingFeatures>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct StreamingFeatures {
    #[prost(bool, tag = "2")]
    pub(super) interim_results: bool,
}

/// `google.cloud.speech.v2.RecognitionConfig`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Config {
    #[prost(message, optional, tag = "2")]
    pub(super) features: Option<Features>,
    #[prost(message, optional, tag = "6")]
    pub(super) adaptation: Option<Adaptation>,
    #[prost(message, optional, tag = "8")]
    pub(super) explicit_decoding_config: Option<Decoding>,
    #[prost(string, tag = "9")]
    pub(super) model: String,
    #[prost(string, repeated, tag = "10")]
    pub(super) language_codes: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Features {
    #[prost(bool, tag = "4")]
    pub(super) enable_automatic_punctuation: bool,
    #[prost(int32, tag = "16")]
    pub(super) max_alternatives: i32,
}

/// `google.cloud.speech.v2.ExplicitDecodingConfig`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Decoding {
    /// 2 is MULAW here, 3 in v1.
    #[prost(int32, tag = "1")]
    pub(super) encoding: i32,
    #[prost(int32, tag = "2")]
    pub(super) sample_rate_hertz: i32,
    #[prost(int32, tag = "3")]
    pub(super) audio_channel_count: i32,
}

/// `google.cloud.speech.v2.SpeechAdaptation`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Adaptation {
    #[prost(message, repeated, tag = "1")]
    pub(super) phrase_sets: Vec<AdaptationPhraseSet>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct AdaptationPhraseSet {
    #[prost(message, optional, tag = "2")]
    pub(super) inline_phrase_set: Option<PhraseSet>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PhraseSet {
    #[prost(message, repeated, tag = "3")]
    pub(super) phrases: Vec<super::Phrase>,
    #[prost(float, tag = "4")]
    pub(super) boost: f32,
}

/// `google.cloud.speech.v2.StreamingRecognizeResponse`. Errors come as the stream's status.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Response {
    #[prost(message, repeated, tag = "6")]
    pub(super) results: Vec<super::RecognitionResult>,
}
