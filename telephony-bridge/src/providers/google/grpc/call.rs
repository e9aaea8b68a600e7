//! One streaming call.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::sync::mpsc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataMap;
use tonic::{Status, Streaming};

use super::codec::Plain;
use super::{Connection, error};
use crate::providers::net::{Phase, ProviderError, Reason};

/// Messages that may wait to be sent: 5 s of audio.
const WAITING: usize = 256;

enum Answer {
    /// Google answers once there is something to say.
    Awaited(BoxFuture<'static, Result<Streaming<Vec<u8>>, Status>>),
    Open(Box<Streaming<Vec<u8>>>),
    Over,
}

/// Messages in both directions. Dropping it ends it.
pub(in super::super) struct Call {
    provider: &'static str,
    /// Gone once there are no more: that half-closes the stream.
    requests: Option<mpsc::Sender<Vec<u8>>>,
    answer: Answer,
}

impl Call {
    /// Calls `path` with `first`. Whether it succeeds shows in [`next`](Self::next).
    pub(in super::super) fn open(
        provider: &'static str,
        connection: &Connection,
        path: &'static str,
        headers: MetadataMap,
        first: Vec<u8>,
    ) -> Self {
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let first = stream::once(std::future::ready(first));
        let rest = stream::poll_fn(move |context| receiver.poll_recv(context));
        let mut request = tonic::Request::new(futures_util::StreamExt::chain(first, rest));
        *request.metadata_mut() = headers;
        let channel = connection.channel();
        let answer = async move {
            let mut grpc = tonic::client::Grpc::new(channel);
            grpc.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
            Ok(grpc.streaming(request, PathAndQuery::from_static(path), Plain).await?.into_inner())
        };
        Self { provider, requests: Some(sender), answer: Answer::Awaited(answer.boxed()) }
    }

    /// Sends a message; never waits.
    pub(in super::super) fn send(&self, message: Vec<u8>) -> Result<(), ProviderError> {
        let Some(requests) = &self.requests else { return Ok(()) };
        match requests.try_send(message) {
            Err(mpsc::error::TrySendError::Full(_)) => {
                let detail = format!("{WAITING} messages wait");
                Err(ProviderError::new(self.provider, Phase::Request, Reason::Stalled, detail))
            }
            // Where the stream has ended, next() says how.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    /// There are no more messages.
    pub(in super::super) fn finish(&mut self) {
        self.requests = None;
    }

    /// The next message; `None` at the end. Cancel safe.
    pub(in super::super) async fn next(&mut self) -> Result<Option<Vec<u8>>, ProviderError> {
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
            return match message {
                Ok(Some(message)) => Ok(Some(message)),
                Ok(None) => {
                    self.answer = Answer::Over;
                    Ok(None)
                }
                Err(status) => Err(self.fail(error(self.provider, &status))),
            };
        }
    }

    /// Ends the call with an error.
    pub(in super::super) fn fail(&mut self, error: ProviderError) -> ProviderError {
        self.answer = Answer::Over;
        error
    }
}
