//! `POST /audio/transcriptions`: not a stream. The turn, as the session cut it, goes as one WAV; interim
//! words come from sending what there is of it every now and then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use audio_core::frame::{CleanFrame, FRAME_SAMPLES, SampleTime, WIRE_RATE};
use audio_core::resample::resample_all;
use serde::Deserialize;

use super::{Belief, Disbelief};
use crate::providers::net::{
    CallNet, Endpoint, Health, History, Phase, ProviderError, Reason, Worker, numbers,
};
use crate::providers::{Stt, SttResult};
use crate::session::{CallTime, TurnId};

/// The rate such models work at.
const RATE: u32 = 16_000;
/// Audio before the turn's first sound, so that its first consonant is whole.
const BEFORE: Duration = Duration::from_millis(200);
/// Shorter turns hold no word, and servers refuse them.
const SHORTEST: usize = WIRE_RATE as usize / 5;
/// Line kept while nobody speaks: a turn is announced after it has begun.
const IDLE: Duration = Duration::from_secs(3);
/// Longest turn that is sent.
const LONGEST: Duration = Duration::from_secs(60);
/// Longest prompt, in characters: Whisper looks at its last 224 tokens, and a Hebrew letter may be one.
const MAX_PROMPT: usize = 224;
/// Longest answer, in bytes.
const MAX_ANSWER: usize = 256 * 1024;
/// Beyond these the model's own doubts are shared (the defaults of Whisper's reference decoder).
const NO_SPEECH: f64 = 0.6;
const LOG_PROBABILITY: f64 = -1.0;

/// A transcription model. Shared by all calls.
#[derive(Debug)]
pub struct TranscribeModel {
    endpoint: Endpoint,
    model: String,
    language: String,
    belief: Belief,
    health: Arc<Health>,
}

impl TranscribeModel {
    /// `model` at an endpoint whose base is that of `/audio/transcriptions`; `language` is an ISO 639-1 code.
    pub fn new(
        endpoint: Endpoint,
        model: impl Into<String>,
        language: impl Into<String>,
        health: Arc<Health>,
    ) -> Self {
        let language = language.into();
        let belief = Belief::of(&language);
        Self { endpoint, model: model.into(), language, belief, health }
    }

    /// How it is doing.
    pub fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// The words in the audio (8 kHz); empty where there are none to be believed. `prompt`: phrases that are
    /// likely. Failures are not reported to the health.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn transcribe(&self, pcm: &[i16], prompt: &str) -> Result<String, ProviderError> {
        let error = |reason, detail: &str| self.endpoint.error(Phase::Request, reason, detail);
        let wav = wav(pcm).map_err(|e| error(Reason::Rejected, &e.to_string()))?;
        // Newer models know plain JSON alone; Whisper says how sure it is.
        let format = if self.model.contains("whisper") { "verbose_json" } else { "json" };
        let mut fields =
            vec![("model", &*self.model), ("language", &self.language), ("response_format", format)];
        fields.extend((!prompt.is_empty()).then_some(("prompt", prompt)));
        let (kind, body) = form(&fields, &wav);
        let request = self.endpoint.post("/audio/transcriptions").body(&kind, body);
        let body = self.endpoint.send(request).await?.whole(MAX_ANSWER).await?;
        let heard: Heard = serde_json::from_slice(&body).map_err(|e| {
            let detail = format!("{e}: {}", String::from_utf8_lossy(&body));
            self.endpoint.error(Phase::Answer, Reason::Garbage, &detail)
        })?;
        let audio = Duration::from_secs_f64(pcm.len() as f64 / f64::from(WIRE_RATE));
        let believed = match heard.is_doubted() {
            true => Err(Disbelief::NoSpeech),
            false => self.belief.check(&heard.text, prompt, audio),
        };
        if let Err(why) = believed {
            let (provider, reason) = (self.endpoint.provider(), why.as_str());
            metrics::counter!(numbers::DISBELIEVED, "provider" => provider, "reason" => reason).increment(1);
            tracing::debug!(reason, "recognised words are not believed");
            return Ok(String::new());
        }
        Ok(heard.text.trim().to_owned())
    }

    /// Half a second of silence, to see whether the provider works.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn probe(&self) -> Result<(), ProviderError> {
        self.transcribe(&[0; WIRE_RATE as usize / 2], "").await.map(|_| ())
    }

    /// The same with its outcome reported.
    async fn reported(&self, pcm: &[i16], prompt: &str) -> Result<String, ProviderError> {
        let begun = Instant::now();
        match self.transcribe(pcm, prompt).await {
            Ok(text) => {
                self.health.first_result(begun.elapsed());
                self.health.succeeded();
                Ok(text)
            }
            Err(error) => {
                self.health.failed(Instant::now(), &error);
                Err(error)
            }
        }
    }
}

