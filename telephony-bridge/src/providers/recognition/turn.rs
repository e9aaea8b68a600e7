//! One turn: from the first of its audio to its words.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use audio_core::frame::{SampleTime, WIRE_RATE};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::kept::{Kept, Words};
use super::spare::{Opening, open};
use super::{Heard, Limits, Recogniser, RecogniserStream};
use crate::providers::net::{Health, Outbox, Phase, ProviderError, Reason};
use crate::providers::{SpeechFrame, SttResult};
use crate::session::TurnId;

/// Audio that is heard again goes out in pieces of this many bytes: 400 ms. Google takes 25 kB at most.
const PIECE: usize = 3_200;
/// Before a stream is opened in place of a broken one.
const PAUSE: Duration = Duration::from_millis(100);
/// Before a stream is opened once more while another is in use.
const PAUSE_IN_USE: Duration = Duration::from_secs(1);
/// A stream is replaced early where no more than this waits for words to be settled, in ms.
const SETTLED_MS: u64 = 2_000;

/// For a turn.
#[derive(Debug)]
pub(super) enum Feed {
    /// The next 20 ms.
    Audio(SpeechFrame),
    /// It is over.
    Finish,
}

/// What comes back.
pub(super) type Outcome = (TurnId, SttResult);

/// What a turn works with.
pub(super) struct Turn<R: Recogniser> {
    pub(super) recogniser: Arc<R>,
    pub(super) health: Arc<Health>,
    pub(super) limits: Limits,
    pub(super) id: TurnId,
    pub(super) outbox: Outbox<Outcome>,
}

/// A stream that hears the turn.
struct Leg<S> {
    stream: S,
    from: SampleTime,
    /// Audio it was sent, in samples.
    sent: u64,
}

struct Running<R: Recogniser> {
    turn: Turn<R>,
    kept: Kept,
    words: Words,
    shown: String,
    leg: Option<Leg<R::Stream>>,
    /// The first stream, or one that is to take over.
    opening: Option<Opening<R::Stream>>,
    /// Streams that broke since words were last settled.
    broken: u32,
    over_at: Option<Instant>,
}

enum Event<S> {
    Feed(Option<Feed>),
    Opened(Result<S, ProviderError>),
    Heard(Result<Option<Heard>, ProviderError>),
    Late,
}

type Step = Result<ControlFlow<()>, ProviderError>;
const GO_ON: Step = Ok(ControlFlow::Continue(()));

impl<R: Recogniser> Turn<R> {
    /// Runs the turn; returns its id when it is over, cancelled (its feed is gone) or has failed.
    pub(super) async fn run(
        self,
        opening: Opening<R::Stream>,
        from: SampleTime,
        audio: Vec<u8>,
        mut feed: mpsc::Receiver<Feed>,
    ) -> TurnId {
        let id = self.id;
        let mut running = Running {
            turn: self,
            kept: Kept::new(from, audio),
            words: Words::default(),
            shown: String::new(),
            leg: None,
            opening: Some(opening),
            broken: 0,
            over_at: None,
        };
        loop {
            let event = running.event(&mut feed).await;
            let step = match running.step(event).await {
                Ok(step) => step,
                Err(error) => running.on_error(error).await,
            };
            if step.is_break() {
                return id;
            }
        }
    }
}

impl<R: Recogniser> Running<R> {
    async fn event(&mut self, feed: &mut mpsc::Receiver<Feed>) -> Event<R::Stream> {
        let late = self.late_at();
        tokio::select! {
            feed = feed.recv() => Event::Feed(feed),
            opened = async {
                match &mut self.opening {
                    Some(opening) => opening.await,
                    None => std::future::pending().await,
                }
            } => {
                self.opening = None;
                Event::Opened(opened)
            }
            heard = async {
                match &mut self.leg {
                    Some(leg) => leg.stream.next().await,
                    None => std::future::pending().await,
                }
            } => Event::Heard(heard),
            () = async {
                match late {
                    Some(late) => tokio::time::sleep_until(late).await,
                    None => std::future::pending().await,
                }
            } => Event::Late,
        }
    }

    /// When the last words are overdue.
    fn late_at(&self) -> Option<Instant> {
        let limits = &self.turn.limits;
        let limit = if self.words.text().is_empty() { limits.silent } else { limits.settle };
        self.over_at.map(|over_at| over_at + limit)
    }

    async fn step(&mut self, event: Event<R::Stream>) -> Step {
        match event {
            Event::Feed(None) => Ok(ControlFlow::Break(())),
            Event::Feed(Some(Feed::Audio(frame))) => {
                self.kept.push(&frame);
                self.send(&frame).await?;
                self.roll_over();
                GO_ON
            }
            Event::Feed(Some(Feed::Finish)) => {
                self.over_at = Some(Instant::now());
                if self.leg.is_some() {
                    // What is being opened would only hear the same again.
                    self.opening = None;
                }
                self.finish_stream().await?;
                GO_ON
            }
            // The stream in use still has some time.
            Event::Opened(Err(error)) if self.leg.is_some() => {
                tracing::debug!(%error, turn = self.turn.id.0, "no stream to take over yet");
                self.open(PAUSE_IN_USE);
                GO_ON
            }
            Event::Opened(stream) => self.take_over(stream?).await,
            Event::Heard(heard) => self.on_heard(heard?).await,
            Event::Late => self.on_late().await,
        }
    }

