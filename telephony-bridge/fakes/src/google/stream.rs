//! One `StreamingRecognize` call, as Google answers it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use prost::Message as _;
use tokio::sync::mpsc;
use tonic::server::StreamingService;
use tonic::{Request, Response, Status, Streaming};

use super::message::{
    Alternative, Content1, Duration as Offset, Encoding1, Request1, Request2, Response1, Response2,
    SpeechResult,
};
use super::{Asked, Shared};
use crate::ear::{Ear, HeardWord};
use crate::fault::StreamFault;

/// Of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

impl Version {
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/google.cloud.speech.v1.Speech/StreamingRecognize" => Some(Self::V1),
            "/google.cloud.speech.v2.Speech/StreamingRecognize" => Some(Self::V2),
            _ => None,
        }
    }

    /// A configuration or audio.
    fn read(self, bytes: &[u8]) -> Result<Message, Status> {
        let bad = |error: prost::DecodeError| Status::invalid_argument(error.to_string());
        let none = || Status::invalid_argument("neither a configuration nor audio");
        match self {
            Self::V1 => match Request1::decode(bytes).map_err(bad)?.content.ok_or_else(none)? {
                Content1::Audio(audio) => Ok(Message::Audio(audio)),
                Content1::Config(streaming) => {
                    let config = streaming.config.ok_or_else(none)?;
                    let sets = config.adaptation.map(|adaptation| adaptation.sets).unwrap_or_default();
                    Ok(Message::Config(Asked {
                        mulaw: config.encoding == i32::from(Encoding1::Mulaw),
                        rate: config.rate,
                        language: config.language,
                        model: config.model,
                        phrases: sets.into_iter().flat_map(|set| set.phrases).map(|p| p.value).collect(),
                        ..Asked::default()
                    }))
                }
            },
            Self::V2 => {
                let request = Request2::decode(bytes).map_err(bad)?;
                match (request.audio, request.config.and_then(|streaming| streaming.config)) {
                    (Some(audio), _) => Ok(Message::Audio(audio)),
                    (None, None) => Err(none()),
                    (None, Some(config)) => {
                        let decoding = config.decoding.unwrap_or_default();
                        let sets = config.adaptation.map(|adaptation| adaptation.sets).unwrap_or_default();
                        let sets = sets.into_iter().filter_map(|set| set.inline);
                        Ok(Message::Config(Asked {
                            recognizer: request.recognizer,
                            mulaw: decoding.encoding == 2,
                            rate: decoding.rate,
                            language: config.languages.join(","),
                            model: config.model,
                            phrases: sets.flat_map(|set| set.phrases).map(|p| p.value).collect(),
                            ..Asked::default()
                        }))
                    }
                }
            }
        }
    }

    fn write(self, results: Vec<SpeechResult>) -> Vec<u8> {
        match self {
            Self::V1 => Response1 { results, event: 0 }.encode_to_vec(),
            Self::V2 => Response2 { results, event: 0 }.encode_to_vec(),
        }
    }
}

enum Message {
    Config(Asked),
    Audio(Vec<u8>),
}

/// `StreamingRecognize`
pub(super) struct Method {
    pub(super) shared: Arc<Shared>,
    pub(super) version: Version,
    pub(super) path: String,
}

type Answers = mpsc::Sender<Result<Vec<u8>, Status>>;

impl StreamingService<Vec<u8>> for Method {
    type Response = Vec<u8>;
    type ResponseStream = BoxStream<'static, Result<Vec<u8>, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<Vec<u8>>>) -> Self::Future {
        let (shared, version, path) = (Arc::clone(&self.shared), self.version, self.path.clone());
        async move {
            let header = |name: &str| {
                request.metadata().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
            };
            let (authorization, api_key) = (header("authorization"), header("x-goog-api-key"));
            let mut requests = request.into_inner();
            let first = requests.message().await?.ok_or_else(|| Status::invalid_argument("no message"))?;
            let Message::Config(asked) = version.read(&first)? else {
                return Err(Status::invalid_argument("the first message holds no streaming_config"));
            };
            let fault = shared.script.next();
            let model = asked.model.clone();
            let language = asked.language.clone();
            shared.asked().push(Asked { path, authorization, api_key, ..asked });
            match fault {
                StreamFault::Quota => {
                    return Err(Status::resource_exhausted("Quota exceeded for quota metric"));
                }
                StreamFault::Expired => {
                    return Err(Status::unauthenticated(
                        "Request had invalid authentication credentials. Expected OAuth 2 access token",
                    ));
                }
                StreamFault::NoSuchModel if !model.is_empty() => {
                    return Err(Status::invalid_argument(format!(
                        "Invalid recognition 'config': The {model} model is currently not supported for \
                         language : iw-IL.",
                    )));
                }
                _ => {}
            }
            let (answers, receiver) = mpsc::channel(64);
            let live = Live::new(Arc::clone(&shared));
            tokio::spawn(async move {
                let _live = live;
                tokio::select! {
                    () = answers.closed() => {}
                    () = listen(&shared, requests, version, fault, language, answers.clone()) => {}
                }
            });
            let answers =
                stream::unfold(
                    receiver,
                    |mut receiver| async move { Some((receiver.recv().await?, receiver)) },
                );
            Ok(Response::new(futures_util::StreamExt::boxed(answers)))
        }
        .boxed()
    }
}

