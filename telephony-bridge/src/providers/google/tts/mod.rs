//! Google Text-to-Speech (REST `text:synthesize`): WaveNet voices, one sentence at a time.
//!
//! The answer is a WAV file in base64; its header is read, not assumed. The service takes 5,000 bytes a
//! request: longer lines go in parts, in order.

mod streaming;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::EndpointError;
use super::auth::Auth;
use crate::providers::net::{Endpoint, HttpClient, Phase, ProviderError, Reason};
use crate::providers::voice::{Decoder, Encoding, Manner, Saying, Speech, Voice, gender_of};
use crate::session::Line;
use crate::speech_text::{Gender, SpeechText};

pub use streaming::StreamingVoice;

/// Name in a chain.
pub const NAME: &str = "google";
const PATH: &str = "/v1/text:synthesize";
/// Most bytes of SSML or text in a request; the service takes 5,000.
const MAX_TEXT: usize = 4_800;
/// Longest answer, in bytes: ten minutes of µ-law in base64.
const MAX_ANSWER: usize = 7_000_000;

/// How the agent speaks.
#[derive(Clone, Debug)]
pub struct VoiceSettings {
    /// `https://texttospeech.googleapis.com`; `http://` for a stand-in.
    pub endpoint: String,
    /// BCP 47, `he-IL`.
    pub language: String,
    /// `he-IL-Wavenet-A` (A-AUD-012), where a call asks for none of Google's.
    pub voice: String,
    /// What speaks where SSML or the voice is refused (A-AUD-018): a woman…
    pub plain_voice: String,
    /// …or a man.
    pub plain_voice_masculine: String,
    /// 0.25 to 2.0.
    pub speaking_rate: f64,
    /// −20 to 20 semitones.
    pub pitch: f64,
    /// How text is written out.
    pub text: SpeechText,
}

impl Default for VoiceSettings {
    fn default() -> Self {
        Self {
            endpoint: "https://texttospeech.googleapis.com".to_owned(),
            language: "he-IL".to_owned(),
            voice: "he-IL-Wavenet-A".to_owned(),
            plain_voice: "he-IL-Standard-A".to_owned(),
            plain_voice_masculine: "he-IL-Standard-D".to_owned(),
            speaking_rate: 1.0,
            pitch: 0.0,
            text: SpeechText::default(),
        }
    }
}

impl VoiceSettings {
    /// What a call asks for, in its place.
    fn with(&self, manner: &Manner) -> Self {
        let voice = manner.google(&self.language).unwrap_or(&self.voice).to_owned();
        Self { voice, text: self.text.spoken_by(manner.gender), ..self.clone() }
    }

    /// Does this voice speak before the sentence is whole? It knows no SSML then.
    fn streams(&self) -> bool {
        self.voice.contains("Chirp3-HD")
    }

    /// What speaks where the voice is refused: as it sounds, as far as that is known.
    fn plain_voice(&self) -> &str {
        match gender_of(&self.voice).unwrap_or(self.text.agent()) {
            Gender::Feminine => &self.plain_voice,
            Gender::Masculine => &self.plain_voice_masculine,
        }
    }

    fn identity(&self) -> String {
        let Self { voice, language, speaking_rate, pitch, text, .. } = self;
        format!("{voice} {language} rate {speaking_rate} pitch {pitch} {:?}", text.agent())
    }
}

/// A voice of Google's, for all calls.
#[derive(Debug)]
pub struct GoogleVoice {
    endpoint: Endpoint,
    auth: Arc<Auth>,
    settings: VoiceSettings,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "audioContent")]
    audio: String,
}

impl GoogleVoice {
    /// Does not connect yet.
    pub fn new(http: HttpClient, settings: VoiceSettings, auth: Arc<Auth>) -> Self {
        let endpoint = Endpoint::new(http, NAME, &settings.endpoint, None);
        Self { endpoint, auth, settings }
    }

    async fn part(
        &self,
        settings: &VoiceSettings,
        text: &str,
        speech: &mut Speech,
    ) -> Result<(), ProviderError> {
        let written = &settings.text;
        let plain = json!({"text": written.plain(text)});
        let first = if settings.streams() { plain.clone() } else { json!({"ssml": written.ssml(text)}) };
        let audio = match self.synthesize(&first, &settings.voice).await {
            Err(error) if error.reason == Reason::Rejected => {
                tracing::warn!(%error, "plain text in a standard voice instead");
                self.synthesize(&plain, settings.plain_voice()).await
            }
            other => other,
        }?;
        let mut decoder = Decoder::new(Encoding::Ulaw);
        let mut codes = Vec::with_capacity(audio.len());
        let garbage = |error: crate::providers::voice::DecodeError| {
            self.endpoint.error(Phase::Answer, Reason::Garbage, &error.to_string())
        };
        decoder.push(&audio, &mut codes).map_err(garbage)?;
        decoder.finish(&mut codes).map_err(garbage)?;
        speech.ulaw(codes).await;
        Ok(())
    }

