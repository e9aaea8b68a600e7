//! One `StreamingRecognize` call.

use std::marker::PhantomData;

use tonic::{Code, Status};

use super::api::{Api, NotHeard};
use crate::providers::google::grpc::{self, Call};
use crate::providers::net::{Phase, ProviderError, Reason};
use crate::providers::recognition::{Heard, RecogniserStream};

/// A stream of audio and its results.
pub struct SpeechStream<A: Api> {
    provider: &'static str,
    call: Call,
    api: PhantomData<A>,
}

impl<A: Api> std::fmt::Debug for SpeechStream<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SpeechStream")
    }
}

impl<A: Api> SpeechStream<A> {
    pub(super) fn new(provider: &'static str, call: Call) -> Self {
        Self { provider, call, api: PhantomData }
    }
}

impl<A: Api> RecogniserStream for SpeechStream<A> {
    async fn audio(&mut self, ulaw: &[u8]) -> Result<(), ProviderError> {
        self.call.send(A::audio(ulaw))
    }

    async fn finish(&mut self) -> Result<(), ProviderError> {
        self.call.finish();
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Heard>, ProviderError> {
        while let Some(message) = self.call.next().await? {
            let error = match A::heard(&message) {
                Ok(None) => continue,
                Ok(heard) => return Ok(heard),
                Err(NotHeard::Error(code, text)) => {
                    grpc::error(self.provider, &Status::new(Code::from_i32(code), text))
                }
                Err(NotHeard::Garbage(detail)) => {
                    ProviderError::new(self.provider, Phase::Answer, Reason::Garbage, detail)
                }
            };
            return Err(self.call.fail(error));
        }
        Ok(None)
    }
}
