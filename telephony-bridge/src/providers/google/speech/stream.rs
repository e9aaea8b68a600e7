//! One `StreamingRecognize` call.

use std::marker::PhantomData;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::sync::mpsc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};

use super::api::Api;
use super::api::NotHeard;
use super::codec::Plain;
use super::status;
use crate::providers::net::{Phase, ProviderError, Reason};
use crate::providers::recognition::{Heard, RecogniserStream};

/// Messages that may wait to be sent: 5 s of audio.
const WAITING: usize = 256;

enum Answer {
    /// Google answers once there is something to say.
    Awaited(BoxFuture<'static, Result<Streaming<Vec<u8>>, Status>>),
    Open(Box<Streaming<Vec<u8>>>),
    Over,
}

/// A stream of audio and its results.
pub struct SpeechStream<A: Api> {
    provider: &'static str,
    /// Gone once the audio is over: that half-closes the stream.
    requests: Option<mpsc::Sender<Vec<u8>>>,
    answer: Answer,
    api: PhantomData<A>,
}

impl<A: Api> std::fmt::Debug for SpeechStream<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SpeechStream")
    }
}

impl<A: Api> SpeechStream<A> {
    /// A stream that begins with `first`. Whether it succeeds shows in [`RecogniserStream::next`].
    pub(super) fn open(
        provider: &'static str,
        channel: Channel,
        headers: MetadataMap,
        first: Vec<u8>,
    ) -> Self {
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let first = stream::once(std::future::ready(first));
        let rest = stream::poll_fn(move |context| receiver.poll_recv(context));
        let mut request = tonic::Request::new(futures_util::StreamExt::chain(first, rest));
        *request.metadata_mut() = headers;
        let answer = async move {
            let mut grpc = tonic::client::Grpc::new(channel);
            grpc.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
            let path = PathAndQuery::from_static(A::PATH);
            Ok(grpc.streaming(request, path, Plain).await?.into_inner())
        };
        Self { provider, requests: Some(sender), answer: Answer::Awaited(answer.boxed()), api: PhantomData }
    }

    fn broken(&mut self, status: &Status) -> ProviderError {
        self.answer = Answer::Over;
        status::error(self.provider, status)
    }
}

impl<A: Api> RecogniserStream for SpeechStream<A> {
    async fn audio(&mut self, ulaw: &[u8]) -> Result<(), ProviderError> {
        let Some(requests) = &self.requests else { return Ok(()) };
        match requests.try_send(A::audio(ulaw)) {
            Err(mpsc::error::TrySendError::Full(_)) => {
                let detail = format!("{WAITING} messages wait");
                Err(ProviderError::new(self.provider, Phase::Request, Reason::Stalled, detail))
            }
            // Where the stream has ended, next() says how.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    async fn finish(&mut self) -> Result<(), ProviderError> {
        self.requests = None;
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Heard>, ProviderError> {
        loop {
            let message = match &mut self.answer {
                Answer::Awaited(answer) => match answer.await {
                    Ok(streaming) => {
                        self.answer = Answer::Open(Box::new(streaming));
                        continue;
                    }
                    Err(error) => Err(error),
                },
                Answer::Open(streaming) => streaming.message().await,
                Answer::Over => return Ok(None),
            };
            let message = match message {
                Ok(Some(message)) => message,
                Ok(None) => {
                    self.answer = Answer::Over;
                    return Ok(None);
                }
                Err(error) => return Err(self.broken(&error)),
            };
            match A::heard(&message) {
                Ok(None) => {}
                Ok(heard) => return Ok(heard),
                Err(NotHeard::Error(code, text)) => {
                    return Err(self.broken(&Status::new(Code::from_i32(code), text)));
                }
                Err(NotHeard::Garbage(detail)) => {
                    self.answer = Answer::Over;
                    return Err(ProviderError::new(self.provider, Phase::Answer, Reason::Garbage, detail));
                }
            }
        }
    }
}