    /// The new stream hears what is not settled.
    async fn take_over(&mut self, stream: R::Stream) -> Step {
        if self.leg.take().is_some() || self.broken > 0 {
            self.words.next_stream();
        }
        self.leg = Some(Leg { stream, from: self.kept.from(), sent: 0 });
        let audio = self.kept.bytes().to_vec();
        for piece in audio.chunks(PIECE) {
            self.send(piece).await?;
        }
        if self.over_at.is_some() {
            self.finish_stream().await?;
        }
        GO_ON
    }

    async fn send(&mut self, ulaw: &[u8]) -> Result<(), ProviderError> {
        let Some(leg) = &mut self.leg else { return Ok(()) };
        leg.sent += ulaw.len() as u64;
        let limit = self.turn.limits.send;
        let sent = tokio::time::timeout(limit, leg.stream.audio(ulaw)).await;
        sent.unwrap_or_else(|_| Err(self.not_read(limit)))
    }

    async fn finish_stream(&mut self) -> Result<(), ProviderError> {
        let Some(leg) = &mut self.leg else { return Ok(()) };
        let limit = self.turn.limits.send;
        let sent = tokio::time::timeout(limit, leg.stream.finish()).await;
        sent.unwrap_or_else(|_| Err(self.not_read(limit)))
    }

    fn not_read(&self, limit: Duration) -> ProviderError {
        let detail = format!("nothing was read for {} ms", limit.as_millis());
        self.error(Phase::Request, Reason::Stalled, &detail)
    }

    /// Opens the next stream before this one reaches the provider's limit.
    fn roll_over(&mut self) {
        let Some(leg) = self.leg.as_ref().filter(|_| self.opening.is_none()) else { return };
        let carried = Duration::from_millis(leg.sent * 1_000 / u64::from(WIRE_RATE));
        let limits = &self.turn.limits;
        let settled = carried >= limits.roll_over && self.kept.ms() <= SETTLED_MS;
        if settled || carried >= limits.roll_over_now {
            self.open(Duration::ZERO);
        }
    }

    fn open(&mut self, pause: Duration) {
        let turn = &self.turn;
        self.opening = Some(open(&turn.recogniser, turn.health.provider(), turn.limits, pause));
    }

    async fn on_heard(&mut self, heard: Option<Heard>) -> Step {
        let Some(heard) = heard else {
            if self.over_at.is_some() {
                return Ok(self.end().await);
            }
            return Err(self.error(Phase::Answer, Reason::Dropped, "the stream ended before the turn did"));
        };
        self.words.add(&heard);
        if let (Some(leg), Some(until_ms)) = (&self.leg, heard.until_ms) {
            let samples = until_ms.saturating_mul(u64::from(WIRE_RATE) / 1_000).min(leg.sent);
            self.kept.settle(SampleTime(leg.from.0 + samples));
            self.broken = 0;
        }
        let text = self.words.text();
        // A stream that took over may know less at first than the one before it did.
        if text != self.shown && self.over_at.is_none() {
            self.shown.clone_from(&text);
            self.report(SttResult::Partial(text)).await;
        }
        GO_ON
    }

    async fn on_late(&mut self) -> Step {
        if !self.words.text().is_empty() {
            return Ok(self.end().await);
        }
        self.broken = u32::MAX;
        let limit = self.turn.limits.silent.as_millis();
        let (reason, what) = match self.leg {
            Some(_) => (Reason::Stalled, "no last words"),
            None => (Reason::Slow, "no stream"),
        };
        Err(self.error(Phase::Answer, reason, &format!("{what} within {limit} ms")))
    }

    /// The turn's words are as good as they get.
    async fn end(&mut self) -> ControlFlow<()> {
        self.turn.health.succeeded();
        if let Some(over_at) = self.over_at {
            self.turn.health.first_result(over_at.elapsed());
        }
        let text = self.words.text();
        self.report(SttResult::Final(text)).await;
        ControlFlow::Break(())
    }

    async fn on_error(&mut self, error: ProviderError) -> ControlFlow<()> {
        self.leg = None;
        let tries_left = self.broken < self.turn.limits.retries;
        if tries_left && self.turn.recogniser.may_retry(&error) {
            tracing::debug!(%error, turn = self.turn.id.0, "another stream takes over");
            self.broken += 1;
            self.open(PAUSE);
            return ControlFlow::Continue(());
        }
        self.turn.health.failed(std::time::Instant::now(), &error);
        self.report(SttResult::Failed).await;
        ControlFlow::Break(())
    }

    async fn report(&mut self, result: SttResult) {
        // Nobody to tell: the task is about to be dropped.
        let _ = self.turn.outbox.send((self.turn.id, result)).await;
    }

    fn error(&self, phase: Phase, reason: Reason, detail: &str) -> ProviderError {
        ProviderError::new(self.turn.health.provider(), phase, reason, detail)
    }
}
