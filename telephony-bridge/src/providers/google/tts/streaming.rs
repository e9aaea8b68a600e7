//! `StreamingSynthesize`: voices that speak before the sentence is whole (Chirp 3 HD).
//!
//! Source: `google/cloud/texttospeech/v1/cloud_tts.proto`. Such voices know no SSML; their audio comes without a
//! header, as far as is said, and one is recognised all the same.

use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;

use super::{NAME, VoiceSettings, parts};
use crate::providers::google::auth::Auth;
use crate::providers::google::grpc::{Call, Connection, EndpointError};
use crate::providers::net::{Phase, ProviderError, Reason};
use crate::providers::voice::{DecodeError, Decoder, Encoding, Manner, Saying, Speech, Voice};
use crate::session::Line;

const PATH: &str = "/google.cloud.texttospeech.v1.TextToSpeech/StreamingSynthesize";
/// To the first audio: a chain's own limit is shorter, this one frees the stream…
const FIRST: Duration = Duration::from_secs(5);
/// …and between two pieces of it.
const BETWEEN: Duration = Duration::from_secs(3);
/// `AudioEncoding.MULAW`
const MULAW: i32 = 5;

/// `StreamingSynthesizeRequest`
#[derive(Clone, PartialEq, prost::Message)]
struct Request {
    #[prost(oneof = "Content", tags = "1, 2")]
    content: Option<Content>,
}

/// The first request configures the stream, the others carry text.
#[derive(Clone, PartialEq, prost::Oneof)]
enum Content {
    #[prost(message, tag = "1")]
    Config(Config),
    #[prost(message, tag = "2")]
    Input(Input),
}

#[derive(Clone, PartialEq, prost::Message)]
struct Config {
    #[prost(message, optional, tag = "1")]
    voice: Option<VoiceName>,
    #[prost(message, optional, tag = "4")]
    audio: Option<Audio>,
}

/// `VoiceSelectionParams`
#[derive(Clone, PartialEq, prost::Message)]
struct VoiceName {
    #[prost(string, tag = "1")]
    language_code: String,
    #[prost(string, tag = "2")]
    name: String,
}

/// `StreamingAudioConfig`
#[derive(Clone, PartialEq, prost::Message)]
struct Audio {
    #[prost(int32, tag = "1")]
    encoding: i32,
    #[prost(int32, tag = "2")]
    sample_rate_hertz: i32,
    #[prost(double, tag = "3")]
    speaking_rate: f64,
}

/// `StreamingSynthesisInput`
#[derive(Clone, PartialEq, prost::Message)]
struct Input {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
}

/// `StreamingSynthesizeResponse`
#[derive(Clone, PartialEq, prost::Message)]
struct Response {
    #[prost(bytes = "vec", tag = "1")]
    audio: Vec<u8>,
}

fn configuration(settings: &VoiceSettings) -> Vec<u8> {
    let voice = VoiceName { language_code: settings.language.clone(), name: settings.voice.clone() };
    let audio = Audio { encoding: MULAW, sample_rate_hertz: 8_000, speaking_rate: settings.speaking_rate };
    let config = Config { voice: Some(voice), audio: Some(audio) };
    Request { content: Some(Content::Config(config)) }.encode_to_vec()
}

fn input(text: String) -> Vec<u8> {
    Request { content: Some(Content::Input(Input { text: Some(text) })) }.encode_to_vec()
}

/// A voice of Google's that streams, for all calls.
#[derive(Debug)]
pub struct StreamingVoice {
    connection: Connection,
    auth: Arc<Auth>,
    settings: VoiceSettings,
}

impl StreamingVoice {
    /// Does not connect yet.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn new(settings: VoiceSettings, auth: Arc<Auth>) -> Result<Self, EndpointError> {
        Ok(Self { connection: Connection::new(&settings.endpoint)?, auth, settings })
    }

    async fn stream(&self, manner: &Manner, text: &str, speech: &mut Speech) -> Result<(), ProviderError> {
        let settings = self.settings.with(manner);
        let garbage =
            |error: DecodeError| ProviderError::new(NAME, Phase::Answer, Reason::Garbage, error.to_string());
        let headers = self.auth.headers().await?;
        let mut call = Call::open(NAME, &self.connection, PATH, headers, configuration(&settings));
        for part in parts(&settings.text, text) {
            // Parts are put together as they come.
            call.send(input(format!("{} ", settings.text.plain(part))))?;
        }
        call.finish();
        let mut decoder = Decoder::new(Encoding::Ulaw);
        let mut limit = (FIRST, Reason::Slow);
        loop {
            let message = match tokio::time::timeout(limit.0, call.next()).await {
                Ok(message) => message?,
                Err(_) => {
                    let detail = format!("nothing for {} ms", limit.0.as_millis());
                    return Err(ProviderError::new(NAME, Phase::Answer, limit.1, detail));
                }
            };
            let mut codes = Vec::new();
            let Some(message) = message else {
                decoder.finish(&mut codes).map_err(garbage)?;
                speech.ulaw(codes).await;
                return Ok(());
            };
            let response = Response::decode(&message[..]).map_err(|error| {
                ProviderError::new(NAME, Phase::Answer, Reason::Garbage, error.to_string())
            })?;
            decoder.push(&response.audio, &mut codes).map_err(garbage)?;
            speech.ulaw(codes).await;
            limit = (BETWEEN, Reason::Stalled);
        }
    }
}

impl Voice for StreamingVoice {
    fn name(&self) -> &'static str {
        NAME
    }

    fn identity(&self, manner: &Manner) -> String {
        self.settings.with(manner).identity()
    }

    fn say<'a>(&'a self, manner: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
        Box::pin(self.stream(manner, &line.text, speech))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Bytes that Google's `google-cloud-texttospeech` 2.38.0 (Python) wrote.
    #[test]
    fn messages_are_googles() {
        let settings =
            VoiceSettings { voice: "he-IL-Chirp3-HD-Aoede".to_owned(), ..VoiceSettings::default() };
        assert_eq!(
            hex(&configuration(&settings)),
            "0a300a1e0a0568652d494c121568652d494c2d4368697270332d48442d416f656465220e080510c03e19000000000000f03f"
        );
        assert_eq!(hex(&input("שלום".to_owned())), "120a0a08d7a9d79cd795d79d");
        let response = Response::decode(&[0x0a, 2, 0xff, 0x7f][..]).expect("a message");
        assert_eq!(response.audio, [0xff, 0x7f]);
    }
}
