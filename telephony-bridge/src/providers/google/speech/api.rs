//! What differs between v1 and v2.

use prost::Message as _;

use super::settings::SpeechSettings;
use super::{Encoding, Offset, Phrase, RecognitionResult, v1, v2};
use crate::providers::recognition::{Heard, likely};

/// A version of the service.
pub trait Api: Copy + Send + Sync + 'static {
    /// Service and method.
    const PATH: &'static str;

    /// The first message of a stream.
    fn configuration(settings: &SpeechSettings, model: Option<&str>, vocabulary: &[String]) -> Vec<u8>;
    /// A message with audio.
    fn audio(ulaw: &[u8]) -> Vec<u8>;
    /// What Google routes a request by: `x-goog-request-params`.
    fn routing(_settings: &SpeechSettings) -> Option<String> {
        None
    }
    /// What a message of Google's says; `None`: nothing about words.
    ///
    /// # Errors
    /// [`NotHeard`].
    fn heard(message: &[u8]) -> Result<Option<Heard>, NotHeard>;
}

/// A message without words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotHeard {
    /// It is no message.
    Garbage(String),
    /// It is an error: gRPC's code, and a sentence.
    Error(i32, String),
}

/// `google.cloud.speech.v1`
#[derive(Clone, Copy, Debug)]
pub struct V1;

/// `google.cloud.speech.v2`
#[derive(Clone, Copy, Debug)]
pub struct V2;

const RATE: i32 = 8_000;

/// Phrases that the service takes.
const MAX_PHRASES: usize = 5_000;

fn phrases(settings: &SpeechSettings, vocabulary: &[String]) -> Vec<Phrase> {
    let all = likely(vocabulary, &settings.phrases, MAX_PHRASES);
    // The set's boost holds for all.
    all.into_iter().map(|phrase| Phrase { value: phrase.to_owned(), boost: 0.0 }).collect()
}

impl Api for V1 {
    const PATH: &'static str = "/google.cloud.speech.v1.Speech/StreamingRecognize";

    fn configuration(settings: &SpeechSettings, model: Option<&str>, vocabulary: &[String]) -> Vec<u8> {
        let set = v1::PhraseSet { phrases: phrases(settings, vocabulary), boost: settings.boost };
        let config = v1::Config {
            encoding: Encoding::Mulaw.into(),
            sample_rate_hertz: RATE,
            language_code: settings.language.clone(),
            max_alternatives: 1,
            audio_channel_count: 1,
            enable_automatic_punctuation: true,
            model: model.unwrap_or_default().to_owned(),
            // Falls back by itself where there is no enhanced model.
            use_enhanced: model.is_some(),
            adaptation: (!set.phrases.is_empty()).then(|| v1::Adaptation { phrase_sets: vec![set] }),
        };
        let streaming = v1::StreamingConfig { config: Some(config), interim_results: true };
        v1::Request { content: Some(v1::Content::StreamingConfig(streaming)) }.encode_to_vec()
    }

    fn audio(ulaw: &[u8]) -> Vec<u8> {
        v1::Request { content: Some(v1::Content::Audio(ulaw.to_vec())) }.encode_to_vec()
    }

    fn heard(message: &[u8]) -> Result<Option<Heard>, NotHeard> {
        let response = v1::Response::decode(message).map_err(garbage)?;
        match response.error {
            Some(error) => Err(NotHeard::Error(error.code, error.message)),
            None => Ok(words(response.results)),
        }
    }
}

/// `ExplicitDecodingConfig.AudioEncoding.MULAW`
const V2_MULAW: i32 = 2;
/// v2 has no default model.
const V2_MODEL: &str = "long";

impl Api for V2 {
    const PATH: &'static str = "/google.cloud.speech.v2.Speech/StreamingRecognize";

    fn configuration(settings: &SpeechSettings, model: Option<&str>, vocabulary: &[String]) -> Vec<u8> {
        let set = v2::PhraseSet { phrases: phrases(settings, vocabulary), boost: settings.boost };
        let config = v2::Config {
            features: Some(v2::Features { enable_automatic_punctuation: true, max_alternatives: 1 }),
            adaptation: (!set.phrases.is_empty()).then(|| v2::Adaptation {
                phrase_sets: vec![v2::AdaptationPhraseSet { inline_phrase_set: Some(set) }],
            }),
            explicit_decoding_config: Some(v2::Decoding {
                encoding: V2_MULAW,
                sample_rate_hertz: RATE,
                audio_channel_count: 1,
            }),
            model: model.unwrap_or(V2_MODEL).to_owned(),
            language_codes: vec![settings.language.clone()],
        };
        let streaming = v2::StreamingConfig {
            config: Some(config),
            streaming_features: Some(v2::StreamingFeatures { interim_results: true }),
        };
        let content = Some(v2::Content::StreamingConfig(streaming));
        v2::Request { recognizer: settings.recogniser_path(), content }.encode_to_vec()
    }

    fn audio(ulaw: &[u8]) -> Vec<u8> {
        // Only the first message names the recogniser.
        v2::Request { recognizer: String::new(), content: Some(v2::Content::Audio(ulaw.to_vec())) }
            .encode_to_vec()
    }

    fn routing(settings: &SpeechSettings) -> Option<String> {
        let path: String = form_urlencoded::byte_serialize(settings.recogniser_path().as_bytes()).collect();
        Some(format!("recognizer={path}"))
    }

    fn heard(message: &[u8]) -> Result<Option<Heard>, NotHeard> {
        Ok(words(v2::Response::decode(message).map_err(garbage)?.results))
    }
}

#[allow(clippy::needless_pass_by_value)] // as map_err gives it
fn garbage(error: prost::DecodeError) -> NotHeard {
    NotHeard::Garbage(error.to_string())
}

fn words(results: Vec<RecognitionResult>) -> Option<Heard> {
    if results.is_empty() {
        return None;
    }
    let mut heard = Heard::default();
    for result in results {
        let end = result.end.map(Offset::as_ms);
        let words = result.alternatives.into_iter().next().map(|a| a.transcript).unwrap_or_default();
        let text = if result.is_final { &mut heard.settled } else { &mut heard.tail };
        // A result is a phrase of its own, whatever it begins with.
        text.push(' ');
        text.push_str(&words);
        if result.is_final {
            heard.until_ms = heard.until_ms.max(end);
        }
    }
    Some(heard)
}
