//! `POST /audio/speech`: 24 kHz PCM as it comes, or a WAV where the server sends one.

use serde_json::json;

use crate::providers::net::{Endpoint, Phase, ProviderError, Reason};
use crate::providers::voice::{Decoder, Encoding, Manner, Saying, Speech, Voice};
use crate::session::Line;

/// What `response_format: pcm` is documented to be: 16-bit little-endian mono at this rate.
const PCM_RATE: u32 = 24_000;

/// A voice of a speech endpoint.
#[derive(Debug)]
pub struct SpeechModel {
    endpoint: Endpoint,
    model: String,
    voice: String,
}

impl SpeechModel {
    /// `voice` of `model` at an endpoint whose base is that of `/audio/speech`.
    pub fn new(endpoint: Endpoint, model: impl Into<String>, voice: impl Into<String>) -> Self {
        Self { endpoint, model: model.into(), voice: voice.into() }
    }

    /// The voice a call asks for; ours where it names one of somebody else's.
    fn voice<'a>(&'a self, manner: &'a Manner) -> &'a str {
        manner.plain().unwrap_or(&self.voice)
    }

    async fn fetch(&self, voice: &str, text: &str, speech: &mut Speech) -> Result<(), ProviderError> {
        let body = json!({
            "model": self.model, "voice": voice, "input": text, "response_format": "pcm",
        });
        let mut answer = self.endpoint.send(self.endpoint.post("/audio/speech").json(&body)).await?;
        let kind =
            answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/json") || kind.starts_with("text/") {
            let detail = format!("audio was asked for, {kind} came");
            return Err(self.endpoint.error(Phase::Answer, Reason::Garbage, &detail));
        }
        let garbage = |error: crate::providers::voice::DecodeError| {
            self.endpoint.error(Phase::Answer, Reason::Garbage, &error.to_string())
        };
        let mut decoder = Decoder::new(Encoding::Pcm { rate: PCM_RATE });
        while let Some(bytes) = answer.piece().await? {
            let mut codes = Vec::new();
            decoder.push(&bytes, &mut codes).map_err(garbage)?;
            speech.ulaw(codes).await;
        }
        let mut codes = Vec::new();
        decoder.finish(&mut codes).map_err(garbage)?;
        speech.ulaw(codes).await;
        Ok(())
    }
}

impl Voice for SpeechModel {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn identity(&self, manner: &Manner) -> String {
        format!("openai {} {}", self.model, self.voice(manner))
    }

    fn say<'a>(&'a self, manner: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
        Box::pin(async move {
            let voice = self.voice(manner);
            match self.fetch(voice, &line.text, speech).await {
                // A business's wish that the service does not know.
                Err(error) if error.reason == Reason::Rejected && voice != self.voice => {
                    tracing::warn!(%error, voice, "the configured voice instead");
                    self.fetch(&self.voice, &line.text, speech).await
                }
                other => other,
            }
        })
    }
}
