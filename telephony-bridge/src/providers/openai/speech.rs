//! `POST /audio/speech`: 24 kHz PCM as it comes, or a WAV where the server sends one.

use serde_json::json;

use crate::providers::net::{Endpoint, Phase, ProviderError, Reason};
use crate::providers::voice::{Decoder, Encoding, Saying, Speech, Voice};
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

    async fn fetch(&self, text: &str, speech: &mut Speech) -> Result<(), ProviderError> {
        let body = json!({
            "model": self.model, "voice": self.voice, "input": text, "response_format": "pcm",
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

    fn identity(&self) -> String {
        format!("openai {} {}", self.model, self.voice)
    }

    fn say<'a>(&'a self, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
        Box::pin(self.fetch(&line.text, speech))
    }
}