    async fn synthesize(&self, input: &Value, voice: &str) -> Result<Vec<u8>, ProviderError> {
        let settings = &self.settings;
        let body = json!({
            "input": input,
            "voice": {"languageCode": settings.language, "name": voice},
            "audioConfig": {
                "audioEncoding": "MULAW",
                "sampleRateHertz": 8_000,
                "effectsProfileId": ["telephony-class-application"],
                "speakingRate": settings.speaking_rate,
                "pitch": settings.pitch,
                "volumeGainDb": 0.0,
            },
        });
        let mut request = self.endpoint.post(PATH).json(&body);
        let header = self.auth.header().await?;
        if let Some((name, value)) = &header {
            request = request.header(name, value.expose_secret());
        }
        let secret = header.as_ref().map_or("", |(_, value)| value.expose_secret());
        let secret = secret.strip_prefix("Bearer ").unwrap_or(secret);
        let answer = self.endpoint.send(request).await.map_err(|error| error.redacted(secret))?;
        let body = answer.whole(MAX_ANSWER).await?;
        let garbage = |what: &str| self.endpoint.error(Phase::Answer, Reason::Garbage, what);
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| garbage("no audioContent"))?;
        STANDARD.decode(answer.audio).map_err(|_| garbage("audioContent is not base64"))
    }
}

impl Voice for GoogleVoice {
    fn name(&self) -> &'static str {
        NAME
    }

    fn identity(&self, manner: &Manner) -> String {
        self.settings.with(manner).identity()
    }

    fn say<'a>(&'a self, manner: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
        Box::pin(async move {
            let settings = self.settings.with(manner);
            for part in parts(&settings.text, &line.text) {
                self.part(&settings, part, speech).await?;
            }
            Ok(())
        })
    }
}

/// All voices of Google's: each call may ask for one of its own, those that stream and others.
#[derive(Debug)]
pub struct GoogleVoices {
    whole: GoogleVoice,
    streaming: StreamingVoice,
}

impl GoogleVoices {
    /// Does not connect yet.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn new(http: HttpClient, settings: VoiceSettings, auth: Arc<Auth>) -> Result<Self, EndpointError> {
        let streaming = StreamingVoice::new(settings.clone(), Arc::clone(&auth))?;
        Ok(Self { whole: GoogleVoice::new(http, settings, auth), streaming })
    }

    fn of(&self, manner: &Manner) -> &dyn Voice {
        match self.whole.settings.with(manner).streams() {
            true => &self.streaming,
            false => &self.whole,
        }
    }
}

impl Voice for GoogleVoices {
    fn name(&self) -> &'static str {
        NAME
    }

    fn identity(&self, manner: &Manner) -> String {
        self.whole.identity(manner)
    }

    fn say<'a>(&'a self, manner: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
        self.of(manner).say(manner, line, speech)
    }
}

/// The text in parts that fit into a request, cut where a sentence or a word ends.
fn parts<'a>(written: &SpeechText, text: &'a str) -> Vec<&'a str> {
    if written.ssml(text).len() <= MAX_TEXT || text.chars().nth(1).is_none() {
        return vec![text];
    }
    let half = text.floor_char_boundary(text.len() / 2);
    let after = |marks: &[char]| text[..half].rfind(marks).map(|at| text.ceil_char_boundary(at + 1));
    let cut = after(&['.', '?', '!', '\n']).or_else(|| after(&[' '])).filter(|cut| *cut > 0).unwrap_or(half);
    let (head, tail) = text.split_at(cut.max(text.ceil_char_boundary(1)));
    let mut parts = parts(written, head);
    parts.extend(self::parts(written, tail));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_at_sentences() {
        let written = SpeechText::default();
        let text = "שלום לכם, מה שלומכם היום? ".repeat(400);
        let parts = parts(&written, &text);
        assert_eq!(parts.concat(), text);
        assert!(parts.iter().all(|part| written.ssml(part).len() <= MAX_TEXT));
        assert!(
            parts.len() > 3 && parts[..parts.len() - 1].iter().all(|part| part.trim_end().ends_with('?'))
        );
        // One word without end.
        let word = "א".repeat(6_000);
        assert_eq!(super::parts(&written, &word).concat(), word);
        // Figures grow when they are written out.
        let figures = "7".repeat(3_000);
        assert_eq!(super::parts(&written, &figures).concat(), figures);
    }
}
