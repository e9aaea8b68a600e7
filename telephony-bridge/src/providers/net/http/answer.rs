//! An answer, piece by piece.

use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Incoming;
use hyper::header::HeaderMap;

use super::super::{Phase, ProviderError, Reason};
use super::Endpoint;

/// An answer whose status was good.
#[derive(Debug)]
pub struct Answer {
    endpoint: Endpoint,
    response: Response<Incoming>,
}

impl Answer {
    pub(super) fn new(endpoint: Endpoint, response: Response<Incoming>) -> Self {
        Self { endpoint, response }
    }

    /// The answer's headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// [`Reason::Stalled`] if nothing comes for too long, [`Reason::Dropped`] if the connection ends first.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, ProviderError> {
        let limit = self.endpoint.limits.between;
        let next = async {
            loop {
                match self.response.body_mut().frame().await {
                    // Trailers say nothing here.
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(piece) => return Ok(Some(piece.into())),
                        Err(_) => continue,
                    },
                    Some(Err(error)) => return Err(error),
                    None => return Ok(None),
                }
            }
        };
        match tokio::time::timeout(limit, next).await {
            Ok(Ok(piece)) => Ok(piece),
            Ok(Err(error)) => Err(self.endpoint.broken(Phase::Answer, &error)),
            Err(_) => {
                let detail = format!("nothing for {} ms", limit.as_millis());
                Err(self.endpoint.error(Phase::Answer, Reason::Stalled, &detail))
            }
        }
    }

    /// The whole body, `most` bytes of it at most.
    ///
    /// # Errors
    /// As [`piece`](Self::piece); [`Reason::Garbage`] for a longer body.
    pub async fn whole(mut self, most: usize) -> Result<Vec<u8>, ProviderError> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece().await? {
            if body.len() + piece.len() > most {
                let detail = format!("the answer is longer than {most} bytes");
                return Err(self.endpoint.error(Phase::Answer, Reason::Garbage, &detail));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}
