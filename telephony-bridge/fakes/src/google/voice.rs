//! One `StreamingSynthesize` call.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use prost::{Message, Oneof};
use tokio::sync::mpsc;
use tonic::server::StreamingService;
use tonic::{Request, Response, Status, Streaming};

use super::{Asked, Shared, audio_of};
use crate::fault::StreamFault;

pub(super) const PATH: &str = "/google.cloud.texttospeech.v1.TextToSpeech/StreamingSynthesize";
/// Bytes of audio in a message.
const PIECE: usize = 400;

#[derive(Clone, PartialEq, Message)]
struct Ask {
    #[prost(oneof = "Content", tags = "1, 2")]
    content: Option<Content>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Content {
    #[prost(message, tag = "1")]
    Config(Config),
    #[prost(message, tag = "2")]
    Input(Input),
}

#[derive(Clone, PartialEq, Message)]
struct Config {
    #[prost(message, optional, tag = "1")]
    voice: Option<Voice>,
    #[prost(message, optional, tag = "4")]
    audio: Option<Audio>,
}

#[derive(Clone, PartialEq, Message)]
struct Voice {
    #[prost(string, tag = "1")]
    language: String,
    #[prost(string, tag = "2")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Audio {
    #[prost(int32, tag = "1")]
    encoding: i32,
    #[prost(int32, tag = "2")]
    rate: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Input {
    #[prost(string, tag = "1")]
    text: String,
}

#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(bytes = "vec", tag = "1")]
    audio: Vec<u8>,
}

/// `StreamingSynthesize`
pub(super) struct Method(pub(super) Arc<Shared>);

impl StreamingService<Vec<u8>> for Method {
    type Response = Vec<u8>;
    type ResponseStream = BoxStream<'static, Result<Vec<u8>, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<Vec<u8>>>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        async move {
            let mut requests = request.into_inner();
            let Some(Content::Config(config)) = read(&mut requests).await? else {
                return Err(Status::invalid_argument("the first message holds no streaming_config"));
            };
            let (voice, audio) = (config.voice.unwrap_or_default(), config.audio.unwrap_or_default());
            if (audio.encoding, audio.rate) != (5, 8_000) {
                return Err(Status::invalid_argument("this stand-in speaks µ-law at 8,000 Hz"));
            }
            let fault = shared.script.next();
            let asked = Asked {
                path: PATH.to_owned(),
                language: voice.language,
                model: voice.name,
                mulaw: true,
                rate: audio.rate,
                ..Asked::default()
            };
            shared.asked().push(asked);
            match fault {
                StreamFault::Quota => return Err(Status::resource_exhausted("Quota exceeded")),
                StreamFault::Expired => return Err(Status::unauthenticated("invalid credentials")),
                _ => {}
            }
            let (answers, receiver) = mpsc::channel(8);
            shared.live.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                tokio::select! {
                    () = answers.closed() => {}
                    () = speak(requests, fault, answers.clone()) => {}
                }
                shared.live.fetch_sub(1, Ordering::SeqCst);
            });
            let answers =
                stream::unfold(
                    receiver,
                    |mut receiver| async move { Some((receiver.recv().await?, receiver)) },
                );
            Ok(Response::new(answers.boxed()))
        }
        .boxed()
    }
}

async fn read(requests: &mut Streaming<Vec<u8>>) -> Result<Option<Content>, Status> {
    let Some(message) = requests.message().await? else { return Ok(None) };
    let ask = Ask::decode(&message[..]).map_err(|error| Status::invalid_argument(error.to_string()))?;
    Ok(ask.content)
}

async fn speak(
    mut requests: Streaming<Vec<u8>>,
    fault: StreamFault,
    answers: mpsc::Sender<Result<Vec<u8>, Status>>,
) {
    if fault == StreamFault::Silent {
        std::future::pending::<()>().await;
    }
    let mut sent = 0;
    loop {
        let text = match read(&mut requests).await {
            Ok(Some(Content::Input(input))) => input.text,
            Ok(None) => return,
            Ok(Some(Content::Config(_))) | Err(_) => {
                let _ = answers.send(Err(Status::invalid_argument("no input"))).await;
                return;
            }
        };
        for piece in audio_of(&text).chunks(PIECE) {
            let answer = match fault {
                StreamFault::Drop(after) if sent >= after => Err(Status::unavailable("gone")),
                StreamFault::End(after) if sent >= after => return,
                StreamFault::Garbage(after) if sent >= after => Ok(vec![0xff; 9]),
                StreamFault::NeverSettles if sent > 0 => std::future::pending().await,
                _ => Ok(Answer { audio: piece.to_vec() }.encode_to_vec()),
            };
            if let StreamFault::Slow(pause) = fault {
                tokio::time::sleep(pause).await;
            }
            let failed = answer.is_err();
            // A client that is gone is noticed by the caller.
            let _ = answers.send(answer).await;
            if failed {
                return;
            }
            sent += 1;
        }
    }
}