/// Counts a stream.
struct Live(Arc<Shared>);

impl Live {
    fn new(shared: Arc<Shared>) -> Self {
        shared.live.fetch_add(1, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn listen(
    shared: &Shared,
    mut requests: Streaming<Vec<u8>>,
    version: Version,
    fault: StreamFault,
    language: String,
    answers: Answers,
) {
    let mut ear = Ear::default();
    let mut words = 0;
    let say = async |results: Vec<SpeechResult>| {
        match &fault {
            StreamFault::Silent => return,
            StreamFault::NeverSettles if results.iter().any(|result| result.is_final) => return,
            StreamFault::Slow(pause) => tokio::time::sleep(*pause).await,
            _ => {}
        }
        // A client that is gone is noticed by the caller.
        let _ = answers.send(Ok(version.write(results))).await;
    };
    let phrase = |phrase: &[HeardWord], is_final| result(phrase, is_final, &language);
    loop {
        let audio = match requests.message().await {
            Ok(Some(message)) => match version.read(&message) {
                Ok(Message::Audio(audio)) => audio,
                Ok(Message::Config(_)) => {
                    let _ = answers.send(Err(Status::invalid_argument("a second streaming_config"))).await;
                    return;
                }
                Err(status) => {
                    let _ = answers.send(Err(status)).await;
                    return;
                }
            },
            Ok(None) => break,
            Err(_) => return,
        };
        if audio.len() > 25_600 {
            let _ = answers.send(Err(Status::invalid_argument("audio_content is too long"))).await;
            return;
        }
        let before = ear.open.len();
        let (changed, phrases) = ear.hear(&audio);
        if changed {
            for done in &phrases {
                words += done.len();
                say(vec![phrase(done, true)]).await;
            }
            let heard = if phrases.is_empty() { ear.open.len() - before } else { 0 };
            if heard > 0 {
                // As Google does it: the last word is less stable than what is before it.
                let split = ear.open.len() - 1;
                let parts = [&ear.open[..split], &ear.open[split..]];
                say(parts.into_iter().filter(|p| !p.is_empty()).map(|p| phrase(p, false)).collect()).await;
            }
            let all = words + ear.open.len();
            match fault {
                StreamFault::Drop(after) if all >= after => {
                    let _ =
                        answers.send(Err(Status::unavailable("The service is currently unavailable."))).await;
                    return;
                }
                StreamFault::End(after) if all >= after => return,
                StreamFault::Garbage(after) if all >= after => {
                    let _ = answers.send(Ok(vec![0xff; 40])).await;
                    return;
                }
                _ => {}
            }
        }
        if let StreamFault::Limit(ms) = fault
            && ear.samples() >= ms * 8
        {
            let text = "Exceeded maximum allowed stream duration of 305 seconds.";
            let _ = answers.send(Err(Status::out_of_range(text))).await;
            return;
        }
    }
    match fault {
        StreamFault::Silent | StreamFault::NeverSettles => std::future::pending().await,
        _ => {}
    }
    let mut last = ear.finish();
    if let Some(text) = shared.canned.next() {
        last = vec![HeardWord { text, start: 0, end: ear.samples() }];
    }
    if !last.is_empty() {
        say(vec![phrase(&last, true)]).await;
    }
    // Google takes a moment to close.
    tokio::time::sleep(Duration::from_millis(1)).await;
}

fn result(words: &[HeardWord], is_final: bool, language: &str) -> SpeechResult {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let ms = words.last().map_or(0, |word| word.end / 8);
    SpeechResult {
        alternatives: vec![Alternative { transcript: texts.join(" "), confidence: 0.9 }],
        is_final,
        stability: if is_final { 0.0 } else { 0.9 },
        end: Some(Offset { seconds: (ms / 1_000) as i64, nanos: (ms % 1_000 * 1_000_000) as i32 }),
        language: language.to_owned(),
    }
}
