//! A stream that is open before anybody speaks.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::{Limits, Recogniser, RecogniserStream as _};
use crate::providers::net::{Phase, ProviderError, Reason};

/// Pause before another stream is opened in place of one that broke unused…
const PAUSE: Duration = Duration::from_millis(500);
/// …which doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A stream that is being opened.
pub(super) type Opening<S> = BoxFuture<'static, Result<S, ProviderError>>;

/// Opens a stream after `pause`, within its limit.
pub(super) fn open<R: Recogniser>(
    recogniser: &Arc<R>,
    provider: &'static str,
    limits: Limits,
    pause: Duration,
) -> Opening<R::Stream> {
    let recogniser = Arc::clone(recogniser);
    async move {
        tokio::time::sleep(pause).await;
        match tokio::time::timeout(limits.open, recogniser.open()).await {
            Ok(opened) => opened,
            Err(_) => {
                let detail = format!("no stream within {} ms", limits.open.as_millis());
                Err(ProviderError::new(provider, Phase::Connect, Reason::Slow, detail))
            }
        }
    }
    .boxed()
}

enum State<S> {
    Opening(Opening<S>),
    Ready { stream: S, alive_at: Instant },
}

/// The spare stream of a call, for recognisers that want one.
pub(super) struct Spare<R: Recogniser> {
    recogniser: Arc<R>,
    provider: &'static str,
    limits: Limits,
    state: Option<State<R::Stream>>,
    pause: Duration,
}

impl<R: Recogniser> Spare<R> {
    pub(super) fn new(recogniser: Arc<R>, provider: &'static str, limits: Limits) -> Self {
        let mut spare = Self { recogniser, provider, limits, state: None, pause: PAUSE };
        spare.refill();
        spare
    }

    /// Opens one, unless there is one or none is wanted.
    pub(super) fn refill(&mut self) {
        if R::KEEP_ALIVE.is_some() && self.state.is_none() {
            let opening = open(&self.recogniser, self.provider, self.limits, Duration::ZERO);
            self.state = Some(State::Opening(opening));
        }
    }

    /// The spare stream, or a new one.
    pub(super) fn take(&mut self) -> Opening<R::Stream> {
        match self.state.take() {
            Some(State::Ready { stream, .. }) => std::future::ready(Ok(stream)).boxed(),
            // One that waits after a failure would come too late; others are on their way.
            Some(State::Opening(opening)) if self.pause == PAUSE => opening,
            _ => open(&self.recogniser, self.provider, self.limits, Duration::ZERO),
        }
    }

    /// Opens it, keeps it alive, replaces it. Never returns; cancel safe.
    pub(super) async fn tend(&mut self) {
        loop {
            match &mut self.state {
                None => return std::future::pending().await,
                Some(State::Opening(opening)) => {
                    let opened = opening.await;
                    self.opened(opened);
                }
                Some(State::Ready { stream, alive_at }) => {
                    let broken = tokio::select! {
                        // Nothing is to be heard without audio but the end.
                        heard = stream.next() => !matches!(heard, Ok(Some(_))),
                        () = tokio::time::sleep_until(*alive_at) => {
                            *alive_at = Instant::now() + R::KEEP_ALIVE.unwrap_or(LONGEST_PAUSE);
                            let sent = tokio::time::timeout(self.limits.send, stream.keep_alive()).await;
                            !matches!(sent, Ok(Ok(())))
                        }
                    };
                    if broken {
                        self.reopen();
                    }
                }
            }
        }
    }

    fn opened(&mut self, opened: Result<R::Stream, ProviderError>) {
        match opened {
            Ok(stream) => {
                self.pause = PAUSE;
                let alive_at = Instant::now() + R::KEEP_ALIVE.unwrap_or(LONGEST_PAUSE);
                self.state = Some(State::Ready { stream, alive_at });
            }
            // A turn that needs one reports what is wrong.
            Err(error) => {
                tracing::debug!(%error, "no spare stream");
                self.reopen();
            }
        }
    }

    fn reopen(&mut self) {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        self.state = Some(State::Opening(open(&self.recogniser, self.provider, self.limits, pause)));
    }
}