#[derive(Deserialize)]
struct Heard {
    text: String,
    #[serde(default)]
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    #[serde(default)]
    no_speech_prob: f64,
    #[serde(default)]
    avg_logprob: f64,
}

impl Heard {
    fn is_doubted(&self) -> bool {
        let doubted = |s: &Segment| s.no_speech_prob > NO_SPEECH && s.avg_logprob < LOG_PROBABILITY;
        !self.segments.is_empty() && self.segments.iter().all(doubted)
    }
}

/// A WAV file of 16-bit samples at [`RATE`].
fn wav(pcm: &[i16]) -> Result<Vec<u8>, audio_core::Error> {
    let wide: Vec<f32> = pcm.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
    let wide = resample_all(&wide, WIRE_RATE, RATE)?;
    let bytes = u32::try_from(wide.len() * 2).unwrap_or(u32::MAX - 64);
    let mut out = Vec::with_capacity(44 + wide.len() * 2);
    out.extend_from_slice(b"RIFF");
    out.extend((36 + bytes).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend(RATE.to_le_bytes());
    out.extend((RATE * 2).to_le_bytes());
    out.extend_from_slice(b"\x02\0\x10\0data");
    out.extend(bytes.to_le_bytes());
    out.extend(wide.iter().flat_map(|sample| ((sample * 32_768.0).round() as i16).to_le_bytes()));
    Ok(out)
}

/// Phrases as a prompt, as many as fit.
fn prompt_of(vocabulary: &[String]) -> String {
    let mut prompt = String::new();
    for phrase in vocabulary {
        if prompt.chars().count() + phrase.chars().count() + 2 > MAX_PROMPT {
            break;
        }
        if !prompt.is_empty() {
            prompt.push_str(", ");
        }
        prompt.push_str(phrase);
    }
    prompt
}

/// A multipart form (RFC 7578) with a file at its end: its content type and body.
fn form(fields: &[(&str, &str)], file: &[u8]) -> (String, Vec<u8>) {
    // A random boundary is in no file.
    let boundary = uuid::Uuid::new_v4().simple().to_string();
    let mut body = Vec::with_capacity(file.len() + 1_024);
    for (name, value) in fields {
        let part =
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"turn.wav\"\r\n\
         content-type: audio/wav\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

type Request = Worker<(), Result<String, ProviderError>>;

/// Recognition for one call by a transcription model.
#[derive(Debug)]
pub struct TranscribeStt {
    model: Arc<TranscribeModel>,
    net: CallNet,
    history: History,
    /// Time of call time between two interim requests; none where there shall be none.
    interim_every: Option<Duration>,
    /// Phrases that are likely.
    prompt: Arc<str>,
    /// First sample after the line so far.
    now: SampleTime,
    open: Option<Open>,
    /// The turn whose last words are awaited. Dropping it ends the request.
    last: Option<(TurnId, Request)>,
    /// Failures that had no request.
    failed: Option<TurnId>,
}

/// A turn that goes on.
#[derive(Debug)]
struct Open {
    turn: TurnId,
    from: SampleTime,
    asked: SampleTime,
    interim: Option<Request>,
    words: String,
}

impl TranscribeStt {
    /// Recognition by `model`; interim words every `interim_every` of a turn.
    pub fn new(model: Arc<TranscribeModel>, net: CallNet, interim_every: Option<Duration>) -> Self {
        Self {
            model,
            net,
            history: History::new(IDLE, LONGEST),
            interim_every,
            prompt: "".into(),
            now: SampleTime(0),
            open: None,
            last: None,
            failed: None,
        }
    }

    /// The same, told what the callers of a business are likely to say.
    #[must_use]
    pub fn with_vocabulary(mut self, vocabulary: &[String]) -> Self {
        self.prompt = prompt_of(vocabulary).into();
        self
    }

    fn request(&self, from: SampleTime) -> Option<Request> {
        let pcm: Vec<i16> = self.history.since(from).flat_map(|frame| frame.pcm).collect();
        if pcm.len() < SHORTEST {
            return None;
        }
        let (model, prompt) = (Arc::clone(&self.model), Arc::clone(&self.prompt));
        Some(self.net.spawn(1, 1, |_, outbox| async move {
            outbox.send(model.reported(&pcm, &prompt).await).await;
        }))
    }
}

impl Stt for TranscribeStt {
    fn start(&mut self, turn: TurnId, from: SampleTime) {
        let before = BEFORE.as_millis() as u64 * u64::from(WIRE_RATE) / 1_000;
        let from = SampleTime(from.0.saturating_sub(before));
        self.history.hold(from);
        self.open = Some(Open { turn, from, asked: from, interim: None, words: String::new() });
    }

    fn audio(&mut self, frame: &CleanFrame) {
        self.history.push(frame);
        self.now = SampleTime(frame.at.0 + FRAME_SAMPLES as u64);
        let Some(every) = self.interim_every else { return };
        let due = |open: &Open| {
            let new = self.now.0.saturating_sub(open.asked.0);
            open.interim.is_none() && u128::from(new) * 1_000 >= every.as_millis() * u128::from(WIRE_RATE)
        };
        let Some(from) = self.open.as_ref().filter(|open| due(open)).map(|open| open.from) else { return };
        let interim = self.request(from);
        if let Some(open) = &mut self.open {
            (open.interim, open.asked) = (interim, self.now);
        }
    }

    fn finish(&mut self, _now: CallTime, turn: TurnId) {
        // Interim words that are still awaited are of no use any more.
        let Some(open) = self.open.take_if(|open| open.turn == turn) else { return };
        match self.request(open.from) {
            Some(request) => self.last = Some((turn, request)),
            None => self.failed = Some(turn),
        }
        self.history.release();
    }

    fn cancel(&mut self, turn: TurnId) {
        if self.open.take_if(|open| open.turn == turn).is_some() {
            self.history.release();
        }
        self.last.take_if(|(last, _)| *last == turn);
        self.failed.take_if(|failed| *failed == turn);
    }

    fn poll(&mut self, _now: CallTime) -> Option<(TurnId, SttResult)> {
        if let Some(turn) = self.failed.take() {
            // Too short for a word.
            return Some((turn, SttResult::Final(String::new())));
        }
        if let Some((turn, request)) = &mut self.last {
            let (turn, ended) = (*turn, request.has_ended());
            let result = match request.poll() {
                Some(Ok(text)) => Some(SttResult::Final(text)),
                Some(Err(_)) => Some(SttResult::Failed),
                None => ended.then_some(SttResult::Failed),
            };
            if let Some(result) = result {
                self.last = None;
                return Some((turn, result));
            }
        }
        let open = self.open.as_mut()?;
        let interim = open.interim.as_mut()?;
        let ended = interim.has_ended();
        match interim.poll() {
            // An interim failure is known to the health; the last request decides.
            Some(heard) => {
                open.interim = None;
                let text = heard.ok().filter(|text| !text.is_empty() && *text != open.words)?;
                open.words.clone_from(&text);
                Some((open.turn, SttResult::Partial(text)))
            }
            None => {
                if ended {
                    open.interim = None;
                }
                None
            }
        }
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_a_wav_of_16_khz() {
        let file = wav(&[0; 1_600]).expect("a file");
        assert_eq!(file.len(), 44 + 6_400);
        assert_eq!(&file[..4], b"RIFF");
        assert_eq!(u32::from_le_bytes(file[4..8].try_into().expect("four")), 36 + 6_400);
        assert_eq!(u32::from_le_bytes(file[24..28].try_into().expect("four")), 16_000);
        assert_eq!(u32::from_le_bytes(file[40..44].try_into().expect("four")), 6_400);
    }

    #[test]
    fn the_models_own_doubts_are_shared() {
        let heard = |json: &str| serde_json::from_str::<Heard>(json).expect("JSON").is_doubted();
        assert!(!heard(r#"{"text":"x"}"#));
        assert!(heard(r#"{"text":"x","segments":[{"no_speech_prob":0.9,"avg_logprob":-1.2}]}"#));
        assert!(!heard(r#"{"text":"x","segments":[{"no_speech_prob":0.9,"avg_logprob":-0.2}]}"#));
    }
}
