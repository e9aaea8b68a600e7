//! Streaming speech recognition behind a network: what Google, Deepgram and Soniox have in common.
//!
//! A provider implements [`Recogniser`] (opens streams) and [`RecogniserStream`] (audio in, words out), both
//! about its wire format alone. Everything about conversations is here, once:
//!
//! - **One stream a turn.** A turn's end ends its stream at once, which makes the recogniser give its last
//!   words now instead of after a silence of its own; a stream that has no turn carries no audio. Where
//!   opening takes time, one stream is kept open for the next turn ([`Recogniser::KEEP_ALIVE`]).
//! - **No word lost or doubled.** The turn keeps the audio whose words are not settled yet. When its stream
//!   breaks, or comes near the provider's limit, another one is opened and hears that audio again; what was
//!   settled before stays.
//! - **Never stuck.** Opening, sending and the last words have limits; a turn ends with its words or with
//!   `Failed`. After the turn's end, words that were heard so far are taken where the last ones are late.

mod for_call;
mod front;
mod kept;
mod probe;
pub(super) mod socket;
mod spare;
mod task;
mod turn;

use std::future::Future;
use std::time::Duration;

use super::net::{ProviderError, Reason};

pub use for_call::ForCall;
pub(super) use for_call::likely;
pub use front::StreamingStt;
pub use probe::probe;

/// A service that recognises speech, for all calls of the process.
pub trait Recogniser: Send + Sync + 'static {
    /// One stream of audio and its words.
    type Stream: RecogniserStream;

    /// Where opening a stream takes time: keep one open, and send it a sign of life so often.
    const KEEP_ALIVE: Option<Duration>;

    /// Opens a stream for µ-law audio at 8 kHz. Bounded by the caller. `vocabulary`: phrases that are likely on
    /// this call, beside those that are likely on any.
    fn open_with(
        &self,
        vocabulary: &[String],
    ) -> impl Future<Output = Result<Self::Stream, ProviderError>> + Send;

    /// [`open_with`](Self::open_with) no phrases but those of any call.
    fn open(&self) -> impl Future<Output = Result<Self::Stream, ProviderError>> + Send {
        self.open_with(&[])
    }

    /// Is it worth trying again with another stream?
    fn may_retry(&self, error: &ProviderError) -> bool {
        is_passing(error.reason)
    }
}

/// Is it a reason that may be gone the next moment? A service that has nothing left, or does not know us, will
/// say so again.
pub(super) const fn is_passing(reason: Reason) -> bool {
    !matches!(reason, Reason::Quota { .. } | Reason::Expired | Reason::Rejected | Reason::Overrun)
}

/// One stream. Dropping it ends it.
pub trait RecogniserStream: Send + 'static {
    /// Sends µ-law audio.
    fn audio(&mut self, ulaw: &[u8]) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// No more audio will come: the last words are wanted.
    fn finish(&mut self) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// Says that the stream is still wanted, while there is no audio.
    fn keep_alive(&mut self) -> impl Future<Output = Result<(), ProviderError>> + Send {
        std::future::ready(Ok(()))
    }

    /// What was heard next; `None` after the last words. Must be cancel safe.
    fn next(&mut self) -> impl Future<Output = Result<Option<Heard>, ProviderError>> + Send;
}

/// A message of a recogniser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Words that are settled since the last message, with the spaces that belong before and between them.
    pub settled: String,
    /// How far the settled words reach, in ms of audio since the stream began.
    pub until_ms: Option<u64>,
    /// Words after the settled ones, which may still change. Takes the place of the last message's.
    pub tail: String,
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Opening a stream. 2 s: name, TCP, TLS and handshake over an ocean.
    pub open: Duration,
    /// Sending a piece of audio, where the far end does not read. 2 s.
    pub send: Duration,
    /// From a turn's end to its last words, where some words are known: those are taken then. 600 ms.
    pub settle: Duration,
    /// The same where none are known: the turn has failed then. 1.3 s, below the session's own 1.5 s
    /// (A-AUD-005).
    pub silent: Duration,
    /// A stream that carried so much audio is replaced once words are settled. 200 s.
    pub roll_over: Duration,
    /// A stream that carried so much audio is replaced whatever the caller is saying. 240 s: Google ends a
    /// stream at 305 s.
    pub roll_over_now: Duration,
    /// Streams opened for a turn in place of broken ones, without settled words in between. 2.
    pub retries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open: Duration::from_secs(2),
            send: Duration::from_secs(2),
            settle: Duration::from_millis(600),
            silent: Duration::from_millis(1_300),
            roll_over: Duration::from_secs(200),
            roll_over_now: Duration::from_secs(240),
            retries: 2,
        }
    }
}
